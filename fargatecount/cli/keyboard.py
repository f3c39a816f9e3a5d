"""The keyboard, while a command draws on the whole terminal: one key at a time, without Enter and without echo."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def keys(sleep: Callable[[float], None]) -> Iterator[Callable[[float], str | None]]:
    """Yield a function that waits for so many seconds, or until a key is pressed, which it returns; None without a key.

    Where no keyboard can be read (a pipe as standard input, Windows) it only waits, with `sleep`.
    """

    def without(seconds: float) -> None:
        sleep(seconds)

    try:
        import select  # noqa: PLC0415 - as the next two, for a screen only
        import termios  # noqa: PLC0415 - not on Windows
        import tty  # noqa: PLC0415

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError, termios.error):
        yield without
        return

    def wait(seconds: float) -> str | None:
        ready, _, _ = select.select([descriptor], [], [], seconds)
        return os.read(descriptor, 1).decode("ascii", "replace") if ready else None

    try:
        tty.setcbreak(descriptor)  # Ctrl-C stays a signal
        yield wait
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
