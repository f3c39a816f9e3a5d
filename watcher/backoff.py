"""How long to wait after a failure: longer each time, never more than a ceiling, forgotten after a quiet while."""

from __future__ import annotations

import random

from fargatecount.clock import Clock
from fargatecount.workload import Millis

FIRST = 0.8
"""Seconds before the first retry; client-go's reflector, whose numbers these are, was moved to it from 1 s fixed to cut a restarting
API server's load (https://github.com/kubernetes/client-go/blob/master/tools/cache/reflector.go)."""
CEILING = 30.0
"""Seconds."""
FORGET_AFTER: Millis = 120_000
"""A failure so long after the last one is a new trouble, not the old one going on."""


class Backoff:
    """The waits of one sequence of tries."""

    def __init__(self, clock: Clock, jitter: random.Random) -> None:
        self._clock = clock
        self._jitter = jitter
        self._failures = 0
        self._failed_at: Millis = 0

    def next(self) -> float:
        """Return the seconds to wait after the failure that has just happened: a random half to whole of the doubled step."""
        now = self._clock.now()
        if now - self._failed_at > FORGET_AFTER:
            self._failures = 0
        step = min(CEILING, FIRST * 2 ** min(self._failures, 10))  # the exponent stops where any ceiling has long been reached
        self._failures += 1
        self._failed_at = now
        return self._jitter.uniform(step / 2, step)

    def wait(self) -> None:
        """Wait that long."""
        self._clock.sleep(self.next())
