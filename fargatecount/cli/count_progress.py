"""The progress of `fargatecount count`: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fargatecount.cli.verbosity import is_quiet
from fargatecount.count.scan import Progress
from fargatecount.workload import Cluster


class Silent:
    """Shows nothing."""

    def found(self, clusters: int) -> None:
        """Ignore it."""

    def looked(self, cluster: Cluster) -> None:
        """Ignore it."""

    def waits(self, reason: str) -> None:
        """Ignore it."""


class Bar:
    """A bar whose length is the clusters found, and whose filled part the clusters read."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._task = bar.add_task("finding clusters", total=None)
        self._found = 0

    def found(self, clusters: int) -> None:
        """Add clusters to the length."""
        self._found += clusters
        self._bar.update(self._task, total=self._found, description="counting")

    def looked(self, cluster: Cluster) -> None:  # noqa: ARG002 - a name would be gone before it could be read
        """Advance by one."""
        self._bar.advance(self._task)

    def waits(self, reason: str) -> None:
        """Show the reason in front of the bar."""
        self._bar.update(self._task, description=f"counting ({reason})")


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Yield the progress to report to; on a terminal it is a bar on stderr, which is erased at the end."""
    with shown_bar() as bar:
        yield Silent() if bar is None else Bar(bar)


@contextmanager
def shown_bar() -> Iterator[Any]:
    """Yield a bar of rich, which is erased at the end; None where no terminal shows it."""
    if not sys.stderr.isatty() or is_quiet():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - see the package
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as RichProgress  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress
