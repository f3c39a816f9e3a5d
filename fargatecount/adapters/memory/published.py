"""What was put last, in memory: for one command, and for tests."""

from __future__ import annotations

from fargatecount.metrics.cadence import LastPut
from fargatecount.workload import Scope


class MemoryPutLog:
    """The last put of each scope in a dictionary."""

    def __init__(self) -> None:
        self._last: dict[Scope, LastPut] = {}

    def last(self, scope: Scope) -> LastPut:
        """Return what was put last."""
        return self._last.get(scope, LastPut())

    def remember(self, scope: Scope, put: LastPut) -> None:
        """Remember it in place of what was."""
        self._last[scope] = put
