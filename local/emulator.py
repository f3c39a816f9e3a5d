"""The emulator's process: `python -m local.emulator --state DIR [--while-stdin-is-open]`, started by `local.process`.

Owns one lock file in the state directory for as long as it lives, so that no other process is mistaken for it. Its settings are in
its environment (see `local.process.environment`).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Final

from local.errors import LocalError
from local.lock import ProcessLock

# The patches reach into private names of exactly this version.
MINISTACK_VERSION: Final = "1.5.33"


def check_version(installed: str) -> None:
    """Refuse any other version of the emulator.

    Raises:
        LocalError: It is another version.
    """
    if installed != MINISTACK_VERSION:
        raise LocalError(
            f"ministack {installed} is installed, and the patches in local/patches fit {MINISTACK_VERSION} only: run `make setup`, "
            "or, to move to another version, change MINISTACK_VERSION and run tests/local"
        )


def main() -> None:
    """Serve until a signal to stop, or, on request, until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m local.emulator", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--while-stdin-is-open", action="store_true", help="stop when the program that started this one is gone")
    arguments = parser.parse_args()
    try:
        check_version(importlib.metadata.version("ministack"))
    except LocalError as error:
        sys.exit(str(error))
    lock = ProcessLock(arguments.state)
    if not lock.acquire():
        sys.exit(f"another emulator runs in {arguments.state}: stop it with `fargatecount local down`")
    if arguments.while_stdin_is_open:
        threading.Thread(target=_stop_at_end_of_input, name="owner-watch", daemon=True).start()

    from ministack import app  # noqa: PLC0415 - reads its settings when imported: not before the version is known to be right

    from local.patches import apply_all  # noqa: PLC0415 - likewise

    apply_all()
    sys.argv = sys.argv[:1]  # the emulator parses arguments of its own
    app.main()


def _stop_at_end_of_input() -> None:
    while os.read(sys.stdin.fileno(), 1):  # unbuffered: the lock of a buffer would block an early exit
        pass
    os.killpg(os.getpgid(0), signal.SIGKILL)  # with the functions; no state has to be saved


if __name__ == "__main__":
    main()
