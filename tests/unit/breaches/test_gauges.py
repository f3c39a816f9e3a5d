"""Every ceiling of a scope, with its known values."""

from __future__ import annotations

import pytest

from fargatecount.breaches.breach import Gauge
from fargatecount.breaches.gauges import gauges
from fargatecount.counts import Counts
from fargatecount.ledger.clusters import Trust
from fargatecount.quotas.limits import Limit, Limits
from fargatecount.quotas.quota import QUOTA_TTL, Origin, Quota
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import Capacity, Cluster, Facts, Millis, Phase
from tests.support.builders import BATCH, NOW, SCOPE, WEB

READABLE = Trust(readable=True)


def tasks(number: int, *, capacity: Capacity = Capacity.ON_DEMAND, cpu: int | None = 1024) -> Counts:
    return Counts.total([Counts.of(Phase.RUNNING, Facts(cpu=cpu, memory=2048, capacity=capacity))] * number)


def usage(*clusters: tuple[Cluster, Counts | None, Millis | None], begun: bool = True) -> ScopeUsage:
    """Return a scope with these clusters, their counts, and the time of their last complete listing."""
    seen = [ClusterUsage(cluster, READABLE, counts, as_of) for cluster, counts, as_of in clusters]
    return ScopeUsage(SCOPE, seen, Counts.total(each.counts for each in seen if each.counts is not None), has_full_pass=begun)


def quota(value: float | None, capacity: Capacity = Capacity.ON_DEMAND, read_at: Millis = NOW) -> Quota:
    return Quota(capacity=capacity, value=value, source=Origin.APPLIED if value is not None else Origin.UNKNOWN, read_at=read_at)


def found(of: ScopeUsage, *quotas: Quota, limits: Limits | None = None) -> dict[str, Gauge]:
    return {gauge.key: gauge for gauge in gauges(of, quotas, limits or Limits(), NOW)}


def test_both_quotas_have_two_levels_each() -> None:
    """Whether or not they are known."""
    assert set(found(usage())) == {f"quota/{capacity}/{level}" for capacity in Capacity for level in ("warning", "critical")}


def test_a_quota_stands_as_its_own_capacity_does() -> None:
    """Used, value and percent, with the threshold of the level."""
    of = usage((WEB, tasks(19), NOW), (BATCH, tasks(5, capacity=Capacity.SPOT), NOW))
    seen = found(of, quota(20), quota(10, Capacity.SPOT))
    critical, spot = seen["quota/on-demand/critical"], seen["quota/spot/warning"]
    assert (critical.used, critical.value, critical.percent, critical.threshold, critical.unit) == (19, 20, 95, 95, "vCPU")
    assert (spot.used, spot.value, spot.percent, spot.threshold) == (5, 10, 50, 80)


@pytest.mark.parametrize(
    "quotas", [[], [quota(None)], [quota(20, read_at=NOW - QUOTA_TTL - 1)], [quota(0)]], ids=["none", "no", "old", "0"]
)
def test_an_unknown_quota_has_no_percentage(quotas: list[Quota]) -> None:
    """Never read, unreadable, stale, or a quota of 0 that AWS does not enforce: none of them crosses or clears anything."""
    assert found(usage((WEB, tasks(19), NOW)), *quotas)["quota/on-demand/critical"].percent is None


def test_before_the_first_pass_nothing_is_known() -> None:
    """A total without some clusters can clear a breach that still exists."""
    seen = found(usage((WEB, tasks(19), NOW), begun=False), quota(20), limits=Limits(total=Limit(vcpu=10)))
    assert len(seen) == 5
    assert {gauge.percent for gauge in seen.values()} == {None}


def test_a_workload_without_a_size_makes_the_use_a_lower_bound() -> None:
    """The gauge is marked."""
    assert found(usage((WEB, tasks(2, cpu=None), NOW)), quota(20))["quota/on-demand/warning"].at_least


LIMITS = Limits(total=Limit(vcpu=10, workloads=100), clusters={"web": Limit(workloads=10), "ECS-*": Limit(vcpu=4)})


def test_own_limits_have_one_gauge_for_the_total_and_one_for_each_cluster() -> None:
    """Each by the nearest of its limits, at the threshold of limits."""
    seen = found(usage((WEB, tasks(3), NOW), (BATCH, tasks(4), NOW)), limits=LIMITS)
    total, web, batch = (seen[key] for key in ("limit/warning", "limit/ECS-web/warning", "limit/ECS-batch/warning"))
    assert (total.used, total.value, total.unit, total.percent, total.threshold) == (7, 10, "vCPU", 70, 90)
    assert (web.used, web.value, web.unit, web.percent) == (3, 4, "vCPU", 75)
    assert (batch.used, batch.percent) == (4, 100)


def test_the_nearest_may_be_a_number_of_workloads() -> None:
    """Its unit says so."""
    seen = found(usage((WEB, tasks(9, cpu=256), NOW)), limits=LIMITS)["limit/ECS-web/warning"]
    assert (seen.used, seen.value, seen.unit, seen.percent) == (9, 10, "workloads", 90)


def test_without_limits_there_are_no_gauges_of_them() -> None:
    """A removed limit has no gauge, which ends its breach."""
    assert not [key for key in found(usage((WEB, tasks(3), NOW))) if key.startswith("limit")]


@pytest.mark.parametrize(
    ("counts", "as_of", "percent"), [(None, None, None), (tasks(3), None, None), (tasks(4), None, 100), (tasks(3), NOW, 75)]
)
def test_a_part_of_a_cluster_can_be_over_but_not_under(counts: Counts | None, as_of: Millis | None, percent: float | None) -> None:
    """A cluster that was never listed may hold more than events have counted; its gauge exists and clears nothing."""
    assert found(usage((WEB, counts, as_of)), limits=Limits(clusters={"web": Limit(vcpu=4)}))["limit/ECS-web/warning"].percent == percent
