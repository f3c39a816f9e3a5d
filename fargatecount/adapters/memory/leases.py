"""Leases in memory, for one process."""

from __future__ import annotations

from fargatecount.workload import Millis, Scope


class MemoryLeases:
    """Leases in a dictionary."""

    def __init__(self) -> None:
        self._held: dict[tuple[Scope, str], tuple[str, Millis]] = {}

    def acquire(self, scope: Scope, name: str, owner: str, *, now: Millis, until: Millis) -> str | None:
        """Take or renew a lease; return None on success, otherwise the owner that holds it."""
        holder = self._held.get((scope, name))
        if holder is not None and holder[0] != owner and holder[1] >= now:
            return holder[0]
        self._held[scope, name] = (owner, until)
        return None

    def release(self, scope: Scope, name: str, owner: str) -> None:
        """Release a lease; does nothing if another owner holds it by now."""
        if self._held.get((scope, name), ("", 0))[0] == owner:
            del self._held[scope, name]
