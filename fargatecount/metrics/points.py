"""Points: every data point of a scope at one time.

Pure. Promises: an unknown value has no point and is never 0. The totals include the last known counts of unreadable clusters, and
`fargate-unreadable-clusters` shows how many there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from fargatecount.counts import Counts
from fargatecount.ledger.clusters import Trust
from fargatecount.ledger.row import Row
from fargatecount.metrics import catalog
from fargatecount.metrics.series import DataPoint, Detail, of_capacity
from fargatecount.quotas.held import HeldCounts
from fargatecount.quotas.limits import Limits, limit_standings, worst
from fargatecount.quotas.quota import CODES, NOT_YET_READ, Quota, quota_standing
from fargatecount.quotas.quota import unknown as unknown_quota
from fargatecount.usage.launches import LaunchStanding
from fargatecount.usage.prices import LIST_PRICES, PriceSettings, cost_of_counts
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Capacity, Cluster, Millis


class PublishOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which series are published, and by which limits and prices."""

    detail: Detail = Detail.CLUSTER
    """The level of the origin tool, whose dashboards need `fargate-count` per cluster."""
    include: tuple[str, ...] = ("*",)
    """Globs over names (`web`) and keys (`ECS-web`) of the clusters that have series of their own. Totals include every cluster, as a
    quota does."""
    exclude: tuple[str, ...] = ()
    """Globs of clusters among them that have none."""
    top_services: int = 20
    """The number of services with series of their own, the largest by held vCPU: a graph with more of them is not readable."""
    limits: Limits = Limits()
    prices: PriceSettings = LIST_PRICES

    def shows(self, cluster: Cluster) -> bool:
        """Return whether a cluster has series of its own."""
        return _matches(cluster, self.include) and not _matches(cluster, self.exclude)


class ServiceKey(msgspec.Struct, frozen=True, order=True):
    """A service, a family or the owner of pods."""

    cluster: Cluster
    group: str


class SelfHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The state of this tool itself."""

    dead_letters: int | None = None
    """None if the queue could not be read."""
    waiting_pods: int = 0
    """Pods that wait for capacity or quota."""
    undelivered: int | None = None
    """Usage events that the hub did not take lately; None without a hub, or if the queue could not be read."""


def services(rows: Iterable[tuple[Cluster, Row]]) -> Mapping[ServiceKey, Counts]:
    """Return the counts of each service; workloads that belong to none are left out."""
    parts: dict[ServiceKey, list[Counts]] = defaultdict(list)
    for cluster, row in rows:
        if row.facts.group is not None:
            parts[ServiceKey(cluster, row.facts.group)].append(row.counts)
    return {service: Counts.total(counts) for service, counts in parts.items()}


def data_points(
    usage: ScopeUsage,
    quotas: Sequence[Quota],
    health: SelfHealth,
    now: Millis,
    options: PublishOptions,
    *,
    by_service: Mapping[ServiceKey, Counts] | None = None,
    launched: Sequence[LaunchStanding] = (),
) -> list[DataPoint]:
    """Return every point, stamped with `now`, a time before `usage` was read."""
    points = [*_of_quotas(usage.held, quotas, now)]
    if usage.has_full_pass:
        points += [*_of_limits(usage, now, options.limits), *_totals(usage, now, options)]
    else:
        # Before the first full pass over all clusters, a total and its share of a quota are too low.
        points = [point for point in points if point.metric == catalog.QUOTA_UNKNOWN]
    if Detail.CLUSTER in options.detail.levels:
        points += _of_clusters(usage, now, options)
    if Detail.SERVICE in options.detail.levels:
        points += _of_services(usage, by_service or {}, now, options)
    unreadable = sum(not each.verdict.readable for each in usage.clusters) + (usage.undiscovered is not None)
    points.append(DataPoint(catalog.UNREADABLE, unreadable, now))
    if health.dead_letters is not None:
        points.append(DataPoint(catalog.DEAD_LETTERS, health.dead_letters, now))
    if health.undelivered is not None:
        points.append(DataPoint(catalog.UNDELIVERED, health.undelivered, now))
    if health.waiting_pods:
        # No point without a refusal, as for every series of refusals.
        points.append(of_capacity(catalog.REFUSED, Capacity.ON_DEMAND, health.waiting_pods, now))
    points += _of_launches(launched, now)
    points.append(DataPoint(catalog.PUBLISHED, 1, now))
    return points


def _totals(usage: ScopeUsage, now: Millis, options: PublishOptions) -> Iterator[DataPoint]:
    yield DataPoint(catalog.COUNT_TOTAL, usage.scope_total.running.count, now)
    yield DataPoint(catalog.HELD, usage.scope_total.held.count, now)
    yield DataPoint(catalog.USED, usage.scope_total.held.vcpu, now)
    for capacity in Capacity:
        held = usage.scope_total.tally(capacities=(capacity,))
        yield of_capacity(catalog.HELD_OF, capacity, held.count, now)
        yield of_capacity(catalog.USED_OF, capacity, held.vcpu, now)
    yield DataPoint(catalog.COST, cost_of_counts(usage.scope_total, usage.scope.region, options.prices).amount, now)


def _of_launches(launched: Sequence[LaunchStanding], now: Millis) -> Iterator[DataPoint]:
    for each in launched:
        yield of_capacity(catalog.LAUNCHES, each.capacity, each.busiest_minute, now)
    percents = [each.percent for each in launched if each.percent is not None]
    if percents:
        yield DataPoint(catalog.LAUNCH_UTILIZATION, max(percents), now)


def _of_quotas(held: HeldCounts, quotas: Sequence[Quota], now: Millis) -> Iterator[DataPoint]:
    fresh = {quota.capacity: quota for quota in quotas if quota.is_fresh(now)}
    unknown = 0
    percents = []
    for capacity in CODES:
        quota = fresh.get(capacity)
        standing = quota_standing(quota or unknown_quota(capacity, now, NOT_YET_READ), held)
        if quota is not None and quota.value is not None and standing.remaining.value is not None:
            yield of_capacity(catalog.QUOTA, capacity, quota.value, now)
            yield of_capacity(catalog.FREE, capacity, standing.remaining.value, now)
        if standing.percent.value is not None:
            yield of_capacity(catalog.UTILIZATION_OF, capacity, standing.percent.value, now)
            percents.append(standing.percent.value)
        elif standing.remaining.value is None or standing.used.value:
            # AWS does not enforce a quota of 0 under which something runs: its value is not credible.
            unknown += 1
    if percents:
        yield DataPoint(catalog.UTILIZATION, max(percents), now)
    yield DataPoint(catalog.QUOTA_UNKNOWN, unknown, now)


def _of_limits(usage: ScopeUsage, now: Millis, limits: Limits) -> Iterator[DataPoint]:
    # An unreadable cluster keeps its last known counts against its limit; an empty count that was never read is not 0 percent.
    known = {
        each.cluster: each.held for each in usage.clusters if each.counts is not None and (each.verdict.readable or each.counts.held.count)
    }
    standings = limit_standings(limits, known)
    total = worst(standings)
    if total is not None:
        yield DataPoint(catalog.LIMIT, total, now)
    for cluster in known:
        percent = worst(standings, cluster)
        if percent is not None:
            yield DataPoint(catalog.LIMIT_OF, percent, now, (cluster.key,))


def _of_clusters(usage: ScopeUsage, now: Millis, options: PublishOptions) -> Iterator[DataPoint]:
    for each in usage.clusters:
        if each.counts is not None and _is_published(each.verdict, each.cluster, options):
            yield DataPoint(catalog.COUNT, each.counts.running.count, now, (each.cluster.key,))
            yield DataPoint(catalog.VCPU, each.counts.held.vcpu, now, (each.cluster.key,))


def _of_services(usage: ScopeUsage, by_service: Mapping[ServiceKey, Counts], now: Millis, options: PublishOptions) -> Iterator[DataPoint]:
    published = {each.cluster for each in usage.clusters if _is_published(each.verdict, each.cluster, options)}
    shown = [(service, counts) for service, counts in by_service.items() if service.cluster in published]
    largest = sorted(shown, key=lambda entry: (-entry[1].held.cpu, entry[0]))[: options.top_services]
    for service, counts in sorted(largest):
        dimensions = (service.cluster.key, service.group)
        yield DataPoint(catalog.SERVICE_COUNT, counts.running.count, now, dimensions)
        yield DataPoint(catalog.SERVICE_VCPU, counts.held.vcpu, now, dimensions)


def _is_published(verdict: Trust, cluster: Cluster, options: PublishOptions) -> bool:
    return verdict.readable and options.shows(cluster)


def _matches(cluster: Cluster, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (cluster.name, cluster.key))
