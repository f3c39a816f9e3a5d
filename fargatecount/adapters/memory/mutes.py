"""Mutes in memory: for an unarmed function, which sends nothing that could be muted, and for tests."""

from __future__ import annotations

from fargatecount.mutes.mute import Mutes
from fargatecount.workload import Scope


class MemoryMutes:
    """The mutes of each scope in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[Scope, Mutes] = {}

    def mutes(self, scope: Scope) -> Mutes:
        """Return the last stored state."""
        return self._kept.get(scope, Mutes())

    def keep(self, scope: Scope, mutes: Mutes) -> bool:
        """Replace the previous revision; return False if another process has replaced it first."""
        if self.mutes(scope).rev != mutes.replaces:
            return False
        self._kept[scope] = mutes
        return True
