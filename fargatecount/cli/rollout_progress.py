"""The progress of a roll-out: a bar of the stacks that have ended on a terminal, and each failure as it comes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import click

from fargatecount.cli.text import one_line
from fargatecount.rollout.causes import FailureCause, cause_of
from fargatecount.rollout.stack_set import InstanceState, StackInstance
from fargatecount.workload import Scope


@contextmanager
def shown_stacks(total: int, *, done: str = InstanceState.CURRENT) -> Iterator[Callable[[StackInstance], None]]:
    """Yield what shows each stack: a bar on a terminal; elsewhere a line per stack that has ended, for a log.

    `done` is the word for a stack with which nothing went wrong.
    """
    if not sys.stderr.isatty():
        yield partial(_line, done)
        return
    from rich.console import Console  # noqa: PLC0415 - see the package
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=max(total, 1))
        ended: set[Scope] = set()

        def show(stack: StackInstance) -> None:
            if stack.state is not InstanceState.WORKING:
                ended.add(stack.scope)
            progress.update(
                task, total=max(total, len(ended), 1), completed=len(ended), description=f"{stack.scope.account} {stack.scope.region}"
            )
            if cause_of(stack):
                progress.console.print(_text(done, stack), markup=False, highlight=False)

        yield show


def _line(done: str, stack: StackInstance) -> None:
    if stack.state is not InstanceState.WORKING:
        click.echo(_text(done, stack), err=True)


def _text(done: str, stack: StackInstance) -> str:
    cause = cause_of(stack)
    state = done if stack.state is InstanceState.CURRENT else stack.state
    parts = [cause if cause is not FailureCause.OTHER else "", stack.reason] if cause else []
    why = "".join(f": {part}" for part in parts if part)
    return one_line(f"{stack.scope.account} {stack.scope.region}: {state}{why}")
