"""The answers of the history: a line of each question's table, and the documents that `--json` prints.

Pure. Promises of the documents: keys may be added, none is renamed. An empty list with `complete` true means that nothing ran; with
`complete` false, `gaps` says what is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal, Protocol, TypeVar

import msgspec

from fargatecount.history.parts import Part
from fargatecount.history.queries import Question
from fargatecount.workload import Millis


class AtLine(msgspec.Struct, frozen=True):
    """What one group held at a moment."""

    name: str
    running: int
    pending: int
    stopping: int
    waiting: int
    """Pods without a node, which hold nothing."""
    uncertain: int
    """Of those: workloads that may have ended before, because no source reported their end."""
    vcpu: float
    memory_gib: float


class ChangesLine(msgspec.Struct, frozen=True):
    """What one group started and stopped in a period."""

    name: str
    started: int
    stopped: int
    net: int
    vcpu_started: float
    vcpu_stopped: float
    vcpu_net: float


class StopsLine(msgspec.Struct, frozen=True):
    """One reason, and how many workloads ended for it."""

    stop_code: str
    reason: str
    stopped: int
    groups: int
    first_name: str
    """One of the groups."""
    never_started: int
    inferred: int
    """How many of the ends no source reported."""
    last_at: Millis


class LaunchesLine(msgspec.Struct, frozen=True):
    """How long the launches of one group took, from creation to start; percentiles by nearest rank."""

    name: str
    launches: int
    p50_ms: int
    p95_ms: int
    p99_ms: int
    max_ms: int
    pull_mean_ms: float | None
    """Mean time of the image pull; null where it is not known, as of pods."""


class SpotLine(msgspec.Struct, frozen=True):
    """What became of the Spot tasks of one group that ended in a period."""

    name: str
    stopped: int
    interrupted: int
    percent: float
    ran_p50_ms: int | None
    """Half of the interrupted tasks had run for this long at most."""
    interrupted_cost: float
    """USD that the interrupted tasks had cost when they were taken."""
    cost: float


class CostLine(msgspec.Struct, frozen=True):
    """What one group cost in a period, or in a part of it."""

    span: str
    """The part, such as a day; empty for the whole period."""
    name: str
    workloads: int
    unpriced: int
    """How many have no known size or price: with any of them the cost is a lower bound."""
    vcpu_hours: float
    gib_hours: float
    cost: float
    cost_uncertain: float
    """The part of `cost` that depends on ends that no source reported."""
    approximate: int
    """How many are priced by another Region's price, or as Spot, whose price floats."""


Line = AtLine | ChangesLine | StopsLine | LaunchesLine | SpotLine | CostLine
L = TypeVar("L", bound=Line | Part)

LINES: Mapping[str, type[Line]] = {
    "at": AtLine,
    "changes": ChangesLine,
    "stops": StopsLine,
    "launches": LaunchesLine,
    "spot": SpotLine,
    "cost": CostLine,
}


class Engine(Protocol):
    """Runs a question over the records of the scope."""

    def rows(self, question: Question) -> Sequence[Sequence[Any]]:
        """Return the rows of the answer, with the columns in the order of the query.

        Raises:
            DeniedError, UnavailableError: the records could not be read, or the engine did not answer.
            MisconfiguredError: the engine is not installed or not deployed.
        """
        ...


def ask(engine: Engine, question: Question, line: type[L]) -> list[L]:
    """Return the answer to a question as lines; errors as for `Engine.rows`."""
    return [msgspec.convert(dict(zip(line.__struct_fields__, row, strict=True)), line, strict=False) for row in engine.rows(question)]


class _Answer(msgspec.Struct, Generic[L], frozen=True, kw_only=True):
    """What all answers share."""

    account: str
    region: str
    begins: str
    ends: str
    by: str
    complete: bool
    """Whether everything is known that the period needs."""
    gaps: list[str]
    """What is not known, in words."""
    lines: list[L]


class HistoryAtDocument(_Answer[AtLine], frozen=True, kw_only=True):
    """`history at`: what ran at `ends`."""

    schema: Literal["fargatecount/history-at"] = "fargatecount/history-at"
    version: Literal[1] = 1


class HistoryChangesDocument(_Answer[ChangesLine], frozen=True, kw_only=True):
    """`history changes`: who started and stopped how much."""

    schema: Literal["fargatecount/history-changes"] = "fargatecount/history-changes"
    version: Literal[1] = 1


class HistoryStopsDocument(_Answer[StopsLine], frozen=True, kw_only=True):
    """`history stops`: why workloads ended."""

    schema: Literal["fargatecount/history-stops"] = "fargatecount/history-stops"
    version: Literal[1] = 1


class HistoryLaunchesDocument(_Answer[LaunchesLine], frozen=True, kw_only=True):
    """`history launches`: how long launches took."""

    schema: Literal["fargatecount/history-launches"] = "fargatecount/history-launches"
    version: Literal[1] = 1


class HistorySpotDocument(_Answer[SpotLine], frozen=True, kw_only=True):
    """`history spot`: what Spot took back."""

    schema: Literal["fargatecount/history-spot"] = "fargatecount/history-spot"
    version: Literal[1] = 1


class HistoryCostDocument(_Answer[CostLine], frozen=True, kw_only=True):
    """`history cost`: what it cost."""

    schema: Literal["fargatecount/history-cost"] = "fargatecount/history-cost"
    version: Literal[1] = 1
    prices: str
    """Which prices these are."""
