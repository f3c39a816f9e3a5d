"""How a command ends when the world around it does: a closed terminal, `kill`, a full disk, no standard streams.

Whatever ends it, what was begun is given back (a lease, dead letters that are being looked at), nothing more is written, and no traceback
is shown.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from types import FrameType

import click

UNWRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What writing to a full disk, above a quota or to a terminal that is gone comes to."""
BY_SIGNAL = 128
"""What shells add to the number of a signal: https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html."""


class Ended(KeyboardInterrupt):
    """A signal that ends the process; it unwinds the command as Ctrl-C does."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def prepare() -> None:
    """Make signals unwind the command, and put something harmless where a standard stream is missing, as under some schedulers."""
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        # What somebody has chosen to ignore, as nohup does, stays ignored.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 - it is open until the process ends


def _end(number: int, _: FrameType | None) -> None:
    raise Ended(number)


def code_of(error: BaseException, *, otherwise: int) -> int:
    """Return the exit code for what a signal has begun: click and a dead terminal make other errors of it on the way."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Ended):
            return BY_SIGNAL + seen.number
        seen = seen.__cause__ or seen.__context__
    return otherwise


def is_unwritten(error: Exception) -> bool:
    """Say whether an error comes of an output that takes no more."""
    return isinstance(error, OSError) and error.errno in UNWRITTEN


def drop_output() -> None:
    """Let what is still to be written to stdout go nowhere: Python tries it once more on its way out, and would complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def echo_err(text: str) -> None:
    """Write to stderr; one that takes nothing is nobody who could be told."""
    with suppress(OSError):
        click.echo(text, err=True)


def fail(text: str, remedy: str = "") -> None:
    """Write to stderr what went wrong, and below it what to do; both may hold other people's text, which no terminal must obey."""
    from fargatecount.cli.output import plain  # noqa: PLC0415 - nothing else here needs it

    echo_err(plain(text))
    if remedy:
        echo_err(f"  {plain(remedy)}")
