"""Bootstrap of the function `reconcile`: the ports of a run, and what the daily page is gathered from."""

from __future__ import annotations

import os
from functools import cache, cached_property
from typing import Any

from fargatecount.adapters.dynamodb.prices import DynamoPrices
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.ecs.owners import ServiceOwners
from fargatecount.adapters.s3.pages import S3Pages
from fargatecount.adapters.s3.reports import S3Reports
from fargatecount.bootstrap.functions.prices import FunctionPrices
from fargatecount.bootstrap.functions.runtime import FunctionRuntime
from fargatecount.bootstrap.reconcile_ports import reconcile_ports
from fargatecount.bootstrap.timeouts import PATIENT
from fargatecount.reconcile.ports import Ports
from fargatecount.report.page.daily import PageStore
from fargatecount.report.page.gather import Sources
from fargatecount.settings.deployment import Settings
from fargatecount.workload import Scope


class ReconcileRuntime(FunctionRuntime):
    """The runtime of `reconcile`."""

    @cached_property
    def settings(self) -> Settings:
        """All settings; MisconfiguredError where one is missing or invalid."""
        return Settings.from_env(self.environment)

    def ports(self, account: str) -> Ports:
        """Build the ports of one run in the function's account."""
        return reconcile_ports(
            Scope(account, self.region),
            self.ledger,
            self._client,
            reports_bucket=self.settings.reports_bucket,
            terms=self.settings.publish.usage,
            clock=self.clock,
            history=self.settings.history,
            owners=self._owners,
            has_hub=bool(self.settings.hub_bus_arn),
        )

    def _client(self, service: str, **options: Any) -> Any:
        """Return a client, always the same for a service: a run comes every minute, and a client costs more than the call that it sends."""
        if service not in self._clients:
            self._clients[service] = self.session.create_client(service, **options)
        return self._clients[service]

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _owners(self) -> ServiceOwners:
        return ServiceOwners(self.settings.history.owner_tag)

    @cached_property
    def _prices(self) -> FunctionPrices:
        return FunctionPrices(self.settings.publish.usage, DynamoPrices(self.ledger.items), self.clock)

    def page_sources(self, account: str) -> tuple[Sources, PageStore]:
        """Return the sources of the daily page, and the store that keeps it."""
        s3, bucket = self._client("s3", region_name=self.region, config=PATIENT), self.settings.reports_bucket
        sources = Sources(
            scope=Scope(account, self.region),
            reader=self.ledger,
            quotas=DynamoQuotas(self.ledger.items),
            reports=S3Reports(s3, bucket),
            metrics=None,  # the reports of a day lie five minutes apart: dense enough for a chart of a day, and cheaper to read
            prices=self._prices.of(Scope(account, self.region)),
            thresholds=self.settings.publish.quota.thresholds,
        )
        return sources, S3Pages(s3, bucket)


@cache
def runtime() -> ReconcileRuntime:
    """Return the runtime of this execution environment."""
    return ReconcileRuntime(os.environ)
