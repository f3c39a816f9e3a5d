"""The progress of `fargatecount count --organization`: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fargatecount.census.take import CensusProgress
from fargatecount.cli.count_progress import shown_bar


class SilentCensus:
    """Shows nothing."""

    def entered(self, regions: int) -> None:
        """Ignore it."""

    def refused(self) -> None:
        """Ignore it."""

    def counted(self) -> None:
        """Ignore it."""


class CensusBar:
    """A bar whose length is the scopes of the accounts that were entered; accounts that were not stand in front of it."""

    def __init__(self, bar: Any, accounts: int) -> None:
        self._bar = bar
        self._task = bar.add_task("entering accounts", total=None)
        self._accounts = accounts
        self._entered = self._refused = self._scopes = 0
        self._adding = threading.Lock()

    def entered(self, regions: int) -> None:
        """Add the Regions of an account to the length."""
        with self._adding:
            self._entered += 1
            self._scopes += regions
            self._show()

    def refused(self) -> None:
        """Name one more account that could not be entered."""
        with self._adding:
            self._refused += 1
            self._show()

    def counted(self) -> None:
        """Advance by one."""
        self._bar.advance(self._task)

    def _show(self) -> None:
        refused = f", {self._refused} refused" if self._refused else ""
        text = f"{self._entered} of {self._accounts} accounts entered{refused}, scopes:"
        self._bar.update(self._task, total=self._scopes, description=text)


@contextmanager
def shown_census(accounts: int) -> Iterator[CensusProgress]:
    """Yield the progress of a census of so many accounts, likewise."""
    with shown_bar() as bar:
        yield SilentCensus() if bar is None else CensusBar(bar, accounts)
