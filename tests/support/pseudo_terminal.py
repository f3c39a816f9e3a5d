"""A terminal without a user, for programs whose output differs on one."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable
from typing import Any

SECONDS = 60
"""For a program to end after its last word: it takes none, and the rest is for a machine that does much else."""


def shown_by(start: Callable[[int], subprocess.Popen[Any]]) -> tuple[int, str]:
    """Return the exit code of a program and all that it wrote to its terminal; `start` gets the terminal as a file descriptor."""
    ours, theirs = pty.openpty()
    process = start(theirs)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # Linux's error when the other end is closed
        pass
    finally:
        os.close(ours)
    return process.wait(timeout=SECONDS), shown.decode()
