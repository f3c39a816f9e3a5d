"""Waiting for real processes and threads: until it is so, or until a deadline; and seeing that it stays so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.02
"""Seconds between two looks: short beside everything that is waited for, long enough to leave the processor to it."""


def eventually(check: Callable[[], T], what: str, within: float = 10.0) -> T:
    """Return what `check` returns as soon as that is true; fail, naming `what` and the last answer, after `within` seconds."""
    idle, end = threading.Event(), time.monotonic() + within
    while not (answer := check()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {what}; last answer: {answer!r}")
        idle.wait(PAUSE)
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
