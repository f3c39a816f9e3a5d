"""The wait after a failure: longer each time up to a ceiling, and short again after a quiet while."""

from __future__ import annotations

import random

from fargatecount.clock import Clock
from fargatecount.workload import Millis

FIRST = 0.8
"""Seconds before the first retry; these are the numbers of client-go's reflector, which moved to them from a fixed 1 s to cut a
restarting API server's load (https://github.com/kubernetes/client-go/blob/master/tools/cache/reflector.go)."""
CEILING = 30.0
"""Seconds."""
FORGET_AFTER: Millis = 120_000
"""A failure so long after the previous one is new trouble, not a continuation."""


class Backoff:
    """The waits of one sequence of attempts."""

    def __init__(self, clock: Clock, jitter: random.Random) -> None:
        self._clock = clock
        self._jitter = jitter
        self._failures = 0
        self._failed_at: Millis = 0

    def next(self) -> float:
        """Return the seconds to wait after the latest failure: at random between half and all of a step that doubles each time."""
        now = self._clock.now()
        if now - self._failed_at > FORGET_AFTER:
            self._failures = 0
        step = min(CEILING, FIRST * 2 ** min(self._failures, 10))  # beyond 10 the step is above any ceiling
        self._failures += 1
        self._failed_at = now
        return self._jitter.uniform(step / 2, step)

    def wait(self) -> None:
        """Wait for the seconds that `next` returns."""
        self._clock.sleep(self.next())
