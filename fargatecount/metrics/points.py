"""Points: what there is to publish of a scope at one moment.

Pure. Promises: what is not known has no point and is never 0; the totals include the last known counts of unreadable clusters, and
`fargate-unreadable-clusters` says that they do.
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
from fargatecount.quotas.limits import Limits, Standing, limit_standings, worst
from fargatecount.quotas.quota import CODES, Quota, quota_standing
from fargatecount.usage.prices import LIST_PRICES, PriceSettings, cost_of_counts
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Capacity, Cluster, Millis


class PublishOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the user wants to see."""

    detail: Detail = Detail.CLUSTER
    """The level of the origin tool, whose dashboards need `fargate-count` per cluster."""
    include: tuple[str, ...] = ("*",)
    """Globs over names (`web`) and keys (`ECS-web`) of the clusters that have series of their own. Totals count every cluster: a quota
    does."""
    exclude: tuple[str, ...] = ()
    """Globs of clusters that have none after all."""
    top_services: int = 20
    """How many services have series of their own, the largest by held vCPU: more than fit a graph are read by nobody."""
    limits: Limits = Limits()
    prices: PriceSettings = LIST_PRICES

    def shows(self, cluster: Cluster) -> bool:
        """Say whether a cluster has series of its own."""
        return _matches(cluster, self.include) and not _matches(cluster, self.exclude)


class ServiceKey(msgspec.Struct, frozen=True, order=True):
    """A service, a family or the owner of pods."""

    cluster: Cluster
    group: str


class SelfHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What the publisher can tell of the tool itself."""

    dead_letters: int | None = None
    """None where the queue could not be asked."""
    waiting_pods: int = 0
    """Pods that wait for capacity or quota."""


def services(rows: Iterable[tuple[Cluster, Row]]) -> Mapping[ServiceKey, Counts]:
    """Return what each service holds; workloads that belong to none are not in it."""
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
    choice: PublishOptions,
    *,
    by_service: Mapping[ServiceKey, Counts] | None = None,
) -> list[DataPoint]:
    """Return every point of the moment `now`, which is before `usage` was read."""
    points = [*_of_quotas(usage.scope_total, quotas, now)]
    if usage.has_full_pass:
        points += [*_of_limits(usage, now, choice.limits), *_totals(usage, now, choice)]
    else:
        # Before every cluster has been looked into once, a total, and its share of a quota, would leave out what was there all along.
        points = [point for point in points if point.metric == catalog.QUOTA_UNKNOWN]
    if Detail.CLUSTER in choice.detail.levels:
        points += _of_clusters(usage, now, choice)
    if Detail.SERVICE in choice.detail.levels:
        points += _of_services(usage, by_service or {}, now, choice)
    unreadable = sum(not each.verdict.readable for each in usage.clusters) + (usage.undiscovered is not None)
    points.append(DataPoint(catalog.UNREADABLE, unreadable, now))
    if health.dead_letters is not None:
        points.append(DataPoint(catalog.DEAD_LETTERS, health.dead_letters, now))
    if health.waiting_pods:
        # Like every refusal: where there is none there is no point.
        points.append(of_capacity(catalog.REFUSED, Capacity.ON_DEMAND, health.waiting_pods, now))
    points.append(DataPoint(catalog.PUBLISHED, 1, now))
    return points


def _totals(usage: ScopeUsage, now: Millis, choice: PublishOptions) -> Iterator[DataPoint]:
    yield DataPoint(catalog.COUNT_TOTAL, usage.scope_total.running.count, now)
    yield DataPoint(catalog.HELD, usage.scope_total.held.count, now)
    yield DataPoint(catalog.USED, usage.scope_total.held.vcpu, now)
    for capacity in Capacity:
        held = usage.scope_total.tally(capacities=(capacity,))
        yield of_capacity(catalog.HELD_OF, capacity, held.count, now)
        yield of_capacity(catalog.USED_OF, capacity, held.vcpu, now)
    yield DataPoint(catalog.COST, cost_of_counts(usage.scope_total, usage.scope.region, choice.prices).amount, now)


def _of_quotas(whole: Counts, quotas: Sequence[Quota], now: Millis) -> Iterator[DataPoint]:
    fresh = {quota.capacity: quota for quota in quotas if quota.is_fresh(now)}
    unknown = 0
    percents = []
    for capacity in CODES:
        quota = fresh.get(capacity)
        stands = quota_standing(quota, whole.tally(capacities=(capacity,))) if quota else Standing(0, None, None)
        if quota is not None and quota.value is not None and stands.remaining is not None:
            yield of_capacity(catalog.QUOTA, capacity, quota.value, now)
            yield of_capacity(catalog.FREE, capacity, stands.remaining, now)
        if stands.percent is not None:
            yield of_capacity(catalog.UTILIZATION_OF, capacity, stands.percent, now)
            percents.append(stands.percent)
        elif stands.remaining is None or stands.used > 0:
            # A quota of 0 with something running under it is no quota that AWS enforces: its value is not to be believed.
            unknown += 1
    if percents:
        yield DataPoint(catalog.UTILIZATION, max(percents), now)
    yield DataPoint(catalog.QUOTA_UNKNOWN, unknown, now)


def _of_limits(usage: ScopeUsage, now: Millis, limits: Limits) -> Iterator[DataPoint]:
    # A cluster that cannot be read keeps its last known counts against its limit; a nothing that nobody has seen is no 0 percent.
    known = {
        each.cluster: each.counts
        for each in usage.clusters
        if each.counts is not None and (each.verdict.readable or each.counts.held.count)
    }
    standings = limit_standings(limits, known)
    total = worst(standings)
    if total is not None:
        yield DataPoint(catalog.LIMIT, total, now)
    for cluster in known:
        percent = worst(standings, cluster)
        if percent is not None:
            yield DataPoint(catalog.LIMIT_OF, percent, now, (cluster.key,))


def _of_clusters(usage: ScopeUsage, now: Millis, choice: PublishOptions) -> Iterator[DataPoint]:
    for each in usage.clusters:
        if each.counts is not None and _told(each.verdict, each.cluster, choice):
            yield DataPoint(catalog.COUNT, each.counts.running.count, now, (each.cluster.key,))
            yield DataPoint(catalog.VCPU, each.counts.held.vcpu, now, (each.cluster.key,))


def _of_services(usage: ScopeUsage, by_service: Mapping[ServiceKey, Counts], now: Millis, choice: PublishOptions) -> Iterator[DataPoint]:
    told = {each.cluster for each in usage.clusters if _told(each.verdict, each.cluster, choice)}
    shown = [(service, counts) for service, counts in by_service.items() if service.cluster in told]
    largest = sorted(shown, key=lambda entry: (-entry[1].held.cpu, entry[0]))[: choice.top_services]
    for service, counts in sorted(largest):
        dimensions = (service.cluster.key, service.group)
        yield DataPoint(catalog.SERVICE_COUNT, counts.running.count, now, dimensions)
        yield DataPoint(catalog.SERVICE_VCPU, counts.held.vcpu, now, dimensions)


def _told(verdict: Trust, cluster: Cluster, choice: PublishOptions) -> bool:
    return verdict.readable and choice.shows(cluster)


def _matches(cluster: Cluster, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (cluster.name, cluster.key))
