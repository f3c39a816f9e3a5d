"""Samples: a snapshot as the families of the catalog. Pure.

Numbers of the scope come from the points that `publish` puts to CloudWatch, so that the two never disagree. What is unknown has no sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from fargatecount.exporter import catalog
from fargatecount.exporter.family import ExportedSample, Family
from fargatecount.exporter.snapshot import ExporterOptions, ExporterSnapshot, ScopeSnapshot
from fargatecount.metrics import catalog as published
from fargatecount.metrics.series import Metric
from fargatecount.quotas.limits import Measure
from fargatecount.timestamps import parse_millis
from fargatecount.usage.launches import LaunchStanding
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import LIVING, Capacity, Millis, Scope

PERCENT = 100
BYTES_PER_MIB = 1 << 20
MILLIS_PER_SECOND = 1000


class _Exported(NamedTuple):
    family: Family
    divisor: float = 1


FROM_POINTS: Mapping[Metric, _Exported] = {
    published.COUNT_TOTAL: _Exported(catalog.RUNNING),
    published.HELD_OF: _Exported(catalog.HELD),
    published.USED_OF: _Exported(catalog.HELD_VCPU),
    published.QUOTA: _Exported(catalog.QUOTA),
    published.FREE: _Exported(catalog.QUOTA_FREE),
    published.UTILIZATION_OF: _Exported(catalog.QUOTA_RATIO, PERCENT),
    published.QUOTA_UNKNOWN: _Exported(catalog.UNKNOWN_QUOTAS),
    published.LIMIT: _Exported(catalog.LIMIT_RATIO, PERCENT),
    published.LIMIT_OF: _Exported(catalog.CLUSTER_LIMIT_RATIO, PERCENT),
    published.COST: _Exported(catalog.COST),
    published.UNREADABLE: _Exported(catalog.UNREADABLE),
    published.DEAD_LETTERS: _Exported(catalog.DEAD_LETTERS),
    published.COUNT: _Exported(catalog.CLUSTER_RUNNING),
    published.VCPU: _Exported(catalog.CLUSTER_VCPU),
    published.SERVICE_COUNT: _Exported(catalog.SERVICE_RUNNING),
    published.SERVICE_VCPU: _Exported(catalog.SERVICE_VCPU),
}
"""The family of each published metric; sums over capacities have none, because Prometheus adds them itself."""


def samples(snapshot: ExporterSnapshot, options: ExporterOptions, version: str) -> list[ExportedSample]:
    """Return every sample, in the order of the catalog."""
    found = [
        ExportedSample(catalog.INFO, (version,), 1),
        ExportedSample(catalog.TABLE_READABLE, (), float(snapshot.error is None)),
        ExportedSample(catalog.READ_AT, (), snapshot.at / MILLIS_PER_SECOND),
        ExportedSample(catalog.THRESHOLD, ("warning",), options.thresholds.warning / PERCENT),
        ExportedSample(catalog.THRESHOLD, ("critical",), options.thresholds.critical / PERCENT),
        ExportedSample(catalog.THRESHOLD, ("limit",), options.limit_percent / PERCENT),
    ]
    for scope in snapshot.scopes:
        found += _scope(scope, options)
    order = {family.name: position for position, family in enumerate(catalog.FAMILIES)}
    return sorted(found, key=lambda sample: order[sample.family.name])


def _scope(snapshot: ScopeSnapshot, options: ExporterOptions) -> Iterator[ExportedSample]:
    usage = snapshot.usage
    of = _labels(usage.scope)
    shown = shown_clusters(usage, options)
    yield ExportedSample(catalog.READABLE, of, float(usage.complete and usage.has_every_cluster))
    yield from _points(snapshot, shown)
    if usage.has_full_pass:
        yield from _phases(usage)
    for quota in usage.quotas or ():
        yield ExportedSample(catalog.QUOTA_READABLE, (*of, str(quota.capacity)), float(quota.value is not None))
    yield ExportedSample(catalog.LEFT_OUT, of, len(usage.clusters) - len(shown))
    for each in usage.clusters:
        if each.cluster.key in shown:
            yield ExportedSample(catalog.CLUSTER_READABLE, (*of, each.cluster.key), float(each.verdict.readable))
    for capacity in Capacity:
        refused = sum(one.count for one in snapshot.refused if one.capacity is capacity and one.is_shortage)
        yield ExportedSample(catalog.REFUSED, (*of, str(capacity)), refused)
    for launched in usage.launched or ():
        yield from _launches((*of, str(launched.capacity)), launched)
    if usage.muted is not None:
        yield ExportedSample(catalog.MUTED, of, len(usage.muted))
    yield from _moments(of, snapshot)
    yield from _report(of, snapshot)


def _launches(of: tuple[str, ...], launched: LaunchStanding) -> Iterator[ExportedSample]:
    yield ExportedSample(catalog.LAUNCHES, of, launched.last_minute)
    yield ExportedSample(catalog.BUSIEST_SECOND, of, launched.busiest_second)
    known = (
        (catalog.LAUNCH_BURST, launched.burst),
        (catalog.LAUNCH_SUSTAINED, launched.sustained),
        (catalog.LAUNCH_RATIO, None if launched.percent is None else launched.percent / PERCENT),
    )
    for family, value in known:
        if value is not None:
            yield ExportedSample(family, of, value)


def shown_clusters(usage: ScopeUsage, options: ExporterOptions) -> set[str]:
    """Return the keys of the clusters with series of their own: the largest by held vCPU of those that are asked for."""
    asked = [each for each in usage.clusters if options.publish.shows(each.cluster)]
    largest = sorted(asked, key=lambda each: (-(each.counts.held.cpu if each.counts else 0), each.cluster))
    return {each.cluster.key for each in largest[: options.max_clusters]}


def _points(snapshot: ScopeSnapshot, shown: set[str]) -> Iterator[ExportedSample]:
    of = _labels(snapshot.usage.scope)
    for point in snapshot.points:
        exported = FROM_POINTS.get(point.metric)
        if exported is None or point.labels.get(published.CLUSTER, "") not in {*shown, ""}:
            continue
        yield ExportedSample(exported.family, (*of, *point.dimensions), point.value / exported.divisor)


def _phases(usage: ScopeUsage) -> Iterator[ExportedSample]:
    of, total = _labels(usage.scope), usage.scope_total
    yield ExportedSample(catalog.UNSIZED, of, total.held.unsized)
    for capacity in Capacity:
        held = total.tally(capacities=(capacity,))
        yield ExportedSample(catalog.HELD_MEMORY, (*of, str(capacity)), held.memory * BYTES_PER_MIB)
        for phase in LIVING:
            count = total.tally(phases=(phase,), capacities=(capacity,)).count
            yield ExportedSample(catalog.WORKLOADS, (*of, str(capacity), str(phase)), count)


def _moments(of: tuple[str, ...], snapshot: ScopeSnapshot) -> Iterator[ExportedSample]:
    ended = None if snapshot.report is None else parse_millis(snapshot.report.ended_at)
    moments: Iterable[tuple[Family, Millis | None]] = (
        (catalog.PUBLISHED_AT, snapshot.published_at),
        (catalog.RECONCILED_AT, ended),
        (catalog.EVENT_AGE, snapshot.event_age),
    )
    for family, millis in moments:
        if millis is not None:
            yield ExportedSample(family, of, millis / MILLIS_PER_SECOND)


def _report(of: tuple[str, ...], snapshot: ScopeSnapshot) -> Iterator[ExportedSample]:
    report = snapshot.report
    if report is None:
        return
    yield ExportedSample(catalog.DRIFT, of, report.drifted)
    if report.headroom and report.headroom.without_headroom is not None:
        yield ExportedSample(catalog.WITHOUT_HEADROOM, of, report.headroom.without_headroom)
    if report.hanging:
        yield ExportedSample(catalog.HANGING, of, report.hanging.count)
    for each in report.witness or ():
        if each.measure is Measure.VCPU and each.theirs is not None:
            yield ExportedSample(catalog.AWS_USAGE, (*of, str(each.capacity)), each.theirs)


def _labels(scope: Scope) -> tuple[str, str]:
    return scope.account, scope.region
