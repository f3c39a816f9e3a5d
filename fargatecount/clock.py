"""The clock port: what time it is, how to wait, and that there is no hurry; injected wherever it is needed, so that tests own time."""

from __future__ import annotations

from typing import Protocol

from fargatecount.workload import Millis


class Clock(Protocol):
    """Time as a decision sees it."""

    def now(self) -> Millis:
        """Return the current time, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


def never() -> bool:
    """Say that there is no hurry."""
    return False
