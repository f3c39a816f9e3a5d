"""The process that runs the emulator of a state directory, found by a lock that the operating system releases when it ends."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path
from typing import Final

# A process that asks for the holder has the lock for an instant: that is no reason to give up.
_ATTEMPTS: Final = 20
_PAUSE_SECONDS: Final = 0.05


class ProcessLock:
    """A lock file that holds the id of the process that has it."""

    def __init__(self, directory: Path) -> None:
        """Name the lock of a directory, which must exist."""
        self._path = directory / "emulator.pid"
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock until this process ends; False when another process has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT)
        pause = threading.Event()
        if not any(_locked(descriptor, fcntl.LOCK_EX) or pause.wait(_PAUSE_SECONDS) for _ in range(_ATTEMPTS)):
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return True

    def holder(self) -> int | None:
        """Return the id of the process that has the lock now; None if it is free."""
        try:
            descriptor = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            # Shared, so that two who ask at the same time do not take each other for the holder.
            if _locked(descriptor, fcntl.LOCK_SH):
                return None
            return int(os.read(descriptor, 32) or 0) or None
        finally:
            os.close(descriptor)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
