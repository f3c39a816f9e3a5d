"""Daily pages in memory, for one process."""

from __future__ import annotations

from fargatecount.workload import Scope


class MemoryPages:
    """Pages in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Scope, str], str] = {}

    def has(self, scope: Scope, day: str) -> bool:
        """Return whether the page of a day is stored."""
        return (scope, day) in self.kept

    def keep(self, scope: Scope, day: str, page: str) -> str:
        """Store a page; return its address."""
        self.kept[scope, day] = page
        return f"memory:{day}"
