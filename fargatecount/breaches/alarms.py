"""The port to CloudWatch's alarms, their history and the topics behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from fargatecount.workload import Millis


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a CloudWatch alarm that the test needs."""

    name: str
    state: str
    threshold: float
    actions: tuple[str, ...]
    """ARNs that the alarm notifies in state ALARM."""
    enabled: bool
    """Whether its actions run at all."""


class StateChange(msgspec.Struct, frozen=True):
    """A change of state in an alarm's history."""

    at: Millis
    reason: str


class ActionRecord(msgspec.Struct, frozen=True):
    """An action in an alarm's history."""

    at: Millis
    target: str
    succeeded: bool
    summary: str
    """CloudWatch's text."""


class Subscribers(msgspec.Struct, frozen=True):
    """The subscribers of a topic."""

    confirmed: int
    pending: int
    """Mail addresses that have not confirmed: they receive nothing."""


class Alarms(Protocol):
    """CloudWatch's alarms and the topics behind them; every call raises UnavailableError or DeniedError."""

    def find(self, name: str) -> Alarm | None:
        """Return an alarm; None if there is none of that name."""
        ...

    def set_state(self, name: str, state: str, reason: str) -> None:
        """Put an alarm into a state."""
        ...

    def history(self, name: str) -> Sequence[StateChange | ActionRecord]:
        """Return the newest entries of an alarm's history, newest first."""
        ...

    def subscribers(self, topic: str) -> Subscribers:
        """Return the subscribers of a topic."""
        ...
