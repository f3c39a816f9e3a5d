"""Breaches in memory: for an unarmed function, which stores nothing, and for tests."""

from __future__ import annotations

from fargatecount.breaches.breach import Breaches
from fargatecount.workload import Scope


class MemoryBreaches:
    """The breaches of each scope in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[Scope, Breaches] = {}

    def breaches(self, scope: Scope) -> Breaches:
        """Return the last stored state."""
        return self._kept.get(scope, Breaches())

    def keep(self, scope: Scope, breaches: Breaches) -> bool:
        """Replace the previous revision; return False if another process has replaced it first."""
        if self.breaches(scope).rev != breaches.replaces:
            return False
        self._kept[scope] = breaches
        return True
