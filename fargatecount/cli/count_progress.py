"""How far `fargatecount count` is, for somebody who waits at a terminal; nothing at all where there is none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fargatecount.count.scan import Progress
    from fargatecount.workload import Cluster


class Silent:
    """Says nothing."""

    def found(self, clusters: int) -> None:
        """Say nothing."""

    def looked(self, cluster: Cluster) -> None:
        """Say nothing."""


class Bar:
    """A bar that grows as clusters are found and looked into."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._task = bar.add_task("finding clusters", total=None)
        self._found = 0

    def found(self, clusters: int) -> None:
        """Make room for so many more."""
        self._found += clusters
        self._bar.update(self._task, total=self._found, description="counting")

    def looked(self, cluster: Cluster) -> None:  # noqa: ARG002 - which one it was nobody could read in time
        """Move on by one."""
        self._bar.advance(self._task)


@contextmanager
def watched() -> Iterator[Progress]:
    """Yield whom to tell; on a terminal it is a bar on stderr that is wiped off at the end."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    from rich.console import Console  # noqa: PLC0415 - Rich costs 60 ms to import, and a cron job does not need it
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Drawn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Drawn(*columns, console=Console(stderr=True), transient=True) as drawn:
        yield Bar(drawn)
