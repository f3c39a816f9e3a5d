"""The registry by itself: clusters, scopes and layout without a row or a counter."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.adapters.dynamodb.registry import LAYOUT_LIFE, REGISTERED_FOR, DynamoRegistry
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import MisconfiguredError, UnavailableError
from fargatecount.ledger.clusters import RECONCILER, WATCHER, ClusterRegistry, Readability
from fargatecount.workload import Cluster, Kind, Scope
from tests.support.builders import BATCH, NOW, PODS, SCOPE, WEB
from tests.support.fakes import FakeClock
from tests.support.tables import REGION, open_dynamodb

ELSEWHERE = Cluster(Scope(SCOPE.account, "us-east-1"), Kind.ECS, "web")


@pytest.fixture(params=["memory", "moto"])
def registry(request: pytest.FixtureRequest) -> ClusterRegistry:
    """Return an empty registry."""
    if request.param == "memory":
        return MemoryLedger(clock=FakeClock(NOW))
    return DynamoRegistry(request.getfixturevalue("table"), REGION, clock=FakeClock(NOW))


def stored(table: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the items of the table by their keys."""
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in open_dynamodb().scan(TableName=table)["Items"]}


def test_clusters_are_those_of_their_scope(registry: ClusterRegistry) -> None:
    """In the order of their names, the kinds one after the other."""
    for cluster in (WEB, ELSEWHERE, PODS, BATCH, WEB):
        registry.register(cluster)
    assert [state.cluster for state in registry.clusters(SCOPE)] == [BATCH, WEB, PODS]
    assert [state.cluster for state in registry.clusters(ELSEWHERE.scope)] == [ELSEWHERE]


def test_each_source_has_its_own_result(registry: ClusterRegistry) -> None:
    """A result registers its cluster, replaces the earlier one of its source, and leaves the other source's."""
    first, second = (Readability(readable=True, at=NOW + n, listed_at=NOW + n) for n in range(2))
    watcher = Readability(readable=False, at=NOW, reason="401")
    registry.note(PODS, RECONCILER, first)
    registry.note(PODS, WATCHER, watcher, epoch=7)
    registry.note(PODS, RECONCILER, second)
    (state,) = registry.clusters(SCOPE)
    assert (state.epoch, dict(state.sources)) == (7, {RECONCILER: second, WATCHER: watcher})


def test_a_retired_cluster_comes_back_without_its_past(registry: ClusterRegistry) -> None:
    """A new fact registers it again; what sources knew of the old one is gone."""
    registry.note(WEB, RECONCILER, Readability(readable=True, at=NOW))
    registry.retire(WEB)
    assert list(registry.clusters(SCOPE)) == []
    registry.register(WEB)
    assert [dict(state.sources) for state in registry.clusters(SCOPE)] == [{}]


def test_discoveries_are_those_of_each_kind(registry: ClusterRegistry) -> None:
    """The latest of each kind, in their own scope only."""
    registry.discovered(SCOPE, Kind.ECS, NOW)
    registry.discovered(SCOPE, Kind.ECS, NOW + 1)
    registry.discovered(ELSEWHERE.scope, Kind.EKS, NOW + 2)
    assert (dict(registry.discoveries(SCOPE)), dict(registry.discoveries(ELSEWHERE.scope))) == ({Kind.ECS: NOW + 1}, {Kind.EKS: NOW + 2})


def test_it_writes_what_exists_and_never_how_much(table: str) -> None:
    """A registration is three items: the layout, the scope and the cluster."""
    DynamoRegistry(table, REGION, buckets=3).register(WEB)
    scope = f"{SCOPE.account}#{SCOPE.region}"
    assert set(stored(table)) == {("TABLE", "LAYOUT"), ("TABLE", f"SCOPE#{scope}"), (f"S#{scope}", f"CLUSTER#{WEB.key}")}


def test_a_process_believes_its_registration_for_a_minute(table: str) -> None:
    """Within it a fact costs no call; after it, a cluster that another process retired is registered again."""
    clock = FakeClock(NOW)
    one, other = DynamoRegistry(table, REGION, clock=clock), DynamoRegistry(table, REGION, clock=clock)
    one.register(WEB)
    other.retire(WEB)
    one.register(WEB)
    assert list(other.clusters(SCOPE)) == []
    clock.advance(REGISTERED_FOR)
    one.register(WEB)
    assert [state.cluster for state in other.clusters(SCOPE)] == [WEB]


def test_the_first_writer_fixes_the_number_of_buckets(table: str) -> None:
    """The setting of a later process is ignored; while the table is unused, each has its own."""
    one, other = DynamoRegistry(table, REGION, buckets=3), DynamoRegistry(table, REGION, buckets=5)
    assert (one.buckets, other.buckets) == (3, 5)
    one.register(WEB)
    other.register(BATCH)
    assert (one.buckets, other.buckets) == (3, 3)


def test_a_new_number_of_buckets_is_seen_within_a_minute(table: str) -> None:
    """Until the rebuild is done, the old buckets may hold rows too."""
    clock = FakeClock(NOW)
    one, other = (DynamoRegistry(table, REGION, buckets=4, clock=clock) for _ in range(2))
    one.register(WEB)
    assert other.buckets == 4
    one.divide(2)
    assert (one.buckets, one.buckets_ever, other.buckets) == (2, 4, 4)
    clock.advance(LAYOUT_LIFE)
    assert (other.buckets, other.buckets_ever) == (2, 4)
    one.divided()
    assert one.buckets_ever == 2


def test_the_first_full_pass_is_kept(table: str) -> None:
    """Later passes do not move it."""
    registry = DynamoRegistry(table, REGION)
    registry.discovered(SCOPE, Kind.ECS, NOW)
    assert registry.first_pass(SCOPE) is None
    registry.passed(SCOPE, NOW)
    registry.passed(SCOPE, NOW + 1)
    assert registry.first_pass(SCOPE) == NOW


def test_a_cluster_that_is_retired_at_every_write_is_an_error(table: str) -> None:
    """A result is never written without the cluster's name: after two attempts the caller tries again later."""

    class Retiring(DynamoRegistry):
        def register(self, cluster: Cluster) -> None:
            super().register(cluster)
            DynamoRegistry(table, REGION).retire(cluster)

    with pytest.raises(UnavailableError, match="cluster web was retired again"):
        Retiring(table, REGION).note(WEB, RECONCILER, Readability(readable=True, at=NOW))
    assert [key for key in stored(table) if key[1].startswith("CLUSTER#")] == []


def test_a_missing_table_is_named(table: str) -> None:
    """Every method names it."""
    open_dynamodb().delete_table(TableName=table)
    with pytest.raises(MisconfiguredError, match=table):
        DynamoRegistry(table, REGION).scopes()
