"""The clock port: what time it is, and how to wait; injected wherever either is needed, so that tests own time."""

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
