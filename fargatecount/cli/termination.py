"""How a command ends when something outside ends it: a closed terminal, `kill`, a full disk, missing standard streams.

In every case the command releases what it holds (a lease, received dead letters), writes nothing more, and shows no traceback.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import click

from fargatecount.cli.text import one_line, tolerate_encoding

UNWRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""The errors of writing to a full disk, above a disk quota, above a size limit, or to a terminal that is gone."""
BY_SIGNAL = 128
"""Shells add this to the number of a signal: https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html."""


class Ended(KeyboardInterrupt):
    """A signal that ends the process; it unwinds the command as Ctrl-C does."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def prepare() -> None:
    """Prepare the process: signals unwind the command, and no standard stream is missing (as under some schedulers) or lacks characters."""
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        # A signal that is ignored, as under nohup, stays ignored.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 - it is open until the process ends
    tolerate_encoding()


def _end(number: int, _: FrameType | None) -> None:
    raise Ended(number)


@contextmanager
def until_interrupted() -> Iterator[None]:
    """End the block at Ctrl-C as if it had ended by itself, because that is how its reader leaves; other signals end the command."""
    try:
        yield
    except KeyboardInterrupt as error:
        if isinstance(error, Ended):
            raise


def code_of(error: BaseException, *, otherwise: int) -> int:
    """Return the exit code of the signal behind an error, else `otherwise`: click and a dead terminal raise other errors on the way."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Ended):
            return BY_SIGNAL + seen.number
        seen = seen.__cause__ or seen.__context__
    return otherwise


def is_unwritten(error: Exception) -> bool:
    """Return whether an output that cannot be written to caused an error."""
    return isinstance(error, OSError) and error.errno in UNWRITTEN


def drop_output() -> None:
    """Discard what is still buffered for stdout: Python flushes it at exit, and would complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def echo_err(text: str) -> None:
    """Write to stderr, ignoring errors: if stderr is closed, it has no reader."""
    with suppress(OSError):
        click.echo(text, err=True)


def fail(text: str, remedy: str = "") -> None:
    """Write an error and its remedy to stderr; both may contain text of others, whose control characters no terminal must obey."""
    echo_err(one_line(text))
    if remedy:
        echo_err(f"  {one_line(remedy)}")
