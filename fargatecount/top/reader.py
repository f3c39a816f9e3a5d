"""Reader: the snapshots of the screen. Counters are read each time; rows, of which there are many, less often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fargatecount.clock import Clock
from fargatecount.ledger.queries import rows_of
from fargatecount.ledger.store import LedgerReader
from fargatecount.mutes.mute import MuteStore
from fargatecount.quotas.quota import QuotaStore
from fargatecount.refusals.log import RefusalLog
from fargatecount.top.snapshot import LedgerRow, TopSnapshot
from fargatecount.usage.hanging import HANGING_AFTER
from fargatecount.usage.prices import LIST_PRICES, PriceSettings
from fargatecount.usage.status import everything, usage, with_mutes, with_quotas, with_refusals, with_rough_costs
from fargatecount.workload import Cluster, Millis

ROWS_EVERY: Millis = 10_000
"""Milliseconds between two reads of the rows: each costs a read unit for some twelve of them, and ages are read in minutes."""


@dataclass(frozen=True, kw_only=True)
class TopPorts:
    """What the screen is read from."""

    reader: LedgerReader
    quotas: QuotaStore
    refusals: RefusalLog
    mutes: MuteStore
    clock: Clock


class TopReader:
    """Reads snapshots; for one thread at a time."""

    def __init__(
        self,
        ports: TopPorts,
        *,
        select: Callable[[Cluster], bool] = everything,
        prices: PriceSettings = LIST_PRICES,
        hanging_after: Millis = HANGING_AFTER,
    ) -> None:
        self.ports = ports
        self._select = select
        self._prices = prices
        self._hanging_after = hanging_after
        self._rows: tuple[LedgerRow, ...] = ()
        self._rows_at: Millis | None = None

    def read(self) -> TopSnapshot:
        """Return what there is now.

        Raises:
            UnavailableError, DeniedError: the table could not be read.
        """
        ports, now = self.ports, self.ports.clock.now()
        scopes = [
            with_rough_costs(with_refusals(with_quotas(scope, ports.quotas, now), ports.refusals, now, self._select), self._prices)
            for scope in usage(ports.reader, now, self._select)
        ]
        scopes = [with_mutes(scope, ports.mutes, now) for scope in scopes]
        if self._rows_at is None or now - self._rows_at >= ROWS_EVERY:
            clusters = [each.cluster for scope in scopes for each in scope.clusters]
            self._rows = tuple(
                LedgerRow(cluster, workload_id, row) for cluster in clusters for workload_id, row in rows_of(ports.reader, cluster).items()
            )
            self._rows_at = now
        return TopSnapshot(at=now, scopes=scopes, rows=self._rows, hanging_after=self._hanging_after, rows_at=self._rows_at)
