"""One look at AWS without a ledger: what it finds, and what it says of what it could not find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.count.advice import ecs_refused
from fargatecount.count.scan import scan
from fargatecount.count.summary import ScopeCount, usage_of
from fargatecount.errors import DeniedError
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.usage.document import usage_document
from fargatecount.workload import Cluster, Kind
from tests.support.account import NoClusters
from tests.support.builders import BATCH, NOW, SCOPE, WEB
from tests.support.fake_ecs import FakeEcs
from tests.support.fakes import FakeClock
from tests.support.one_look import Heard, TenVcpu


class NoEks(NoClusters):
    """EKS in an account that has no cluster in it, or may not ask."""

    def __init__(self, *, refused: bool = False) -> None:
        self.refused = refused

    def candidates(self) -> Sequence[Cluster]:
        if self.refused:
            raise DeniedError("listing EKS clusters: AccessDenied", remedy="allow eks:ListClusters")
        return []

    def may_hold(self, cluster: Cluster) -> bool:
        return cluster.kind is Kind.EKS


class World:
    """An account with ECS in it, and a scan of it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ecs = FakeEcs(self.clock)
        self.eks = NoEks()
        self.heard = Heard()

    def look(self, select: Callable[[Cluster], bool] | None = None, *, quick: bool = False) -> ScopeCount:
        ecs = EcsApi(
            self.ecs, SCOPE, RateLimiter(self.clock, rate=1000), self.clock, remedy=ecs_refused("arn:aws:iam::123456789012:user/ann")
        )
        quotas = None if quick else TenVcpu()
        return scan(SCOPE, [ecs, self.eks], quotas, self.clock, select=select, progress=self.heard, quick=quick)

    def document(self, **how: Any) -> dict[str, Any]:
        (scope,) = msgspec.to_builtins(usage_document([usage_of(self.look(**how))], NOW))["scopes"]
        return dict(scope)


@pytest.fixture
def world() -> World:
    return World()


