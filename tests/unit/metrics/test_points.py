"""What there is to publish of a scope, case by case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fargatecount.counts import EMPTY, Counts
from fargatecount.ledger.clusters import Trust
from fargatecount.metrics import catalog
from fargatecount.metrics.catalog import METRICS
from fargatecount.metrics.points import PublishOptions, SelfHealth, ServiceKey, data_points, services
from fargatecount.metrics.series import DataPoint, Detail, Metric
from fargatecount.quotas.limits import Limit, Limits
from fargatecount.quotas.quota import QUOTA_TTL, Origin, Quota, unknown
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import Capacity, Cluster, Facts, Millis, Phase
from tests.support.builders import BATCH, NOW, PODS, SCOPE, WEB, row

READABLE = Trust(readable=True)
DENIED = Trust(readable=False, reason="AccessDenied")


def held(count: int, vcpu: float = 1, *, phase: Phase = Phase.RUNNING, capacity: Capacity = Capacity.ON_DEMAND) -> Counts:
    """So many workloads of so many vCPU each."""
    facts = Facts(cpu=round(vcpu * 1024), memory=2048, capacity=capacity)
    return Counts.total([Counts.of(phase, facts)] * count)


def cluster(which: Cluster = WEB, counts: Counts | None = EMPTY, verdict: Trust = READABLE, as_of: Millis | None = NOW) -> ClusterUsage:
    return ClusterUsage(which, verdict, counts, as_of)


def scope(*clusters: ClusterUsage) -> ScopeUsage:
    return ScopeUsage(SCOPE, clusters, Counts.total(each.counts for each in clusters if each.counts is not None))


def quota(value: float | None, capacity: Capacity = Capacity.ON_DEMAND, read_at: Millis = NOW) -> Quota:
    if value is None:
        return unknown(capacity, read_at, "throttled")
    return Quota(capacity=capacity, value=value, source=Origin.APPLIED, read_at=read_at)


NO_WORD = SelfHealth()
BOTH = (quota(100), quota(50, Capacity.SPOT))


def points(
    *clusters: ClusterUsage, quotas: tuple[Quota, ...] = BOTH, health: SelfHealth = NO_WORD, begun: bool = True, **more: Any
) -> list[DataPoint]:
    """Everything that is published, with services if they are given."""
    by_service: Mapping[ServiceKey, Counts] | None = more.pop("by_service", None)
    return data_points(
        msgspec.structs.replace(scope(*clusters), has_full_pass=begun), quotas, health, NOW, PublishOptions(**more), by_service=by_service
    )


def value(found: list[DataPoint], metric: Metric, *dimensions: str) -> float | None:
    """The value of one series, None where it has no point."""
    values = [point.value for point in found if point.metric == metric and point.dimensions == dimensions]
    assert len(values) <= 1
    return values[0] if values else None


def test_an_empty_cluster_is_zero() -> None:
    """A readable cluster without workloads has an explicit 0."""
    found = points(cluster())
    assert value(found, catalog.COUNT, "ECS-web") == 0
    assert value(found, catalog.VCPU, "ECS-web") == 0


def test_running_is_counted_and_held_is_measured() -> None:
    """The count is of what runs; the vCPU are of all that holds capacity."""
    found = points(cluster(counts=held(3, 0.5) + held(2, 0.5, phase=Phase.PENDING) + held(1, phase=Phase.WAITING)))
    assert value(found, catalog.COUNT, "ECS-web") == 3
    assert value(found, catalog.VCPU, "ECS-web") == 2.5
    assert value(found, catalog.COUNT_TOTAL) == 3
    assert value(found, catalog.HELD) == 5


def test_a_cluster_never_listed_has_no_point_of_its_own() -> None:
    """The counts from its events so far are in the totals only."""
    found = points(cluster(counts=held(4), verdict=Trust(readable=False, reason="not yet listed"), as_of=None), cluster(BATCH))
    assert value(found, catalog.COUNT, "ECS-web") is None
    assert value(found, catalog.COUNT_TOTAL) == 4


def test_an_unreadable_cluster_keeps_its_last_known_counts_in_the_totals() -> None:
    """It has no point of its own, above all no 0; the totals hold what it held, and a health metric says so."""
    found = points(cluster(counts=held(4), verdict=DENIED), cluster(BATCH, held(1)))
    assert value(found, catalog.COUNT, "ECS-web") is None
    assert value(found, catalog.COUNT, "ECS-batch") == 1
    assert value(found, catalog.COUNT_TOTAL) == 5
    assert value(found, catalog.UTILIZATION_OF, "on-demand") == 5
    assert value(found, catalog.UNREADABLE) == 1


def test_before_every_cluster_was_looked_into_there_are_no_totals() -> None:
    """A full account has no total before the first full pass; the liveness of the publisher has its point all the same."""
    found = points(cluster(counts=held(3)), begun=False, detail=Detail.TOTAL)
    assert {point.metric.suffix for point in found} == {"quota-unknown", "unreadable-clusters", "published"}


def test_a_scope_without_clusters_is_zero_once_somebody_has_looked() -> None:
    """From then on an empty scope is empty."""
    found = points()
    assert value(found, catalog.COUNT_TOTAL) == 0
    assert value(found, catalog.UTILIZATION) == 0


def test_capacities_have_quotas_of_their_own() -> None:
    """On-demand and Spot are measured apart, and the higher of the two is the scope's."""
    found = points(cluster(counts=held(20) + held(30, capacity=Capacity.SPOT)))
    assert value(found, catalog.UTILIZATION_OF, "on-demand") == 20
    assert value(found, catalog.UTILIZATION_OF, "spot") == 60
    assert value(found, catalog.UTILIZATION) == 60
    assert value(found, catalog.FREE, "spot") == 20
    assert value(found, catalog.HELD_OF, "spot") == 30
    assert value(found, catalog.USED) == 50


