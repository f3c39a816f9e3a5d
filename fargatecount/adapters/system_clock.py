"""The machine's own clock."""

from __future__ import annotations

import time

from fargatecount.workload import Millis


class SystemClock:
    """Real time."""

    def now(self) -> Millis:
        """Return the current time, UTC."""
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        time.sleep(seconds)  # noqa: TID251 - this is the clock that the rule asks for
