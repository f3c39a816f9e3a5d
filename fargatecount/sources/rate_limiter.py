"""Pace: how fast AWS's read APIs may be asked, and what to do when they say "slow down".

The buckets of the ECS API belong to the whole account in a Region, to its deployments first of all. The reconciler takes a quarter at
most, less after every throttle, and keeps count of what it asked.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from fargatecount.clock import Clock, never
from fargatecount.errors import DeadlineExceededError, FargatecountError, UnavailableError
from fargatecount.workload import Millis

T = TypeVar("T")

CALLS_PER_SECOND = 5.0
"""A quarter of the 20/s that the bucket of ListTasks and DescribeTasks refills with
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html)."""
MIN_RATE = 0.5
"""Calls per second below which a pass does not finish in its time anyway."""
MAX_ATTEMPTS = 10
"""With half of all calls refused, one in a thousand fails for good."""
MAX_UNANSWERED = 3
"""Calls without an answer after which it is no passing fault: among the 200 calls of a full pass one is usual."""
BACKOFF_FIRST = 0.2
BACKOFF_CEILING = 5.0
"""Seconds; the bucket has refilled wholly after 5 s."""


class ThrottledError(UnavailableError):
    """AWS asked to slow down."""


class RateLimiter:
    """A token bucket, adaptive: every throttle halves the rate, every answer brings back a twentieth of the full one.

    `burst` calls may go at once before the rate holds, until AWS first says "slow down". Threads may share one.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        rate: float = CALLS_PER_SECOND,
        burst: int = 1,
        jitter: random.Random | None = None,
    ) -> None:
        self._clock = clock
        self._stop: Callable[[], bool] = never
        self._full = rate
        self._rate = rate
        self._saved: Millis = round((burst - 1) * 1000 / rate)
        """How far in the past the next turn may lie: what was not asked then may be asked now."""
        self._turn = threading.Lock()
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._next: Millis = 0
        self.calls: Counter[str] = Counter()
        self.throttles: Counter[str] = Counter()

    def set_deadline(self, stop: Callable[[], bool]) -> None:
        """Ask nothing more once `stop` says yes."""
        self._stop = stop

    def call(self, name: str, ask: Callable[[], T]) -> T:
        """Ask when it is our turn, and again later where AWS says "slow down".

        Raises:
            ThrottledError: it said so `MAX_ATTEMPTS` times running.
            UnavailableError: it did not answer `MAX_UNANSWERED` times.
            DeadlineExceededError: the run is over.
            FargatecountError: whatever else `ask` raises.
        """
        unanswered = 0
        for attempt in range(MAX_ATTEMPTS):
            if self._stop():
                raise DeadlineExceededError(f"no time was left for {name}")
            self._wait(name)
            try:
                answer = ask()
            except ThrottledError as error:
                self._slow_down(name)
                if attempt == MAX_ATTEMPTS - 1:
                    raise ThrottledError(
                        f"{error} ({MAX_ATTEMPTS} times)", remedy="something else uses up the account's API rate: find it in CloudTrail"
                    ) from error
                self._clock.sleep(self._jitter.uniform(0, min(BACKOFF_CEILING, BACKOFF_FIRST * 2**attempt)))
            except UnavailableError:
                unanswered += 1
                if unanswered == MAX_UNANSWERED:
                    raise
                self._clock.sleep(self._jitter.uniform(0, BACKOFF_FIRST * 2**attempt))
            else:
                with self._turn:
                    self._rate = min(self._full, self._rate + self._full / 20)
                return answer
        raise FargatecountError("unreachable")

    def _wait(self, name: str) -> None:
        with self._turn:
            self.calls[name] += 1
            now = self._clock.now()
            turn = max(self._next, now - self._saved)
            self._next = turn + round(1000 / self._rate)
        # Outside of the lock: while this call waits for its turn, others may take the turns after it.
        if now < turn:
            self._clock.sleep((turn - now) / 1000)

    def _slow_down(self, name: str) -> None:
        with self._turn:
            self.throttles[name] += 1
            self._rate = max(self._rate / 2, min(MIN_RATE, self._full))
            self._saved = 0
