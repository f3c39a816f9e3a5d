"""The rate limiter: never faster than a quarter of AWS's bucket, slower after a throttle."""

from __future__ import annotations

import random

import pytest

from fargatecount.bootstrap.commands.count import pace
from fargatecount.cli.count import RATE
from fargatecount.count.pool import Job, run_concurrently
from fargatecount.errors import DeadlineExceededError, DeniedError, UnavailableError
from fargatecount.sources.rate_limiter import AWS_BURST, AWS_RATE, CALLS_PER_SECOND, EARLY_CALLS, MAX_ATTEMPTS, RateLimiter, ThrottledError
from fargatecount.workload import Cluster
from tests.support.builders import NOW
from tests.support.fakes import FakeClock


def steady(clock: FakeClock) -> RateLimiter:
    """Return a rate limiter whose retries are repeatable."""
    return RateLimiter(clock, jitter=random.Random(1))


class Api:
    """An API that throttles the next calls, and answers after that."""

    def __init__(self, throttles: int = 0) -> None:
        self.throttles = throttles

    def ask(self) -> str:
        """Answer, or throttle."""
        if self.throttles:
            self.throttles -= 1
            raise ThrottledError("Rate exceeded")
        return "answer"


def test_calls_are_spread_over_time() -> None:
    """A hundred calls take the time that the rate allows; the first one takes none."""
    clock = FakeClock()
    pace = steady(clock)
    for _ in range(101):
        pace.call("ListTasks", Api().ask)
    assert clock.now() - NOW == pytest.approx(100 / CALLS_PER_SECOND * 1000, rel=0.01)


def test_a_throttled_call_is_asked_again() -> None:
    """A throttle delays an answer and does not lose it."""
    pace = steady(FakeClock())
    assert pace.call("ListTasks", Api(throttles=3).ask) == "answer"


def test_calls_and_throttles_are_counted_by_name() -> None:
    """The report has the calls of a run and its throttles."""
    pace = steady(FakeClock())
    pace.call("ListTasks", Api(throttles=2).ask)
    pace.call("DescribeTasks", Api().ask)
    assert (dict(pace.calls), dict(pace.throttles)) == ({"ListTasks": 3, "DescribeTasks": 1}, {"ListTasks": 2})


def test_throttling_slows_all_further_calls_down() -> None:
    """After a throttle the bucket belongs to other callers for a while."""
    clock = FakeClock()
    pace = steady(clock)
    pace.call("ListTasks", Api(throttles=2).ask)
    before = clock.now()
    pace.call("ListTasks", Api().ask)
    pace.call("ListTasks", Api().ask)
    assert clock.now() - before > 2 * 1000 / CALLS_PER_SECOND


def test_the_rate_comes_back() -> None:
    """Answers restore the full rate."""
    clock = FakeClock()
    pace = steady(clock)
    pace.call("ListTasks", Api(throttles=2).ask)
    for _ in range(30):
        pace.call("ListTasks", Api().ask)
    before = clock.now()
    pace.call("ListTasks", Api().ask)
    assert clock.now() - before <= 1000 / CALLS_PER_SECOND


def test_endless_throttling_is_an_error_with_a_remedy() -> None:
    """After the last attempt the error says where to look."""
    with pytest.raises(UnavailableError) as caught:
        steady(FakeClock()).call("ListTasks", Api(throttles=MAX_ATTEMPTS).ask)
    assert "CloudTrail" in caught.value.remedy


