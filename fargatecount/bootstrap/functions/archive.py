"""Bootstrap of the function `archive`: the bucket, the prices, and what the maintenance reads and writes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Any

from fargatecount.adapters.dynamodb.prices import DynamoPrices
from fargatecount.adapters.dynamodb.stream import StreamBatch, read_batch
from fargatecount.adapters.s3.history import S3History
from fargatecount.bootstrap.functions.prices import FunctionPrices
from fargatecount.bootstrap.functions.runtime import FunctionRuntime
from fargatecount.bootstrap.timeouts import PATIENT
from fargatecount.history.maintenance import MaintenancePorts
from fargatecount.settings.deployment import Settings
from fargatecount.usage.prices import PriceSettings
from fargatecount.workload import Scope


class ArchiveRuntime(FunctionRuntime):
    """The runtime of `archive`."""

    @cached_property
    def settings(self) -> Settings:
        """All settings; MisconfiguredError where one is missing or invalid."""
        return Settings.from_env(self.environment)

    def prices(self, account: str) -> PriceSettings:
        """Return the prices in force: a record keeps the cost at the prices of its end."""
        return self._prices.of(Scope(account, self.region))

    @cached_property
    def _prices(self) -> FunctionPrices:
        return FunctionPrices(self.settings.publish.usage, DynamoPrices(self.ledger.items), self.clock)

    @cached_property
    def store(self) -> S3History:
        """The history in the bucket of the reports."""
        return S3History(self.session.create_client("s3", region_name=self.region, config=PATIENT), self.settings.reports_bucket)

    def read_batch(self, records: Sequence[Mapping[str, Any]]) -> StreamBatch:
        """Return the rows of a batch of the stream."""
        return read_batch(records)

    def maintenance_ports(self, account: str) -> MaintenancePorts:
        """Build the ports of the maintenance in the function's account."""
        return MaintenancePorts(
            scope=Scope(account, self.region),
            reader=self.ledger,
            store=self.store,
            coverage=self.store,
            prices=self.prices(account),
            retention_days=self.settings.history.history_retention_in_days,
        )


@cache
def runtime() -> ArchiveRuntime:
    """Return the runtime of this execution environment."""
    return ArchiveRuntime(os.environ)
