"""Lists of workloads: which match, and in which order."""

from __future__ import annotations

import pytest

from fargatecount.usage.workload_list import SortKey, WorkloadEntry, WorkloadFilter, select_workloads, sort_workloads, workload_entry
from fargatecount.workload import NO_OWNER, Capacity, Cluster, Facts, Phase
from tests.support.builders import BATCH, HOUR, MINUTE, NOW, PODS, WEB, row

DAY = 24 * HOUR


def entry(workload: str = "t1", cluster: Cluster = WEB, phase: Phase = Phase.RUNNING, **facts: object) -> WorkloadEntry:
    made = Facts(**{"cpu": 256, "memory": 512, "group": "service:shop", "created_at": NOW - HOUR} | facts)  # type: ignore[arg-type]
    return workload_entry(cluster, workload, row(phase, facts=made), NOW)


EVERY = [
    entry("a", group="service:shop", started_by="ecs-svc/1", revision=7, owner="shop"),
    entry("b", BATCH, group="family:nightly", started_by="alice", created_at=NOW - 3 * DAY, cpu=4096, revision=2),
    entry("c", BATCH, group="family:nightly", created_at=None, owner=NO_OWNER),
    entry("d", PODS, group="default/front", created_at=NOW - MINUTE, phase=Phase.PENDING),
    entry("e", PODS, group=None, created_at=NOW - 2 * DAY),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "abcde"),
        ({"older_than": 2 * DAY}, "be"),
        ({"older_than": 2 * DAY + 1}, "b"),
        ({"services": ["shop"]}, "a"),
        ({"services": ["family:*"]}, "bc"),
        ({"services": ["default/*"]}, "d"),
        ({"started_by": ["ecs-svc/*", "al*"]}, "ab"),
        ({"started_by": [""]}, "cde"),
        ({"owners": ["shop"]}, "a"),
        ({"owners": [""]}, "bcde"),
        ({"phases": [Phase.PENDING]}, "d"),
        ({"without_service": True}, "bce"),
        ({"without_service": True, "older_than": DAY}, "be"),
    ],
)
def test_what_matches(wanted: dict[str, object], found: str) -> None:
    """Every condition must hold, one of the globs of each; what has no known age is older than nothing."""
    assert "".join(each.workload for each in select_workloads(EVERY, WorkloadFilter(**wanted))) == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "order"),
    [
        (SortKey.AGE, "beadc"),
        (SortKey.VCPU, "bcade"),
        (SortKey.CLUSTER, "bcade"),
        (SortKey.SERVICE, "dbcae"),
        (SortKey.STARTED_BY, "bacde"),
        (SortKey.REVISION, "bacde"),
    ],
)
def test_the_order(key: SortKey, order: str) -> None:
    """The oldest and largest first, names from A, the lowest revision first; what is unknown stands last."""
    assert "".join(each.workload for each in sort_workloads(reversed(EVERY), key)) == order


def test_what_is_not_known_is_null() -> None:
    """No size, no age, no owner; a task that does not say how it is bought is on demand."""
    found = entry(cpu=None, memory=None, created_at=None, owner=NO_OWNER)
    assert (found.vcpu, found.memory_gib, found.age_seconds, found.created_at, found.owner) == (None,) * 5
    assert (found.capacity, found.family, found.revision) == (Capacity.ON_DEMAND, "shop", None)
