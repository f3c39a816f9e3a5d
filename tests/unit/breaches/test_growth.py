"""Which services have started most lately."""

from __future__ import annotations

import pytest

from fargatecount.breaches.growth import TOP, WINDOW, growth
from fargatecount.ledger.row import Row
from fargatecount.workload import Capacity, Cluster, Facts, Phase
from tests.support.builders import BATCH, HOUR, NOW, WEB, row


def held(service: str | None, *, ago: int | None = 1_000, cpu: int = 1024, cluster: Cluster = WEB, **facts: object) -> tuple[Cluster, Row]:
    """A workload of a service that was created so many milliseconds ago."""
    created = None if ago is None else NOW - ago
    return cluster, row(Phase.RUNNING, facts=Facts(cpu=cpu, memory=2048, group=service, created_at=created, **facts))  # type: ignore[arg-type]


def test_the_largest_growth_comes_first() -> None:
    """By vCPU started, then by number, with what each holds in all beside it."""
    rows = [held("a"), held("b", cpu=4096), held("a", ago=HOUR), held("c"), held("c", cpu=0), held("d", ago=HOUR)]
    found = [(each.group, each.started.cpu, each.started.count, each.held.count) for each in growth(rows, NOW)]
    assert found == [("b", 4096, 1, 1), ("c", 1024, 2, 2), ("a", 1024, 1, 2)]


@pytest.mark.parametrize(("ago", "counts"), [(0, True), (WINDOW - 1, True), (WINDOW, False), (HOUR, False), (None, False)])
def test_only_what_was_created_lately_counts(ago: int | None, counts: bool) -> None:
    """Within a quarter of an hour; of what never said when it was created nothing is claimed."""
    assert bool(growth([held("a", ago=ago)], NOW)) is counts


def test_what_says_only_when_it_started_counts_by_that() -> None:
    """A start is never before the creation."""
    assert growth([held("a", ago=None, started_at=NOW - 1)], NOW)


def test_five_are_named() -> None:
    """More do not help in the middle of an incident."""
    assert len(growth([held(f"s{i}") for i in range(9)], NOW)) == TOP == 5


def test_a_quota_is_about_its_own_capacity() -> None:
    """Spot tasks have not filled the on-demand quota; what says nothing is charged to it."""
    rows = [held("spot", capacity=Capacity.SPOT), held("plain"), held("said", capacity=Capacity.ON_DEMAND)]
    assert {each.group for each in growth(rows, NOW, capacity=Capacity.ON_DEMAND)} == {"plain", "said"}
    assert {each.group for each in growth(rows, NOW, capacity=Capacity.SPOT)} == {"spot"}


def test_a_limit_of_a_cluster_is_about_it_alone() -> None:
    """Services of the same name in two clusters are two."""
    rows = [held("a"), held("a", cluster=BATCH)]
    assert [(each.cluster, each.started.count) for each in growth(rows, NOW, cluster="ECS-batch")] == [(BATCH, 1)]
    assert len(growth(rows, NOW)) == 2


def test_what_belongs_to_no_service_is_told_as_that() -> None:
    """Pods without an owner fill a quota too."""
    assert [(each.group, each.started.count) for each in growth([held(None), held(None)], NOW)] == [(None, 2)]
