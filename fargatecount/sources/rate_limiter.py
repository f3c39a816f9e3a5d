"""Rate limiter: how fast AWS's read APIs are called, and what follows a throttle.

The buckets of the ECS API belong to the whole account in a Region, to its deployments above all. The reconciler takes at most a quarter,
less after every throttle, and counts its calls.
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

AWS_RATE = 20.0
AWS_BURST = 100
"""The bucket of ListTasks and DescribeTasks: its size, and the calls a second that refill it
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html)."""
CALLS_PER_SECOND = AWS_RATE / 4
EARLY_CALLS = 300
"""Calls that may go at the early rate: twice what 50 clusters need. A longer run leaves half of the rate to the account's deployments."""
MIN_RATE = 0.5
"""Calls per second below which no pass finishes in its time."""
MAX_ATTEMPTS = 10
"""With half of all calls throttled, one in a thousand fails for good."""
MAX_UNANSWERED = 3
"""Attempts without an answer that make a call fail: among the 200 calls of a full pass, one is usual."""
BACKOFF_FIRST = 0.2
BACKOFF_CEILING = 5.0
"""Seconds; the bucket is full again after 5 s."""


class ThrottledError(UnavailableError):
    """AWS asked to slow down."""


class RateLimiter:
    """An adaptive token bucket: every throttle halves the rate, every answer restores a twentieth of the full one.

    `burst` calls may start at once before the rate applies, and the first `EARLY_CALLS` go at `early_rate`, both until the first throttle.
    Threads may share one. `waiting` is called with the reason whenever a call waits for its turn.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        rate: float = CALLS_PER_SECOND,
        burst: int = 1,
        early_rate: float | None = None,
        jitter: random.Random | None = None,
        waiting: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._stop: Callable[[], bool] = never
        self._full = rate
        self._rate = rate
        self._early_rate = early_rate or rate
        self._early_left = EARLY_CALLS
        self._waiting = waiting
        self._saved: Millis = round((burst - 1) * 1000 / self._early_rate)
        """How far in the past the next turn may be: unused turns of that time may be used now."""
        self._turn = threading.Lock()
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._next: Millis = 0
        self.calls: Counter[str] = Counter()
        self.throttles: Counter[str] = Counter()

    def set_deadline(self, stop: Callable[[], bool]) -> None:
        """Make no more calls once `stop` returns True."""
        self._stop = stop

    def call(self, name: str, ask: Callable[[], T]) -> T:
        """Make a call when its turn comes, and again later after a throttle.

        Raises:
            ThrottledError: AWS throttled it `MAX_ATTEMPTS` times in a row.
            UnavailableError: AWS did not answer `MAX_UNANSWERED` times.
            DeadlineExceededError: the run is over.
            FargatecountError: any other error of `ask`.
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
                        f"{error} ({MAX_ATTEMPTS} times)", remedy="something else uses the account's API rate: find it in CloudTrail"
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
            rate = self._early_rate if self._early_left > 0 else self._rate
            self._early_left -= 1
            self._next = turn + round(1000 / rate)
            throttled = self.throttles.total()
        # Outside of the lock: while this call waits for its turn, other threads can take later turns.
        if now < turn:
            self._waiting(_reason(rate, throttled))
            self._clock.sleep((turn - now) / 1000)

    def _slow_down(self, name: str) -> None:
        with self._turn:
            self.throttles[name] += 1
            self._rate = max(self._rate / 2, min(MIN_RATE, self._full))
            self._saved = 0
            self._early_left = 0


def _reason(rate: float, throttled: int) -> str:
    if throttled:
        return f"AWS throttled {throttled} {'call' if throttled == 1 else 'calls'}, so {rate:.2g} a second"
    return f"{rate:.2g} calls a second, of the {AWS_RATE:g} that AWS allows the account"
