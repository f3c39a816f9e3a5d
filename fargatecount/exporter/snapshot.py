"""Snapshot: everything that one period of the exporter shows, read once.

The counters and what stands beside them are read in every period; rows, reports and the dead-letter queue every minute at most, because
none of them changes an alarm faster and each read costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from fargatecount.breaches.gauges import LIMIT_PERCENT
from fargatecount.clock import Clock
from fargatecount.counts import Counts
from fargatecount.errors import FargatecountError
from fargatecount.exporter.shared_reads import SharedLedger, SharedQuotas, SharedReads
from fargatecount.ledger.launches import LaunchLog
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import LedgerReader
from fargatecount.metrics.points import PublishOptions, SelfHealth, ServiceKey, data_points, services
from fargatecount.metrics.publish import PublishState, Queue
from fargatecount.metrics.series import DataPoint, Detail
from fargatecount.mutes.mute import MuteStore
from fargatecount.quotas.launch_rates import LaunchQuotaStore
from fargatecount.quotas.quota import QuotaStore
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.store import ReportStore
from fargatecount.refusals.log import RefusalLog
from fargatecount.refusals.recent import Refused, recent
from fargatecount.timestamps import HOUR, MINUTE
from fargatecount.usage.status import scope_usage, with_launches, with_mutes, with_quotas, with_refusals, with_rough_costs, workloads
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Cluster, Millis, Scope, SourceRank

SLOWLY: Millis = MINUTE
"""Time between two reads of rows, reports and the queue: the period of the alarms on them."""
REFUSED_WITHIN: Millis = 5 * MINUTE
"""Age of the refusals that are exported: longer than any usual time between two scrapes, so that none is missed."""
EVENTS_WITHIN: Millis = 5 * MINUTE
"""Age of the events whose delay is exported, likewise."""
MAX_CLUSTERS = 500
"""Clusters with series of their own: three series each, and a scrape of a tenth of a second."""


class ExporterOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is exported."""

    every: Millis = 15_000
    """Time between two reads of the table: the usual time between two scrapes, so that a second Prometheus server costs nothing."""
    max_clusters: int = MAX_CLUSTERS
    publish: PublishOptions = PublishOptions()
    thresholds: QuotaThresholds = DEFAULT_THRESHOLDS
    limit_percent: float = LIMIT_PERCENT


@dataclass(frozen=True, kw_only=True)
class ExporterPorts:
    """The ports of the exporter; those that are None add nothing."""

    reader: LedgerReader
    quotas: QuotaStore
    refusals: RefusalLog
    mutes: MuteStore
    launches: LaunchLog
    launch_quotas: LaunchQuotaStore
    state: PublishState
    reports: ReportStore | None
    dead_letters: Queue | None
    clock: Clock


class ScopeSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One scope."""

    usage: ScopeUsage
    """With quotas, the refusals of an hour, mutes, launches, and rough costs."""
    points: Sequence[DataPoint]
    """What `publish` would put."""
    refused: Sequence[Refused]
    """Of the last minutes."""
    published_at: Millis | None
    report: ReconcileDocument | None
    event_age: Millis | None


class ExporterSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All scopes of a table as of one moment."""

    at: Millis
    scopes: Sequence[ScopeSnapshot] = ()
    error: FargatecountError | None = None
    """Why nothing could be read."""


class SharedTable:
    """The ports of the exporter, with shared reads."""

    def __init__(self, ports: ExporterPorts, options: ExporterOptions) -> None:
        self._ports = ports
        self._options = options
        self._quick = SharedReads(ports.clock, options.every)
        self._slow = SharedReads(ports.clock, max(options.every, SLOWLY))
        self.reader: LedgerReader = SharedLedger(ports.reader, self._quick, self._slow)
        self.quotas: QuotaStore = SharedQuotas(ports.quotas, self._quick)

    def snapshot(self) -> ExporterSnapshot:
        """Return the snapshot of the present period; an error is part of it."""
        self._slow.begin()
        at = self._quick.begin()
        return self._quick.get("snapshot", lambda: self._snapshot(at))

    def _snapshot(self, at: Millis) -> ExporterSnapshot:
        try:
            return ExporterSnapshot(at=at, scopes=[self._scope(scope, at) for scope in self.reader.scopes()])
        except FargatecountError as error:
            return ExporterSnapshot(at=at, error=error)

    def _scope(self, scope: Scope, at: Millis) -> ScopeSnapshot:
        ports, publish = self._ports, self._options.publish
        usage = with_refusals(with_quotas(scope_usage(self.reader, scope, at), self.quotas, at), ports.refusals, at)
        usage = with_launches(with_mutes(usage, ports.mutes, at), ports.launches, ports.launch_quotas, at)
        rows = list(workloads(self.reader, usage)) if publish.detail is Detail.SERVICE else None
        by_service: Mapping[ServiceKey, Counts] | None = None if rows is None else services(rows)
        health = SelfHealth(dead_letters=self._dead_letters())
        last = ports.state.last(scope)
        return ScopeSnapshot(
            usage=with_rough_costs(usage, publish.prices),
            points=data_points(usage, usage.quotas or (), health, at, publish, by_service=by_service),
            refused=recent(ports.refusals, scope, at, within=REFUSED_WITHIN),
            published_at=max(last.at, last.minute * MINUTE) if last.at else None,
            report=self._report(scope, at),
            event_age=None if rows is None else event_age(rows, at),
        )

    def _dead_letters(self) -> int | None:
        queue = self._ports.dead_letters
        return None if queue is None else self._slow.get("dead letters", queue.depth)

    def _report(self, scope: Scope, at: Millis) -> ReconcileDocument | None:
        """Return the last report that is not a dry run; None where it cannot be read, because the counters are good without it."""
        reports = self._ports.reports
        if reports is None:
            return None

        def read() -> ReconcileDocument | None:
            for report_id in reversed(reports.ids(scope, at - HOUR)):
                report = reports.read(scope, report_id)
                if not report.dry_run:
                    return report
            return None

        try:
            return self._slow.get(("report", scope), read)
        except FargatecountError:
            return None


def event_age(rows: Iterable[tuple[Cluster, Row]], now: Millis) -> Millis | None:
    """Return the longest time from a change to its counting, among the events that were counted in the last minutes; None without any."""
    ages = (row.written_at - row.observed_at for _, row in rows if row.source is SourceRank.EVENT and now - row.written_at <= EVENTS_WITHIN)
    return max((age for age in ages if age >= 0), default=None)
