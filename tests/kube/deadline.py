"""Waiting for real processes and threads: until it is so, or until a deadline."""

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
