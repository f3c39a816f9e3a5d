"""A table that is drawn anew until Ctrl-C: `-w` of `status`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

WATCH_PERIOD = 2.0
"""Seconds between two refreshes of `-w`: counters change within a second of an event, and a person reads no faster."""


def live(draw: Callable[[], Any], sleep: Callable[[float], None]) -> NoReturn:
    """Draw again and again; raises click.UsageError without a terminal."""
    from rich.console import Console  # noqa: PLC0415 - see the package
    from rich.live import Live  # noqa: PLC0415

    if not sys.stdout.isatty():
        raise click.UsageError("-w needs a terminal")
    console = Console(highlight=False)
    if console.is_dumb_terminal:  # which has no screen to draw over: each refresh is printed below the last one
        while True:
            console.print(draw())
            sleep(WATCH_PERIOD)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(draw(), refresh=True)
            sleep(WATCH_PERIOD)
