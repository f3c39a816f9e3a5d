"""The exporter of an account in memory, with a table that counts its reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as plain_families

from fargatecount.adapters.memory.launches import MemoryLaunches, MemoryLaunchQuotas
from fargatecount.adapters.memory.mutes import MemoryMutes
from fargatecount.adapters.memory.published import MemoryPublishState
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.errors import FargatecountError
from fargatecount.exporter.answer import Exporter
from fargatecount.exporter.http import HttpRequest, HttpResponse
from fargatecount.exporter.snapshot import ExporterOptions, ExporterPorts, SharedTable
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.store import Bucket, Counter
from fargatecount.metrics.publish import Queue
from fargatecount.report.page.gather import Sources
from fargatecount.report.page.live import Live
from fargatecount.usage.prices import LIST_PRICES
from fargatecount.workload import Cluster, Kind, Scope
from tests.support.builders import BATCH, SCOPE, WEB
from tests.support.page_sources import Paged

VERSION = "1.2.3"


class CountedTable:
    """A ledger that counts the reads of its counters, and may be in trouble."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.reads = 0
        self.row_reads = 0
        self.trouble: FargatecountError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def scopes(self) -> Sequence[Scope]:
        if self.trouble:
            raise self.trouble
        found: Sequence[Scope] = self._inner.scopes()
        return found

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        self.reads += 1
        if self.trouble:
            raise self.trouble
        found: Sequence[Counter] = self._inner.read_counters(buckets)
        return found

    def rows_of(self, bucket: Bucket) -> Any:
        self.row_reads += 1
        return self._inner.rows_of(bucket)


class DeadLettersQueue:
    """A queue with a length."""

    def __init__(self) -> None:
        self.length: int | None = 0

    def depth(self) -> int | None:
        return self.length


class Exported(Paged):
    """An account with an exporter; `web` and `batch` are readable ECS clusters."""

    def __init__(self, options: ExporterOptions | None = None) -> None:
        super().__init__()
        self.table = CountedTable(self.ledger)
        self.refusals = MemoryRefusals()
        self.mutes = MemoryMutes()
        self.launches, self.launch_quotas = MemoryLaunches(), MemoryLaunchQuotas()
        self.state = MemoryPublishState()
        self.queue = DeadLettersQueue()
        self.options = options or ExporterOptions()
        queue: Queue = self.queue
        ports = ExporterPorts(
            reader=self.table,
            quotas=self.quotas,
            refusals=self.refusals,
            mutes=self.mutes,
            launches=self.launches,
            launch_quotas=self.launch_quotas,
            state=self.state,
            reports=self.reports,
            dead_letters=queue,
            clock=self.clock,
        )
        shared = self.shared = SharedTable(ports, self.options)
        sources = Sources(
            scope=SCOPE,
            reader=shared.reader,
            quotas=shared.quotas,
            reports=self.reports,
            mutes=self.mutes,
            metrics=None,
            prices=LIST_PRICES,
        )
        look = Live(sources, self.clock, 3_600_000).look
        self.exporter = Exporter(shared, self.options, self.clock, version=VERSION, look=look)
        self.listed()

    def listed(self, *clusters: Cluster) -> None:
        """Let the reconciler have read these clusters just now, and every cluster of the scope."""
        now = self.clock.now()
        for cluster in clusters or (WEB, BATCH):
            self.ledger.register(cluster)
            self.ledger.note(cluster, RECONCILER, Readability(readable=True, at=now, listed_at=now))
        for kind in Kind:
            self.ledger.discovered(SCOPE, kind, now)
        self.ledger.passed(SCOPE, now)

    def ask(self, path: str = "/metrics", **headers: str) -> HttpResponse:
        """Return the answer to a request."""
        return self.exporter.answer(HttpRequest(method="GET", path=path, headers=headers))

    def scrape(self) -> dict[str, float]:
        """Return every series and its value, such as `held_vcpu{capacity=spot}`; the labels of the scope are left out."""
        return series_of(self.ask(accept="application/openmetrics-text").body.decode())


def series_of(text: str) -> dict[str, float]:
    """Return the series of a text in OpenMetrics, or in the plain format without its end."""
    parse: Any = text_string_to_metric_families if text.endswith("# EOF\n") else plain_families
    found = {}
    for family in parse(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sample.labels.items() if name not in {"account", "region"})
            name = sample.name.removeprefix("fargatecount_")
            found[f"{name}{{{labels}}}" if labels else name] = sample.value
    return found
