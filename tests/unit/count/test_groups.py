"""Who holds the capacity: by service, family, namespace, profile and capacity."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.count.groups import By, group_documents, groups
from fargatecount.count.summary import ClusterCount
from fargatecount.ledger.clusters import Trust
from fargatecount.ledger.row import Row
from fargatecount.workload import Capacity, Cluster, Facts, Kind, Phase
from tests.support.builders import BATCH, NOW, PODS, SCOPE, WEB, row

READABLE = Trust(readable=True)
MORE = Cluster(SCOPE, Kind.EKS, "more-pods")


def task(group: str | None, *, cpu: int | None = 1024, capacity: Capacity = Capacity.ON_DEMAND, phase: Phase = Phase.RUNNING) -> Row:
    return row(phase, facts=Facts(cpu=cpu, memory=2048, group=group, capacity=capacity))


def pod(group: str, profile: str | None = "fp", phase: Phase = Phase.RUNNING) -> Row:
    return row(phase, facts=Facts(cpu=256, memory=512, group=group, profile=profile, capacity=Capacity.ON_DEMAND))


def read(cluster: Cluster, *rows: Row, families: dict[str, str] | None = None) -> ClusterCount:
    """A cluster whose workloads are named by their place: 0, 1, …."""
    return ClusterCount(
        cluster=cluster, verdict=READABLE, as_of=NOW, rows={str(i): each for i, each in enumerate(rows)}, families=families or {}
    )


ACCOUNT = (
    read(
        WEB,
        task("service:front"),
        task("service:front", capacity=Capacity.SPOT),
        task("family:job", phase=Phase.PENDING),
        families={"0": "front", "1": "front", "2": "job"},
    ),
    read(BATCH, task("service:front", cpu=512), task(None, cpu=256), families={"0": "front", "1": "job"}),
    read(PODS, pod("shop/cart"), pod("shop/pay", phase=Phase.WAITING), pod("ops/log", profile="other")),
    read(MORE, pod("shop/cart", profile=None)),
    ClusterCount(cluster=Cluster(SCOPE, Kind.ECS, "denied"), verdict=Trust(readable=False, reason="denied")),
)


@pytest.mark.parametrize(
    ("by", "found"),
    [
        (
            By.SERVICE,
            [
                (WEB, "service:front", 2),
                (WEB, "family:job", 1),
                (BATCH, "service:front", 1),
                (MORE, "shop/cart", 1),
                (PODS, "ops/log", 1),
                (PODS, "shop/cart", 1),
                (BATCH, None, 1),
                (PODS, "shop/pay", 0),
            ],
        ),
        (By.FAMILY, [(None, "front", 3), (None, "job", 2), (None, None, 3)]),
        (
            By.NAMESPACE,
            [(WEB, None, 3), (BATCH, None, 2), (MORE, "shop", 1), (PODS, "ops", 1), (PODS, "shop", 1)],
        ),
        (
            By.PROFILE,
            [(WEB, None, 3), (BATCH, None, 2), (PODS, "fp", 1), (PODS, "other", 1), (MORE, None, 1)],
        ),
        (By.CAPACITY, [(None, "on-demand", 7), (None, "spot", 1)]),
    ],
)
def test_groups(by: By, found: list[tuple[Cluster | None, str | None, int]]) -> None:
    """The largest first; equal names of several clusters are kept apart, and workloads without a name are not left out."""
    told = groups(ACCOUNT, by)
    assert {(group.cluster, group.name, group.counts.held.count) for group in told} == set(found)
    assert [group.counts.held.cpu for group in told] == sorted((group.counts.held.cpu for group in told), reverse=True)


@pytest.mark.parametrize("by", By)
def test_groups_add_up(by: By) -> None:
    """Whatever is grouped by, the sum over all groups is what all clusters hold."""
    told = groups(ACCOUNT, by)
    every = [each for counted in ACCOUNT for each in (counted.rows or {}).values()]
    assert sum(group.counts.held.count for group in told) == sum(each.counts.held.count for each in every) == 8
    assert sum(group.counts.held.cpu for group in told) == sum(each.counts.held.cpu for each in every)
    assert sum(group.cost.workloads for group in told) == 8


def test_the_order_of_equals_is_that_of_their_names() -> None:
    """Two runs over the same account print the same table."""
    same = read(WEB, task("service:b"), task("service:a"), task("service:c"))
    assert [group.name for group in groups([same], By.SERVICE)] == ["service:a", "service:b", "service:c"]


def test_the_shape() -> None:
    """What a program gets of a group."""
    (group,) = group_documents(
        groups([read(WEB, task("service:front"), task("service:front", capacity=Capacity.SPOT, cpu=None))], By.SERVICE)
    )
    assert msgspec.to_builtins(group) == {
        "cluster": "ECS-web",
        "group": "service:front",
        "running": 2,
        "held": 2,
        "unsized": 1,
        "vcpu": 1.0,
        "memory_gib": 4.0,
        "spot_vcpu": 0.0,
        "quota_percent": None,
        "spot_quota_percent": None,
        "cost_per_hour": 0.04937,
        "cost_at_least": True,
        "cost_approximate": False,
    }