def clusters_of(scope: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {cluster["name"]: cluster for cluster in scope["clusters"]}


def test_everything_that_holds_capacity_is_counted(world: World) -> None:
    """Pending, running and stopping tasks, which ECS's default list leaves out; not those that have stopped."""
    world.ecs.start("pending")
    world.ecs.run("running")
    world.ecs.run("stopping")
    world.ecs.move("stopping", "DEPROVISIONING")
    world.ecs.run("stopped")
    world.ecs.move("stopped", "STOPPED")
    scope = world.document()
    web = clusters_of(scope)["web"]
    assert (scope["complete"], web["held"], web["running"], web["vcpu"]) == (True, 3, 1, 0.75)
    assert {phase: tally["count"] for phase, tally in web["by_phase"].items() if tally["count"]} == {
        "pending": 1,
        "running": 1,
        "stopping": 1,
    }


def test_tasks_beyond_a_page(world: World) -> None:
    """More tasks than one page or one description takes."""
    for number in range(250):
        world.ecs.run(f"t{number}")
    assert world.document()["total"]["running"] == 250


def test_clusters_beyond_a_page(world: World) -> None:
    """More clusters than one page takes, each with a task."""
    for number in range(120):
        world.ecs.run(f"t{number}", Cluster(SCOPE, Kind.ECS, f"c{number:03}"))
    scope = world.document()
    assert (len(scope["clusters"]), scope["total"]["running"]) == (120, 120)
    assert (world.heard.expected, len(set(world.heard.seen))) == (120, 120)


def test_an_empty_cluster_is_0(world: World) -> None:
    """A cluster that was read and holds nothing holds 0."""
    world.ecs.create()
    web = clusters_of(world.document())["web"]
    assert (web["readable"], web["held"], web["cost_per_hour"]) == (True, 0, 0)


def test_a_denied_cluster_is_unknown_and_stops_nobody(world: World) -> None:
    """It is null and never 0, with the reason and the remedy; the total is a lower bound."""
    world.ecs.run("t1", WEB)
    world.ecs.run("t2", BATCH)
    world.ecs.deny(BATCH)
    scope = world.document()
    batch = clusters_of(scope)["batch"]
    assert (batch["readable"], batch["running"], batch["held"], batch["vcpu"], batch["by_phase"]) == (False, None, None, None, None)
    assert "AccessDeniedException" in batch["reason"]
    assert batch["remedy"].startswith("allow ecs:ListTasks here to arn:aws:iam::123456789012:user/ann")
    total = scope["total"]
    assert (scope["complete"], total["held"], total["at_least"], total["cost_at_least"]) == (False, 1, True, True)


def test_what_is_used_of_a_quota_is_a_lower_bound_when_something_is_unknown(world: World) -> None:
    """The quota is about all clusters, so what could not be read is used of it too."""
    world.ecs.run("t1", WEB, cpu="1024", memory="2048")
    assert [quota["used_at_least"] for quota in world.document()["quotas"]] == [False, False]
    world.ecs.create(BATCH)
    world.ecs.deny(BATCH)
    on_demand = world.document()["quotas"][0]
    assert (on_demand["value"], on_demand["used"], on_demand["used_at_least"], on_demand["percent"]) == (10.0, 1.0, True, 10.0)


def test_where_nothing_could_be_read_nothing_is_known(world: World) -> None:
    """A total over no known cluster is null: 0 would be a number."""
    world.ecs.run("t1", WEB)
    world.ecs.deny(WEB)
    total = world.document()["total"]
    assert (total["running"], total["held"], total["vcpu"], total["cost_per_hour"], total["by_phase"]) == (None, None, None, None, None)


def test_nothing_at_all_is_0(world: World) -> None:
    """An account without clusters holds nothing, and that is certain."""
    scope = world.document()
    assert (scope["complete"], scope["total"]["held"], scope["total"]["at_least"]) == (True, 0, False)


def test_a_kind_that_may_not_be_listed(world: World) -> None:
    """Without the right to list EKS clusters there may be some: the count is not complete, and says what to do."""
    world.ecs.run("t1")
    world.eks.refused = True
    scope = world.document()
    assert (scope["complete"], scope["total"]["held"], scope["remedy"]) == (False, 1, "allow eks:ListClusters")
    assert "EKS clusters could not be listed" in scope["reason"]
    assert world.look().reached


def test_a_scope_that_says_nothing_was_not_reached(world: World) -> None:
    """Neither service answered: that is no answer."""
    world.eks.refused = True
    world.ecs.throttle(lambda _: True)
    assert not world.look().reached


def test_throttled_calls_are_asked_again(world: World) -> None:
    """Every other call is refused, and nothing is lost."""
    for number in range(20):
        world.ecs.run(f"t{number}", Cluster(SCOPE, Kind.ECS, f"c{number}"))
    calls: list[str] = []

    def every_other(call: str) -> bool:
        calls.append(call)
        return len(calls) % 2 == 1

    world.ecs.throttle(every_other)
    scope = world.document()
    assert (scope["complete"], scope["total"]["running"]) == (True, 20)


def test_a_choice_of_clusters_leaves_the_rest_of_the_quota_unknown(world: World) -> None:
    """Looking at one cluster only does not make the rest of the quota free."""
    world.ecs.run("t1", WEB)
    world.ecs.run("t2", BATCH)
    scope = world.document(select=lambda cluster: cluster == WEB)
    assert ([cluster["name"] for cluster in scope["clusters"]], scope["complete"]) == (["web"], True)
    assert (scope["total"]["held"], scope["total"]["at_least"], scope["quotas"][0]["used_at_least"]) == (1, False, True)


def test_quickly_only_what_aws_itself_counts_is_known(world: World) -> None:
    """Two calls for all clusters: running tasks, and null for whatever takes a description."""
    for number in range(50):
        world.ecs.run(f"t{number}", Cluster(SCOPE, Kind.ECS, f"c{number}"))
    world.ecs.create(Cluster(SCOPE, Kind.ECS, "empty"))
    scope = world.document(quick=True)
    assert world.ecs.asked == ["list_clusters", "describe_clusters"]
    assert (scope["total"]["running"], scope["total"]["held"], scope["total"]["vcpu"], scope["quotas"]) == (50, None, None, [])
    found = clusters_of(scope)
    assert (found["c7"]["running"], found["c7"]["held"], found["empty"]["running"]) == (1, None, 0)
    assert all(cluster["counts_as_of"] for cluster in found.values())


def test_quickly_refused(world: World) -> None:
    """Where AWS gives no numbers every cluster is unreadable."""
    world.ecs.run("t1")
    world.ecs.throttle(lambda call: call == "describe_clusters")
    scope = world.document(quick=True)
    assert (scope["complete"], scope["total"]["running"], clusters_of(scope)["web"]["running"]) == (False, None, None)
