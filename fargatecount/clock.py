"""The clock port: the current time, and waiting; injected wherever it is needed, so that tests control time."""

from __future__ import annotations

from typing import Protocol

from fargatecount.workload import Millis


class Clock(Protocol):
    """The current time, and waiting."""

    def now(self) -> Millis:
        """Return the current time, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


def never() -> bool:
    """Return that no deadline is near: for callers without a deadline."""
    return False
