"""The last usage event for the hub, in memory: for tests."""

from __future__ import annotations

from fargatecount.organization.forward import ForwardState
from fargatecount.workload import Scope


class MemoryForwardState:
    """The last usage event of each scope in a dictionary."""

    def __init__(self) -> None:
        self._last: dict[Scope, ForwardState] = {}

    def last(self, scope: Scope) -> ForwardState:
        """Return the last usage event."""
        return self._last.get(scope, ForwardState())

    def remember(self, scope: Scope, state: ForwardState) -> None:
        """Replace it."""
        self._last[scope] = state
