"""An account in memory that a page can be gathered from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.adapters.memory.reports import MemoryReports
from fargatecount.errors import DeniedError
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.reconcile.report import ClusterReport
from fargatecount.report.page.gather import Sources
from fargatecount.report.page.history import Sample, TimeLevel
from fargatecount.usage.prices import LIST_PRICES
from fargatecount.usage.summary_document import UsageSummary
from fargatecount.workload import Capacity, Millis, Scope
from tests.support.account import Account
from tests.support.builders import SCOPE
from tests.support.pages import report


class Metrics:
    """CloudWatch, as far as a page asks it: what the test has put there, or a refusal."""

    def __init__(self) -> None:
        self.kept: list[Sample] = []
        self.is_denied = False
        self.asked = 0

    def samples(self, scope: Scope, clusters: Sequence[str], since: Millis, until: Millis) -> Sequence[Sample]:
        assert scope == SCOPE
        self.asked += 1
        if self.is_denied:
            raise DeniedError("cloudwatch:GetMetricData is not allowed")
        return [each for each in self.kept if since <= each.at <= until and set(each.levels) <= set(clusters)]

    def put(self, at: Millis, **running: float) -> None:
        """Put a point for each cluster, `ECS_web=3` for `ECS-web`."""
        self.kept.append(Sample(at=at, levels={name.replace("_", "-"): TimeLevel(value, value / 2) for name, value in running.items()}))


class Paged:
    """An account with all that a page asks."""

    def __init__(self) -> None:
        self.account = Account()
        self.clock = self.account.clock
        self.ledger = self.account.ledger
        self.reports = MemoryReports()
        self.metrics = Metrics()
        self.quotas = MemoryQuotas()
        on_demand = Quota(capacity=Capacity.ON_DEMAND, value=6.0, source=Origin.APPLIED, read_at=self.clock.now())
        self.quotas.keep(SCOPE, [on_demand])
        self.sources = Sources(
            scope=SCOPE, reader=self.ledger, quotas=self.quotas, reports=self.reports, metrics=self.metrics, prices=LIST_PRICES
        )

    def start(self, *tasks: str, **changes: Any) -> None:
        """Let tasks run in cluster `web`, and their events arrive."""
        self.account.deliver(*(self.account.ecs.run(task, **changes) for task in tasks))

    def keep(self, at: Millis, of: UsageSummary | None = None, *looked: ClusterReport, **changes: Any) -> str:
        """Keep a report of that moment; return its id."""
        kept = report(at, of, *looked, **changes)
        self.reports.keep(kept)
        return kept.id
