"""A table that is drawn anew until its reader leaves: `-w` of `status`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from fargatecount.cli.keyboard import keys
from fargatecount.cli.termination import until_interrupted

WATCH_PERIOD = 2.0
"""Seconds between two refreshes of `-w`: counters change within a second of an event, and a person reads no faster."""
LEAVE = frozenset("qQ\x04")
"""Keys that leave: q, and Ctrl-D as in a shell."""


EVERYTHING = 10_000
"""Lines of a terminal without a screen, which scrolls."""


def live(draw: Callable[[os.terminal_size], Any], sleep: Callable[[float], None]) -> None:
    """Draw what fits on a screen of a size, again and again until q or Ctrl-C.

    Raises:
        click.UsageError: the standard output is no terminal.
    """
    from rich.console import Console  # noqa: PLC0415 - see the package
    from rich.live import Live  # noqa: PLC0415

    if not sys.stdout.isatty():
        raise click.UsageError("-w needs a terminal")
    console = Console(highlight=False)
    with until_interrupted(), keys(sleep) as wait:
        if console.is_dumb_terminal:  # which has no screen to draw over: each refresh is printed below the last one
            while True:
                console.print(draw(os.terminal_size((console.width, EVERYTHING))))
                if wait(WATCH_PERIOD) in LEAVE:
                    return
        with Live(console=console, screen=True, auto_refresh=False) as screen:
            while True:
                screen.update(draw(os.terminal_size(console.size)), refresh=True)
                if wait(WATCH_PERIOD) in LEAVE:
                    return