def test_ecs_and_eks_share_the_on_demand_quota() -> None:
    """Tasks and pods are added up against it."""
    assert value(points(cluster(counts=held(10)), cluster(PODS, held(15))), catalog.UTILIZATION_OF, "on-demand") == 25


def test_an_unknown_quota_has_no_utilisation() -> None:
    """There is no percent of nothing: the capacity is counted as unknown instead."""
    found = points(cluster(counts=held(3)), quotas=(quota(None), quota(50, Capacity.SPOT)))
    assert value(found, catalog.UTILIZATION_OF, "on-demand") is None
    assert value(found, catalog.QUOTA, "on-demand") is None
    assert value(found, catalog.FREE, "on-demand") is None
    assert value(found, catalog.UTILIZATION_OF, "spot") == 0
    assert value(found, catalog.UTILIZATION) == 0
    assert value(found, catalog.QUOTA_UNKNOWN) == 1


def test_a_quota_that_nobody_has_read_for_a_day_is_unknown() -> None:
    """An old value is not passed off as today's, even if the reconciler that should renew it is gone."""
    found = points(cluster(counts=held(3)), quotas=(quota(100, read_at=NOW - QUOTA_TTL - 1), quota(50, Capacity.SPOT)))
    assert value(found, catalog.UTILIZATION_OF, "on-demand") is None
    assert value(found, catalog.QUOTA_UNKNOWN) == 1


def test_a_quota_of_zero_that_nothing_uses_is_known() -> None:
    """Some accounts may not use Spot: that is no percentage, and no alarm."""
    found = points(cluster(counts=held(3)), quotas=(quota(100), quota(0, Capacity.SPOT)))
    assert value(found, catalog.UTILIZATION_OF, "spot") is None
    assert value(found, catalog.QUOTA, "spot") == 0
    assert value(found, catalog.QUOTA_UNKNOWN) == 0


def test_a_quota_of_zero_under_which_something_runs_is_not_believed() -> None:
    """AWS then enforces another value than the one it returns."""
    found = points(cluster(counts=held(3, capacity=Capacity.SPOT)), quotas=(quota(100), quota(0, Capacity.SPOT)))
    assert value(found, catalog.QUOTA_UNKNOWN) == 1


def test_more_than_the_quota_is_more_than_a_hundred_percent() -> None:
    """After a quota was lowered: nothing is cut off, and what is free is negative."""
    found = points(cluster(counts=held(120)))
    assert value(found, catalog.UTILIZATION_OF, "on-demand") == 120
    assert value(found, catalog.FREE, "on-demand") == -20


def test_a_workload_of_unknown_size_counts_and_weighs_nothing() -> None:
    """It is in the counts; the vCPU are then a lower bound."""
    found = points(cluster(counts=held(1) + Counts.of(Phase.RUNNING, Facts())))
    assert value(found, catalog.COUNT, "ECS-web") == 2
    assert value(found, catalog.USED) == 1


def test_limits_have_points_only_where_they_are_set() -> None:
    """The nearest of several is put, for the total and for each cluster that has one."""
    limits = Limits(total=Limit(workloads=20, vcpu=8), clusters={"web": Limit(vcpu=4)})
    found = points(cluster(counts=held(2)), cluster(BATCH, held(2)), limits=limits)
    assert value(found, catalog.LIMIT) == 50
    assert value(found, catalog.LIMIT_OF, "ECS-web") == 50
    assert value(found, catalog.LIMIT_OF, "ECS-batch") is None
    assert value(points(cluster()), catalog.LIMIT) is None


