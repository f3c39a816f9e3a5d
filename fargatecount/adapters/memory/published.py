"""The last publish, in memory: for one command, and for tests."""

from __future__ import annotations

from fargatecount.metrics.cadence import LastPublish
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
