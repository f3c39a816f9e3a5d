"""The parts of an answer: one group in one span, as the queries of `span_texts` return it.

Pure. A page adds them up; no command prints them.
"""

from __future__ import annotations

import msgspec


class MovesPart(msgspec.Struct, frozen=True):
    """What one group started and stopped in one span."""

    span: str
    name: str
    started: int
    stopped: int
    vcpu_started: float
    vcpu_stopped: float
    interrupted: int
    """Spot tasks that AWS took back, of `spot_stopped`."""
    spot_stopped: int


class ReasonsPart(msgspec.Struct, frozen=True):
    """How many workloads of one group ended in one span for one reason."""

    span: str
    name: str
    stop_code: str
    reason: str
    stopped: int
    never_started: int
    inferred: int


class LatenciesPart(msgspec.Struct, frozen=True):
    """How many launches of one group in one span took about as long."""

    span: str
    name: str
    step: int
    """The launch took from `STEP ** step` to `STEP ** (step + 1)` milliseconds."""
    launches: int


Part = MovesPart | ReasonsPart | LatenciesPart