def test_an_unreadable_cluster_is_still_held_against_its_limit() -> None:
    """By its last known counts; where nothing is known of it, there is no percentage."""
    limits = Limits(clusters={"*": Limit(vcpu=4)})
    found = points(cluster(counts=held(3), verdict=DENIED), cluster(BATCH, verdict=DENIED), limits=limits)
    assert value(found, catalog.LIMIT_OF, "ECS-web") == 75
    assert value(found, catalog.LIMIT_OF, "ECS-batch") is None


def test_detail_total_has_no_series_of_clusters() -> None:
    """Only those that the user asked for by setting a limit."""
    found = points(cluster(), detail=Detail.TOTAL, limits=Limits(clusters={"web": Limit(vcpu=4)}))
    assert {point.metric for point in found if point.dimensions == ("ECS-web",)} == {catalog.LIMIT_OF}


def test_a_level_publishes_nothing_above_it() -> None:
    """Every point of a level belongs to it or to one below."""
    by_service = {ServiceKey(WEB, "service:shop"): held(1)}
    for detail in Detail:
        found = points(cluster(counts=held(1)), detail=detail, by_service=by_service)
        assert {point.metric.detail for point in found} == set(detail.levels)


def test_the_largest_services_have_series() -> None:
    """By held vCPU, as many as asked for, of readable clusters that are shown."""
    by_service = {
        ServiceKey(WEB, "service:small"): held(9, 0.25),
        ServiceKey(WEB, "service:large"): held(1, 16),
        ServiceKey(WEB, "family:job"): held(2, 4),
        ServiceKey(BATCH, "service:unseen"): held(1, 16),
    }
    clusters = [cluster(), cluster(BATCH, verdict=DENIED)]
    found = points(*clusters, detail=Detail.SERVICE, top_services=2, by_service=by_service)
    assert [point.dimensions for point in found if point.metric == catalog.SERVICE_COUNT] == [
        ("ECS-web", "family:job"),
        ("ECS-web", "service:large"),
    ]
    assert value(found, catalog.SERVICE_VCPU, "ECS-web", "service:large") == 16


def test_clusters_left_out_are_in_the_totals() -> None:
    """Include and exclude choose series; the quota makes no such choice."""
    found = points(cluster(counts=held(1)), cluster(BATCH, held(2)), cluster(PODS, held(4)), include=("ECS-*",), exclude=("bat*",))
    assert {point.dimensions for point in found if point.metric == catalog.COUNT} == {("ECS-web",)}
    assert value(found, catalog.COUNT_TOTAL) == 7


def test_clusters_that_could_not_be_listed_count_as_one_unreadable() -> None:
    """There may be unlisted clusters, which is an equal reason to doubt a total."""
    whole = ScopeUsage(SCOPE, [cluster()], EMPTY, undiscovered="ListClusters was denied")
    assert value(data_points(whole, BOTH, NO_WORD, NOW, PublishOptions()), catalog.UNREADABLE) == 1


def test_dead_letters_that_could_not_be_counted_are_not_zero() -> None:
    """No answer of the queue, no point."""
    assert value(points(), catalog.DEAD_LETTERS) is None
    assert value(points(health=SelfHealth(dead_letters=0)), catalog.DEAD_LETTERS) == 0
    assert value(points(health=SelfHealth(dead_letters=7)), catalog.DEAD_LETTERS) == 7


def test_every_point_is_stamped_with_the_moment_given() -> None:
    """No point is of another moment than the one before the read."""
    assert {point.at for point in points(cluster(counts=held(1)))} == {NOW}


def test_series_are_unique() -> None:
    """No series is given two values at once, and none lacks a dimension."""
    found = points(cluster(counts=held(1)), cluster(PODS), limits=Limits(total=Limit(vcpu=1), clusters={"*": Limit(vcpu=1)}))
    assert len({point.series for point in found}) == len(found)
    assert all(len(point.labels) == len(point.metric.dimensions) for point in found)


def test_metrics_are_declared_once() -> None:
    """A name has one unit, and one entry per set of dimensions."""
    assert len({(metric.suffix, metric.dimensions) for metric in METRICS}) == len(METRICS)
    units = {(metric.suffix, metric.unit) for metric in METRICS}
    assert len(units) == len({word for word, _ in units})


def test_services_are_summed_from_rows() -> None:
    """By cluster and group; what belongs to no group is left out."""
    shop = Facts(cpu=256, memory=512, group="service:shop")
    rows = [(WEB, row(facts=shop)), (WEB, row(facts=shop)), (BATCH, row(facts=shop)), (WEB, row())]
    found = services(rows)
    assert {service: counts.running.count for service, counts in found.items()} == {
        ServiceKey(WEB, "service:shop"): 2,
        ServiceKey(BATCH, "service:shop"): 1,
    }
