"""The history in memory, for tests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from fargatecount.history.coverage import Coverage
from fargatecount.history.objects import HistoryObject, folder
from fargatecount.workload import Scope


class MemoryHistory:
    """Objects and coverages in dictionaries."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self._coverages: dict[Scope, Coverage] = {}

    def objects(self, scope: Scope, first_day: str = "") -> Sequence[HistoryObject]:
        """Return the objects of a scope from `first_day` on, by key."""
        start = folder(scope, first_day) if first_day else ""
        return [
            HistoryObject(key, hashlib.md5(body, usedforsecurity=False).hexdigest(), len(body))
            for key, body in sorted(self.stored.items())
            if key.startswith(folder(scope)) and key > start and key.endswith(".jsonl.gz")
        ]

    def read(self, key: str) -> bytes | None:
        """Return an object; None if there is none."""
        return self.stored.get(key)

    def write(self, key: str, body: bytes) -> None:
        """Store an object."""
        self.stored[key] = body

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects."""
        for key in keys:
            self.stored.pop(key, None)

    def coverage(self, scope: Scope) -> Coverage | None:
        """Return the coverage of a scope; None before the first maintenance."""
        return self._coverages.get(scope)

    def keep_coverage(self, scope: Scope, coverage: Coverage) -> None:
        """Store the coverage of a scope."""
        self._coverages[scope] = coverage
