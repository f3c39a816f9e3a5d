"""Forwarding: a member's usage event when something has changed, at most every five seconds, and once a minute.

Level-based, as the metrics are: each event carries the whole state, so that a lost one is superseded by the next. Rows are read seldom: for
the services every five minutes, and at once when a threshold has been crossed, because the message must name what grew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from fargatecount.breaches.breach import Gauge, QuotaGauge
from fargatecount.breaches.event import GrewEntry, grew_entry
from fargatecount.breaches.gauges import LIMIT_PERCENT, gauges
from fargatecount.breaches.growth import growth
from fargatecount.counts import Counts
from fargatecount.errors import FargatecountError
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import LedgerReader
from fargatecount.metrics.cadence import AFTER_CHANGE, minute_of
from fargatecount.metrics.forwarding import Forwarded
from fargatecount.organization.compose import report_of, service_table
from fargatecount.organization.drift import DriftReport, drift_report
from fargatecount.organization.report import ScopeReport, ServiceTable, encode
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import Quota
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.reconcile.drift_log import DriftStore
from fargatecount.timestamps import MINUTE
from fargatecount.usage.status import workloads
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Cluster, Millis, Scope

SERVICES_AFTER: Millis = 5 * MINUTE
"""Reading every row costs an eighth of a read unit for each: 10,000 rows every five minutes are 1.40 USD a month."""
GREW_AFTER: Millis = MINUTE
"""While a threshold is crossed, the culprits are at most this old."""


class ForwardState(msgspec.Struct, frozen=True, kw_only=True):
    """The last usage event of a scope."""

    at: Millis = 0
    minute: int = -1
    digest: str = ""
    """Of all that it said, but for its time."""
    over: tuple[str, ...] = ()
    """Keys of the gauges that were over their thresholds."""
    grew: dict[str, list[GrewEntry]] = {}
    services: ServiceTable | None = None


class UsageBus(Protocol):
    """Where usage events go."""

    def send(self, text: bytes) -> None:
        """Put one event with this detail; raises UnavailableError or DeniedError if it was not accepted."""
        ...


class ForwardStore(Protocol):
    """Storage of the last usage event, shared by all publishers of a scope."""

    def last(self, scope: Scope) -> ForwardState:
        """Return the last usage event."""
        ...

    def remember(self, scope: Scope, state: ForwardState) -> None:
        """Replace it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Forwarder:
    """Sends the usage events of one deployment; the publisher calls it under its lease."""

    reader: LedgerReader
    store: ForwardStore
    bus: UsageBus
    version: str
    limits: Limits
    drift: DriftStore | None = None
    """What reconciles repaired; None reports nothing of it."""
    thresholds: QuotaThresholds = DEFAULT_THRESHOLDS
    limit_percent: float = LIMIT_PERCENT

    def forward(self, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> Forwarded:
        """Send the event of `usage`, which was not read before `now`, if one is due.

        An error of a port is returned, not raised: the metrics of a member do not depend on its hub.
        """
        try:
            return self._forward(usage, quotas, now)
        except FargatecountError as error:
            return Forwarded(error=error)

    def _forward(self, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> Forwarded:
        last = self.store.last(usage.scope)
        found = gauges(usage, quotas, self.limits, now, thresholds=self.thresholds, limit_percent=self.limit_percent)
        over = tuple(sorted(gauge.key for gauge in found if gauge.percent is not None and gauge.percent >= gauge.threshold))

        def report(services: ServiceTable | None, grew: Mapping[str, list[GrewEntry]]) -> ScopeReport:
            return report_of(usage, now, version=self.version, quotas=quotas, gauges=found, grew=dict(grew), services=services)

        digest = digest_of(report(None, {}))
        decision = decide(last, digest, now)
        if not decision.sent:
            return decision
        services, grew = last.services, {key: entries for key, entries in last.grew.items() if key in over}
        if rows_are_due(last, over, now):
            rows = list(workloads(self.reader, usage))
            services = service_table(_services(rows), now)
            grew = {gauge.key: _grew(rows, gauge, now) for gauge in found if gauge.key in over}
        self.bus.send(encode(msgspec.structs.replace(report(services, grew), drift=self._drift(usage.scope, now))))
        self.store.remember(
            usage.scope, ForwardState(at=now, minute=minute_of(now), digest=digest, over=over, grew=grew, services=services)
        )
        return decision

    def _drift(self, scope: Scope, now: Millis) -> DriftReport | None:
        # A change of it waits for the next event: it is never older than a minute, and no message depends on it.
        return None if self.drift is None else drift_report(self.drift.drift(scope), now)


def decide(last: ForwardState, digest: str, now: Millis) -> Forwarded:
    """Return whether an event is due at `now`, and if a change must wait, until when."""
    if minute_of(now) > last.minute:
        return Forwarded(sent=True)
    if digest == last.digest:
        return Forwarded()
    if now >= last.at + AFTER_CHANGE:
        return Forwarded(sent=True)
    return Forwarded(pending=True, again_at=last.at + AFTER_CHANGE)


def rows_are_due(last: ForwardState, over: Sequence[str], now: Millis) -> bool:
    """Return whether the event needs a new look at the rows."""
    if last.services is None:
        return True
    age = now - last.services.as_of
    newly = any(key not in last.over for key in over)
    return newly or age >= (GREW_AFTER if over else SERVICES_AFTER)


def digest_of(report: ScopeReport) -> str:
    """Return what two reports have in common if they differ in their times only."""
    timeless = msgspec.structs.replace(report, as_of=0, quotas=[msgspec.structs.replace(quota, read_at=0) for quota in report.quotas])
    return hashlib.blake2b(msgspec.json.encode(timeless), digest_size=16).hexdigest()


def _services(rows: Sequence[tuple[Cluster, Row]]) -> list[tuple[str, str, Counts]]:
    parts: dict[tuple[str, str], list[Counts]] = {}
    for cluster, row in rows:
        if row.facts.group is not None:
            parts.setdefault((cluster.key, row.facts.group), []).append(row.counts)
    return [(cluster, group, Counts.total(counts)) for (cluster, group), counts in parts.items()]


def _grew(rows: Sequence[tuple[Cluster, Row]], gauge: Gauge, now: Millis) -> list[GrewEntry]:
    if isinstance(gauge, QuotaGauge):
        return list(map(grew_entry, growth(rows, now, capacity=gauge.capacity)))
    return list(map(grew_entry, growth(rows, now, cluster=gauge.cluster)))
