"""Files that are whole or not there: written beside their place, then moved into it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from fargatecount.errors import MisconfiguredError


def write_whole(path: Path, text: str) -> None:
    """Write a file. Whatever interrupts it, what was there before is there still, and nothing half written is.

    Raises:
        MisconfiguredError: it cannot be written there; the text says why.
    """
    # The target of a link is replaced, not the link.
    target = Path(os.path.realpath(path))
    if os.path.exists(target) and not os.path.isfile(target):  # noqa: PTH110, PTH113 - Path's own raise where a name is too long
        raise MisconfiguredError(f"{path} is no file that can be written", remedy="name a file; - writes to the standard output")
    partial = target.with_name(f".{target.name[:100]}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # a full disk may say so only now
        partial.replace(target)
    except OSError as error:
        raise MisconfiguredError(
            f"cannot write {path}: {error.strerror or error}", remedy="nothing was changed there; name another file"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
