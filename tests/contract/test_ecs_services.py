"""Services as ECS describes them: the fields that a deployment's size depends on."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.adapters.ecs.services import EcsServices
from fargatecount.errors import MalformedError
from fargatecount.quotas.headroom import CapacityShare, Service
from fargatecount.workload import Capacity
from tests.support.builders import BATCH, WEB
from tests.support.fake_ecs import FakeEcs
from tests.support.fakes import FakeClock

OD, SPOT = Capacity.ON_DEMAND, Capacity.SPOT


@pytest.fixture
def ecs() -> FakeEcs:
    """Return an empty account."""
    return FakeEcs(FakeClock())


def test_a_service_is_what_ecs_says(ecs: FakeEcs) -> None:
    """A service has its counts, the size of its tasks, and the maximum percent of a deployment."""
    deployment = {"maximumPercent": 150, "minimumHealthyPercent": 100}
    ecs.serve("shop", cpu="512", desiredCount=4, runningCount=3, pendingCount=1, deploymentConfiguration=deployment)
    assert EcsServices(ecs).named(WEB, ["shop"]) == [
        Service(cluster=WEB, name="shop", desired=4, running=4, cpu=512, maximum_percent=150, shares=(CapacityShare(OD),))
    ]


@pytest.mark.parametrize(
    ("changes", "shares"),
    [
        ({"launchType": "FARGATE"}, (CapacityShare(OD, 0, 1),)),
        (
            {"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]},
            (CapacityShare(SPOT, 0, 1),),
        ),
        (
            {
                "launchType": None,
                "capacityProviderStrategy": [
                    {"capacityProvider": "FARGATE", "base": 2, "weight": 1},
                    {"capacityProvider": "FARGATE_SPOT", "weight": 3},
                ],
            },
            (CapacityShare(OD, 2, 1), CapacityShare(SPOT, 0, 3)),
        ),
    ],
    ids=["launch type", "Spot", "both"],
)
def test_how_its_tasks_are_bought(ecs: FakeEcs, changes: dict[str, Any], shares: tuple[CapacityShare, ...]) -> None:
    """The launch type decides, or the strategy, which leaves the launch type out."""
    ecs.serve("shop", **changes)
    assert EcsServices(ecs).named(WEB, ["shop"])[0].shares == shares


@pytest.mark.parametrize(
    "changes",
    [
        {"launchType": "EC2"},
        {"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "my-instances", "weight": 1}]},
        {"status": "INACTIVE"},
    ],
    ids=["instances", "other provider", "deleted"],
)
def test_what_holds_no_fargate_capacity_is_left_out(ecs: FakeEcs, changes: dict[str, Any]) -> None:
    """A service on instances and a deleted one that ECS still returns are left out."""
    ecs.serve("shop", **changes)
    assert EcsServices(ecs).named(WEB, ["shop"]) == []


def test_without_a_percent_it_is_doubled(ecs: FakeEcs) -> None:
    """A service of CodeDeploy has no percentages: blue and green run side by side."""
    ecs.serve("shop", deploymentConfiguration={})
    assert EcsServices(ecs).named(WEB, ["shop"])[0].maximum_percent == 200


def test_all_services_of_a_cluster(ecs: FakeEcs) -> None:
    """All 250 services of a cluster are read, in pages of a hundred and chunks of ten, without those of other clusters."""
    for i in range(250):
        ecs.serve(f"s{i:03}")
    ecs.serve("other", BATCH)
    found = EcsServices(ecs).every(WEB)
    assert [service.name for service in found] == [f"s{i:03}" for i in range(250)]
    assert ecs.asked.count("list_services") == 3
    assert ecs.asked.count("describe_services") == 25


def test_an_unknown_name_is_left_out(ecs: FakeEcs) -> None:
    """A name that ECS does not know is no service."""
    ecs.create(WEB)
    assert EcsServices(ecs).named(WEB, ["nobody"]) == []


def test_a_task_definition_without_a_size_is_said(ecs: FakeEcs) -> None:
    """Fargate runs no such size, so an answer is a guess."""
    ecs.serve("shop", cpu="")
    with pytest.raises(MalformedError, match="shop:1"):
        EcsServices(ecs).named(WEB, ["shop"])
