"""The last publish and the moved counters, in memory: for one command, and for tests."""

from __future__ import annotations

from fargatecount.metrics.cadence import LastPublish
from fargatecount.metrics.counter_memory import MovedCounters
from fargatecount.workload import Scope


class MemoryPublishState:
    """The last publish of each scope in a dictionary."""

    def __init__(self) -> None:
        self._last: dict[Scope, LastPublish] = {}

    def last(self, scope: Scope) -> LastPublish:
        """Return the last publish."""
        return self._last.get(scope, LastPublish())

    def remember(self, scope: Scope, put: LastPublish) -> None:
        """Replace the last publish."""
        self._last[scope] = put


class MemoryMovedCounters:
    """The moved counters of each scope in a dictionary."""

    def __init__(self) -> None:
        self._moved: dict[Scope, MovedCounters] = {}

    def moved(self, scope: Scope) -> MovedCounters:
        """Return the list."""
        return self._moved.get(scope, MovedCounters())

    def share(self, scope: Scope, moved: MovedCounters) -> None:
        """Replace the list."""
        self._moved[scope] = moved
