"""Quotas in memory: for one command, and for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fargatecount.quotas.quota import CODES, Quota
from fargatecount.workload import Capacity, Scope


class MemoryQuotas:
    """Quotas in a dictionary."""

    def __init__(self) -> None:
        self._quotas: dict[tuple[Scope, Capacity], Quota] = {}

    def keep(self, scope: Scope, quotas: Iterable[Quota]) -> None:
        """Replace the quotas that have the same codes."""
        for quota in quotas:
            self._quotas[scope, quota.capacity] = quota

    def quotas(self, scope: Scope) -> Sequence[Quota]:
        """Return the stored quotas, on-demand first."""
        return [self._quotas[scope, capacity] for capacity in CODES if (scope, capacity) in self._quotas]
