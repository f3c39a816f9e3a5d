"""The progress of a deployment: a line of the resource at work on a terminal, and each failure as it comes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from fargatecount.cli.termination import echo_err
from fargatecount.cli.text import one_line
from fargatecount.stack.progress import StackEvent, remedy_for


@contextmanager
def shown_events(total: int) -> Iterator[Callable[[StackEvent], None]]:
    """Yield what shows each event: a bar on a terminal; elsewhere a line per finished resource, for a log."""
    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console  # noqa: PLC0415 - see the package
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        finished: set[str] = set()

        def show(event: StackEvent) -> None:
            if event.status.endswith("_COMPLETE") and event.type != "AWS::CloudFormation::Stack":
                finished.add(event.name)
            progress.update(task, completed=min(len(finished), total), description=one_line(f"{event.name} {_words(event.status)}"))
            if event.failed:
                progress.console.print(f"{event.name}: {one_line(event.reason)}", markup=False, highlight=False)

        yield show


def print_failures(failures: list[StackEvent]) -> None:
    """Print each resource that failed, with why and what helps; the first is the cause, the others mostly follow from it."""
    for event in failures:
        echo_err(one_line(f"failed: {event.name} ({event.type}): {event.reason or event.status}"))
        echo_err(f"  {remedy_for(event.reason)}")


def _line(event: StackEvent) -> None:
    if event.failed or event.status.endswith("_COMPLETE"):
        click.echo(one_line(f"{event.name}: {_words(event.status)}{f': {event.reason}' if event.failed else ''}"), err=True)


def _words(status: str) -> str:
    return status.lower().replace("_", " ")
