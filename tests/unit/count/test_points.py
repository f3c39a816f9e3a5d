"""What `count --publish` puts: only what one look can vouch for."""

from __future__ import annotations

from typing import Any

from fargatecount.count.points import points_of
from fargatecount.count.summary import ClusterCount, ScopeCount, usage_of
from fargatecount.errors import DeniedError
from fargatecount.ledger.clusters import Trust
from fargatecount.metrics import catalog
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.series import DataPoint, Detail, Metric
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.workload import Capacity, Cluster, Facts, Kind, Phase
from tests.support.builders import BATCH, NOW, PODS, SCOPE, WEB, row

READABLE = Trust(readable=True)
DENIED = Trust(readable=False, reason="denied")
QUOTAS = [Quota(capacity=Capacity.ON_DEMAND, value=10.0, source=Origin.APPLIED, read_at=NOW)]
ONE = row(facts=Facts(cpu=1024, memory=2048, group="service:front", capacity=Capacity.ON_DEMAND))

TOTALS = {metric for metric in catalog.METRICS if catalog.CLUSTER not in metric.dimensions} - {
    catalog.UNREADABLE,
    catalog.QUOTA_UNKNOWN,
}


def read(cluster: Cluster, tasks: int) -> ClusterCount:
    return ClusterCount(cluster=cluster, verdict=READABLE, as_of=NOW, rows={str(i): ONE for i in range(tasks)})


def quick(cluster: Cluster, running: int) -> ClusterCount:
    return ClusterCount(cluster=cluster, verdict=READABLE, as_of=NOW, running=running)


def denied(cluster: Cluster) -> ClusterCount:
    return ClusterCount(cluster=cluster, verdict=DENIED)


def points(*clusters: ClusterCount, choice: PublishOptions | None = None, **more: Any) -> list[DataPoint]:
    count = ScopeCount(scope=SCOPE, clusters=clusters, **{"quotas": QUOTAS} | more)
    return points_of(count, usage_of(count), choice or PublishOptions(), NOW)


def values(found: list[DataPoint], metric: Metric) -> dict[tuple[str, ...], float]:
    return {point.dimensions: point.value for point in found if point.metric == metric}


def test_a_complete_look_puts_clusters_and_totals() -> None:
    """With everything read it is what the publisher puts."""
    found = points(read(WEB, 3), read(BATCH, 0))
    assert values(found, catalog.COUNT) == {("ECS-web",): 3, ("ECS-batch",): 0}
    assert (values(found, catalog.COUNT_TOTAL), values(found, catalog.USED)) == ({(): 3}, {(): 3})
    assert values(found, catalog.UTILIZATION) == {(): 30}
    assert values(found, catalog.UNREADABLE) == {(): 0}


def test_an_unreadable_cluster_has_no_point_and_there_are_no_totals() -> None:
    """No 0 for it, and no total that leaves it out: what says so is the number of unreadable clusters."""
    found = points(read(WEB, 3), denied(BATCH))
    assert values(found, catalog.COUNT) == {("ECS-web",): 3}
    assert values(found, catalog.UNREADABLE) == {(): 1}
    assert {point.metric for point in found} & TOTALS == set()


def test_clusters_that_may_be_unknown_leave_no_totals() -> None:
    """A kind that could not be listed counts as one unreadable cluster."""
    found = points(read(WEB, 3), unlisted={Kind.EKS: DeniedError("no")})
    assert values(found, catalog.UNREADABLE) == {(): 1}
    assert {point.metric for point in found} & TOTALS == set()


def test_a_choice_of_clusters_puts_those_and_nothing_else() -> None:
    """What has no cluster in its name is about all of them."""
    found = points(read(WEB, 3), chosen=True)
    assert {point.metric.suffix for point in found} == {"count", "vcpu"}
    assert all(point.dimensions == ("ECS-web",) for point in found)


def test_a_quick_look_puts_what_it_knows() -> None:
    """The origin tool's metric and the total of it, pods included; no vCPU of tasks that were not described."""
    pods = ClusterCount(cluster=PODS, verdict=READABLE, as_of=NOW, rows={"p": row(Phase.RUNNING)})
    found = points(quick(WEB, 20), quick(BATCH, 0), pods, quotas=None)
    assert values(found, catalog.COUNT) == {("ECS-web",): 20, ("ECS-batch",): 0, ("EKS-pods",): 1}
    assert (values(found, catalog.COUNT_TOTAL), values(found, catalog.VCPU)) == ({(): 21}, {("EKS-pods",): 0.25})
    assert {point.metric for point in found} == {catalog.COUNT, catalog.COUNT_TOTAL, catalog.VCPU, catalog.UNREADABLE}


def test_a_quick_look_that_is_not_complete_has_no_total() -> None:
    """As any other."""
    found = points(quick(WEB, 20), denied(PODS), quotas=None)
    assert (values(found, catalog.COUNT), values(found, catalog.COUNT_TOTAL)) == ({("ECS-web",): 20}, {})


def test_the_publisher_alone_says_that_it_lives() -> None:
    """A cron job beside a deployment must not hide that the deployment's publisher is dead."""
    assert values(points(read(WEB, 1)), catalog.PUBLISHED) == {}


def test_services_if_they_are_asked_for() -> None:
    """The detail level is a setting, as for the publisher."""
    found = points(read(WEB, 2), choice=PublishOptions(detail=Detail.SERVICE))
    assert values(found, catalog.SERVICE_COUNT) == {("ECS-web", "service:front"): 2}


def test_clusters_that_are_excluded_have_no_series() -> None:
    """Not in a quick look either."""
    assert values(points(quick(WEB, 20), quick(BATCH, 1), quotas=None, choice=PublishOptions(exclude=("b*",))), catalog.COUNT) == {
        ("ECS-web",): 20
    }
