"""Atomic file writes: write to a temporary file in the same directory, then rename it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from fargatecount.errors import MisconfiguredError


def write_atomically(path: Path, text: str) -> None:
    """Write a file. If anything interrupts the write, the previous content stays and no partial file remains.

    Raises:
        MisconfiguredError: the file cannot be written there; the text gives the reason.
    """
    # The target of a link is replaced, not the link.
    target = Path(os.path.realpath(path))
    if os.path.exists(target) and not os.path.isfile(target):  # noqa: PTH110, PTH113 - Path's methods raise if a name is too long
        raise MisconfiguredError(f"{path} is no file that can be written", remedy="name a file; - writes to the standard output")
    partial = target.with_name(f".{target.name[:100]}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # a full disk may be reported only here
        partial.replace(target)
    except OSError as error:
        raise MisconfiguredError(
            f"cannot write {path}: {error.strerror or error}", remedy="nothing was changed there; name another file"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
