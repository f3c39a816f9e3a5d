"""From the usage of a scope to its report, and back.

Pure. Promises that the way back has the same totals, certain parts and readability; only clusters without an entry of their own have become
one sum. The hub adds that a silent scope is unreadable: its last known counts stay, and none of them is certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fargatecount.breaches.breach import Gauge, LimitGauge, QuotaGauge
from fargatecount.breaches.event import GrewEntry
from fargatecount.counts import Counts
from fargatecount.ledger.clusters import Trust
from fargatecount.organization.cells import cells_of, counts_from
from fargatecount.organization.report import (
    ClusterEntry,
    OtherClusters,
    ReportTotal,
    ScopeReport,
    ServiceEntry,
    ServiceTable,
    summed,
)
from fargatecount.quotas.held import total_of
from fargatecount.quotas.quota import Quota, fresh
from fargatecount.usage.summary_document import by_capacity_of
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import Cluster, Millis

CLUSTERS = 100
"""Clusters with entries of their own: more than a person reads, and 20 KB with names of ordinary length."""
UNREADABLE = 30
"""Of these, unreadable ones that are listed even if they are small: each has a reason that someone must act on."""
SERVICES = 20
"""Services: as many as the setting `topServices` has by default."""
LIMIT_GAUGES = 50
TEXT = 300
"""Characters of a reason or a remedy; the member's own `status` and `doctor` have the whole text."""


def report_of(
    usage: ScopeUsage,
    now: Millis,
    *,
    version: str,
    quotas: Sequence[Quota] = (),
    gauges: Sequence[Gauge] = (),
    grew: Mapping[str, list[GrewEntry]] | None = None,
    services: ServiceTable | None = None,
) -> ScopeReport:
    """Return the report of a scope; `now` is the moment before `usage` was read."""
    entries = [_entry(each) for each in sorted(usage.clusters, key=_by_size)]
    unreadable = [entry for entry in entries if not entry.readable]
    named = [*unreadable[:UNREADABLE], *(entry for entry in entries if entry.readable)][:CLUSTERS]
    chosen = {(entry.kind, entry.name) for entry in named}
    held, total = usage.total.held, usage.total
    return ScopeReport(
        account=usage.scope.account,
        region=usage.scope.region,
        as_of=now,
        fargatecount=version,
        total=ReportTotal(
            running=total.running.count,
            held=held.count,
            vcpu=held.vcpu,
            memory_gib=held.gib,
            by_capacity=by_capacity_of(total),
        ),
        clusters=named,
        others=summed([entry for entry in entries if (entry.kind, entry.name) not in chosen]),
        undiscovered=_short(usage.undiscovered),
        has_full_pass=usage.has_full_pass,
        quotas=[msgspec.structs.replace(quota, reason=_short(quota.reason) or "") for quota in quotas],
        gauges=_nearest(gauges),
        grew=dict(grew or {}),
        services=services,
    )


def service_table(services: Iterable[tuple[str, str, Counts]], now: Millis) -> ServiceTable:
    """Return the largest of some services (key of the cluster, name, counts), and the sum of the rest."""
    by_size = sorted(services, key=lambda each: (-each[2].held.cpu, -each[2].held.count, each[0], each[1]))
    named, rest = by_size[:SERVICES], by_size[SERVICES:]
    return ServiceTable(
        as_of=now,
        services=[ServiceEntry(cluster=cluster, service=service, counts=cells_of(counts)) for cluster, service, counts in named],
        others=len(rest),
        other_counts=cells_of(Counts.total(counts for _, _, counts in rest)),
    )


def usage_from(report: ScopeReport, now: Millis, *, silent: Trust | None = None) -> ScopeUsage:
    """Return the usage that a report describes, with the quotas that are still fresh `now`.

    `silent` is the verdict on a scope that has not been heard from: it then holds for each of its clusters.
    """
    every = [_usage(report, entry, silent) for entry in report.clusters]
    every += [_rest(report, other, silent) for other in report.others]
    every.sort(key=lambda each: each.cluster)
    held = total_of(each.held for each in every)
    return ScopeUsage(
        report.scope,
        every,
        held.counts,
        quotas=fresh(report.quotas, now),
        certain=held.certain,
        undiscovered=silent.reason if silent else report.undiscovered,
        has_full_pass=report.has_full_pass,
        remedy=silent.remedy if silent else None,
    )


def _by_size(each: ClusterUsage) -> tuple[int, int, Cluster]:
    held = each.counts.held if each.counts is not None else Counts().held
    return (-held.cpu, -held.count, each.cluster)


def _entry(each: ClusterUsage) -> ClusterEntry:
    trust = each.verdict
    return ClusterEntry(
        kind=each.cluster.kind,
        name=each.cluster.name,
        counts=None if each.counts is None else cells_of(each.counts),
        readable=trust.readable,
        reason=_short(trust.reason),
        remedy=_short(trust.remedy),
        code=trust.code,
        as_of=None if trust.readable else each.as_of,
    )


def _usage(report: ScopeReport, entry: ClusterEntry, silent: Trust | None) -> ClusterUsage:
    own = Trust(readable=entry.readable, reason=entry.reason, remedy=entry.remedy, code=entry.code)
    # A cluster that was unreadable before its scope fell silent keeps its own reason: that must be mended as well.
    trust = silent if silent is not None and own.readable else own
    return ClusterUsage(
        Cluster(report.scope, entry.kind, entry.name),
        trust,
        None if entry.counts is None else counts_from(entry.counts),
        report.as_of if entry.readable else entry.as_of,
    )


def _rest(report: ScopeReport, other: OtherClusters, silent: Trust | None) -> ClusterUsage:
    reason = None if other.readable else f"{other.clusters} clusters are unreadable: `fargatecount status` in their account names them"
    if other.readable:
        knowledge = ""
    elif other.counts is None:
        knowledge = ", unknown"
    else:
        knowledge = ", never listed" if other.as_of is None else ", unreadable"
    entry = ClusterEntry(
        kind=other.kind,
        name=f"({other.clusters} others{knowledge})",
        counts=other.counts,
        readable=other.readable,
        reason=reason,
        as_of=other.as_of,
    )
    return _usage(report, entry, silent)


def _nearest(gauges: Sequence[Gauge]) -> list[Gauge]:
    """Return the gauges of quotas, and the limits that are nearest: one that is missing from a report no longer exists for the hub."""
    limits = [gauge for gauge in gauges if isinstance(gauge, LimitGauge)]
    limits.sort(key=lambda gauge: (gauge.percent is None, -(gauge.percent or 0) / gauge.threshold))
    return [*(gauge for gauge in gauges if isinstance(gauge, QuotaGauge)), *limits[:LIMIT_GAUGES]]


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= TEXT else text[: TEXT - 1] + "…"