class Flaky:
    """An API that does not answer the next calls."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def ask(self) -> str:
        """Answer, or fail."""
        if self.failures:
            self.failures -= 1
            raise UnavailableError("InternalServerError")
        return "answer"


def test_a_passing_fault_is_asked_again() -> None:
    """One fault of AWS among hundreds of calls makes no cluster unreadable."""
    assert steady(FakeClock()).call("ListTasks", Flaky(2).ask) == "answer"


def test_a_lasting_fault_is_an_error() -> None:
    """A call that fails three times is an error."""
    pace = steady(FakeClock())
    with pytest.raises(UnavailableError, match="InternalServerError"):
        pace.call("ListTasks", Flaky(3).ask)
    assert pace.calls["ListTasks"] == 3


def test_nothing_is_asked_once_the_run_is_over() -> None:
    """A run that is out of time ends between two calls."""
    pace = steady(FakeClock())
    pace.set_deadline(lambda: True)
    with pytest.raises(DeadlineExceededError):
        pace.call("ListTasks", Api().ask)
    assert pace.calls["ListTasks"] == 0


def test_a_refusal_is_not_asked_again() -> None:
    """A missing permission is not retried."""

    def refuse() -> None:
        raise DeniedError("not authorized")

    pace = steady(FakeClock())
    with pytest.raises(DeniedError):
        pace.call("ListTasks", refuse)
    assert pace.calls["ListTasks"] == 1


def test_a_burst_goes_at_once() -> None:
    """Saved turns need no wait; after them the rate applies."""
    clock = FakeClock()
    pace = RateLimiter(clock, rate=10, burst=50, jitter=random.Random(1))
    for _ in range(50):
        pace.call("ListTasks", Api().ask)
    assert clock.slept == []
    for _ in range(20):
        pace.call("ListTasks", Api().ask)
    assert clock.now() - NOW == 2000


def test_a_burst_is_saved_up_again() -> None:
    """Unused turns can be used later, but never more than the burst."""
    clock = FakeClock()
    pace = RateLimiter(clock, rate=10, burst=50, jitter=random.Random(1))
    for _ in range(50):
        pace.call("ListTasks", Api().ask)
    clock.advance(1000)
    clock.slept.clear()
    for _ in range(10):
        pace.call("ListTasks", Api().ask)
    assert clock.slept == []
    pace.call("ListTasks", Api().ask)
    assert clock.slept == [0.1]


def test_a_throttle_ends_the_burst() -> None:
    """A throttle discards the saved turns."""
    clock = FakeClock()
    pace = RateLimiter(clock, rate=10, burst=50, jitter=random.Random(1))
    pace.call("ListTasks", Api(throttles=1).ask)
    began = clock.now()
    for _ in range(11):
        pace.call("ListTasks", Api().ask)
    assert clock.now() - began >= 1000


class Account:
    """The bucket of an account's reads, as AWS documents it, which other callers may use too."""

    def __init__(self, clock: FakeClock, *, others: float = 0.0) -> None:
        self._clock = clock
        self._others = others
        self._left, self._at = float(AWS_BURST), clock.now()
        self.throttled = 0

    def ask(self) -> str:
        """Answer, or throttle."""
        now = self._clock.now()
        self._left = min(AWS_BURST, self._left + (now - self._at) / 1000 * (AWS_RATE - self._others))
        self._at = now
        if self._left < 1:
            self.throttled += 1
            raise ThrottledError("slow down")
        self._left -= 1
        return "answer"


class Observer:
    """Keeps the reasons of the waits."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def found(self, clusters: int) -> None:
        """Ignore it."""

    def looked(self, cluster: Cluster) -> None:
        """Ignore it."""

    def waits(self, reason: str) -> None:
        """Keep it."""
        self.reasons.append(reason)


def count(clock: FakeClock, account: Account, calls: int, observer: Observer | None = None) -> float:
    """Make the calls of a count at its default pace; return the seconds that they took."""
    began, limiter = clock.now(), pace(clock, RATE, observer or Observer())
    for _ in range(calls):
        limiter.call("ListTasks", account.ask)
    return (clock.now() - began) / 1000


def test_a_count_of_fifty_clusters_uses_the_burst_and_nothing_that_is_not_there() -> None:
    """Three calls a cluster are done within three seconds, and AWS throttles none of them."""
    clock = FakeClock()
    account = Account(clock)
    assert count(clock, account, 150) < 3
    assert account.throttled == 0


@pytest.mark.parametrize("calls", [400, 2000])
def test_a_long_count_settles_at_half_of_the_account(calls: int) -> None:
    """After the first 300 calls ten a second are left to others, however long it takes."""
    clock = FakeClock()
    account = Account(clock)
    assert count(clock, account, calls) >= (calls - EARLY_CALLS) / RATE
    assert account.throttled == 0


def test_a_count_beside_a_busy_deployment_slows_down_and_says_why() -> None:
    """The first throttle ends the early rate; the progress shows the reason before and after."""
    clock, observer = FakeClock(), Observer()
    account = Account(clock, others=15.0)
    count(clock, account, 300, observer)
    assert 0 < account.throttled < 30
    assert observer.reasons[0].startswith("19 calls a second, of the 20")
    assert "AWS throttled" in observer.reasons[-1]


def test_threads_that_share_a_pace_keep_to_it_together() -> None:
    """Each thread takes a turn of its own, however many there are."""
    clock = FakeClock()
    pace = steady(clock)

    def ten() -> list[Job]:
        for _ in range(10):
            pace.call("ListTasks", Api().ask)
        return []

    run_concurrently([ten] * 8, 8)
    assert pace.calls["ListTasks"] == 80
    # Threads that wait do so at the same time; in the test's time they wait one after the other, so at least as long.
    assert clock.now() - NOW >= 79 / CALLS_PER_SECOND * 1000 * 0.99
