"""`python -m benchmarks [NAME …] [--json | --markdown]`: measure all parts or the named ones, and print one table.

Exit code 0 when everything was measured, whether or not a bar was met: the table shows that. 1 when a part could not be measured.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from importlib import import_module

import click

from benchmarks.lines import Line
from benchmarks.table import as_json, as_markdown, show

PARTS = {
    # Name and module: a part is imported when its turn comes, so that a broken import does not stop the other parts.
    "calibration": "benchmarks.calibration",
    "buckets": "benchmarks.buckets",
    "hot-cluster": "benchmarks.hot_cluster",
    "start-up": "benchmarks.start_up",
    "handler": "benchmarks.handler",
    "reconcile": "benchmarks.reconcile",
    "count": "benchmarks.count",
    "watcher": "benchmarks.watcher",
    "taskstats": "benchmarks.taskstats",
    "events": "benchmarks.events",
    "alarms": "benchmarks.alarms",
}

MINUTES = 30.0
"""Twice what all parts take on two idle cores."""
PART_SECONDS = 900.0
"""Three times what the longest part takes."""


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(PARTS)), metavar="[NAME]…")
@click.option("--minutes", type=click.FloatRange(1), default=MINUTES, show_default=True, help="After these, what is left is not measured.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--markdown", "form", flag_value="markdown", help="Print the table as docs/benchmarks.md holds it.")
def main(names: tuple[str, ...], minutes: float, form: str | None) -> None:
    """Measure what fargatecount promises."""
    found: dict[str, list[Line]] = {}
    failed = []
    end = time.monotonic() + minutes * 60
    signal.signal(signal.SIGALRM, _out_of_time)
    for name in names or PARTS:
        start = time.monotonic()

        def progress(text: str, name: str = name, start: float = start) -> None:
            click.echo(f"[{name} {time.monotonic() - start:4.0f} s] {text}", err=True)

        progress(f"begins at a load average of {os.getloadavg()[0]:.1f}")
        try:
            signal.setitimer(signal.ITIMER_REAL, max(min(PART_SECONDS, end - start), 0.001))
            found[name] = import_module(PARTS[name]).measure(progress)
        except Exception as error:  # noqa: BLE001 - a part that cannot be measured must not hide the others
            progress(f"could not be measured: {type(error).__name__}: {error}")
            failed.append(name)
        else:
            progress(f"done, at a load average of {os.getloadavg()[0]:.1f}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    if form == "json":
        click.echo(as_json(found))
    elif form == "markdown":
        click.echo(as_markdown(found))
    else:
        show(found)
    sys.exit(1 if failed else 0)


def _out_of_time(*_: object) -> None:
    raise TimeoutError("its time is over")


if __name__ == "__main__":
    main()
