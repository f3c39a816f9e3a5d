"""Quotas in memory: the simplest thing that keeps the promise of the port; for one command, and for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fargatecount.quotas.quota import CODES, Quota
from fargatecount.workload import Capacity, Scope


class MemoryQuotas:
    """Quotas in a dictionary."""

    def __init__(self) -> None:
        self._quotas: dict[tuple[Scope, Capacity], Quota] = {}

    def keep(self, scope: Scope, quotas: Iterable[Quota]) -> None:
        """Remember them in place of the ones of the same codes."""
        for quota in quotas:
            self._quotas[scope, quota.capacity] = quota

    def quotas(self, scope: Scope) -> Sequence[Quota]:
        """Return those that were ever kept, on-demand first."""
        return [self._quotas[scope, capacity] for capacity in CODES if (scope, capacity) in self._quotas]
