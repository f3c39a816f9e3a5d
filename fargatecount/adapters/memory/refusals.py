"""Refusals in memory: for one process, and for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fargatecount.refusals.log import MAX_ITEMS, WINDOW, RefusalWindow, room_for
from fargatecount.workload import Millis, Scope


class MemoryRefusals:
    """Refusals in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Scope, str], RefusalWindow] = {}

    def remember(self, scope: Scope, kept: Iterable[RefusalWindow]) -> None:
        """Add the ids of each window to its item, as far as there is room."""
        for one in kept:
            before = self._kept.get((scope, one.key))
            there = before.ids if before is not None else frozenset()
            self._kept[scope, one.key] = msgspec.structs.replace(one, ids=room_for(there, one.ids))

    def since(self, scope: Scope, moment: Millis) -> Sequence[RefusalWindow]:
        """Return the newest items, at most `MAX_ITEMS`, whose window ends after `moment`; oldest first."""
        found = [one for (of, _), one in self._kept.items() if of == scope and one.window + WINDOW > moment]
        return sorted(found, key=lambda one: one.key)[-MAX_ITEMS:]
