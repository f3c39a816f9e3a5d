"""Waiting for real processes and threads: until a condition is met, or a deadline; and checking that it stays met."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.02
"""Seconds between the first checks."""
SHARE = 0.1
"""Part of the time waited so far by which the next check may come late: a check costs processor time that the processes under test need."""
MAX_PAUSE = 1.0
"""Seconds between two checks at most."""


def eventually(check: Callable[[], T], what: str, within: float = 10.0) -> T:
    """Return the answer of `check` once it is true; fail, naming `what` and the last answer, after `within` seconds."""
    idle, begin = threading.Event(), time.monotonic()
    while not (answer := check()):
        waited = time.monotonic() - begin
        if waited > within:
            raise AssertionError(f"not within {within} s: {what}; last answer: {answer!r}")
        idle.wait(min(max(PAUSE, waited * SHARE), MAX_PAUSE))
    return answer


def throughout(check: Callable[[], bool], what: str, seconds: float, *, pause: float = 1.0) -> None:
    """Fail, naming `what`, as soon as `check` is false within so many seconds; look once in every `pause` of them, and at the end."""
    idle, end = threading.Event(), time.monotonic() + seconds
    looks = 0
    while True:
        is_last = time.monotonic() > end
        looks += 1
        assert check(), f"no longer after {seconds + time.monotonic() - end:.0f} s and {looks} looks: {what}"
        if is_last:
            return
        idle.wait(pause)
