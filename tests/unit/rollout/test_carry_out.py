"""Carrying out: in order, followed to the end, and again after an interruption."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.errors import DeadlineExceededError
from fargatecount.organization.accounts import ACTIVE
from fargatecount.rollout.carry_out import RolloutPorts, follow_operation, remove_stacks, roll_out, standing_of, upload
from fargatecount.rollout.code_bucket import bucket_policy
from fargatecount.rollout.plan import RolloutPlan, plan_rollout
from fargatecount.rollout.stack_set import InstanceState, Preferences, StackInstance, Target
from fargatecount.stack.artifact import Artifact
from fargatecount.workload import Scope
from tests.support.fake_stack_sets import FakeStackSets
from tests.support.fakes import FakeClock
from tests.unit.rollout.test_plan import BOSS, DATA, ORGANIZATION, PROD, SHOP, wanted

BOTH = ("eu-west-1", "us-east-1")
ONE = Preferences(concurrent=1, tolerated=1)
NAME = "fargatecount-prod"
ARTIFACT = Artifact(
    version="0.2.0", template=b'{"Parameters": {"CodeKey": {"Default": "fargatecount/0.2.0/abc/function.zip"}}}', code=b"code"
)


class FakeBuckets:
    """Buckets with a memory."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, bytes]] = {}
        self.policies: dict[str, object] = {}

    def has(self, bucket: str, region: str, key: str) -> bool:
        """Return whether the object is there."""
        return key in self.objects.get((bucket, region), {})

    def ensure(self, bucket: str, region: str, policy: dict[str, object]) -> None:
        """Make the bucket."""
        self.objects.setdefault((bucket, region), {})
        self.policies[bucket] = policy

    def put(self, bucket: str, region: str, key: str, body: bytes) -> str:
        """Keep an object."""
        self.objects[bucket, region][key] = body
        return f"https://{bucket}/{key}"


class World:
    """A roll-out of which every part has a memory."""

    def __init__(self) -> None:
        self.organization = msgspec.structs.replace(ORGANIZATION, accounts=[one for one in ORGANIZATION.accounts if one.status == ACTIVE])
        self.stack_sets = FakeStackSets(self.organization.accounts, BOSS)
        self.buckets = FakeBuckets()
        self.clock = FakeClock()
        self.ports = RolloutPorts(self.stack_sets, self.buckets, self.clock, "eu-west-1", "aws")
        self.seen: list[StackInstance] = []

    def plan(self, **changes: str) -> RolloutPlan:
        return plan_rollout(
            standing_of(self.stack_sets, NAME), wanted(PROD, regions=("eu-west-1", "us-east-1"), **changes), self.organization
        )

    def go(self, **changes: str) -> list[StackInstance]:
        """Plan, do it, and return what failed."""
        return list(roll_out(self.ports, self.plan(**changes), "https://template", self.seen.append).failures)


def test_the_code_is_put_into_each_region_and_the_template_beside_the_stack_set() -> None:
    """Once for each release: the key has the checksum."""
    world = World()
    url = upload(world.ports, world.plan(RequireTls="true"), ARTIFACT, ORGANIZATION)
    assert {place: set(objects) for place, objects in world.buckets.objects.items()} == {
        ("code-eu-west-1", "eu-west-1"): {"fargatecount/0.2.0/abc/function.zip", url.removeprefix("https://code-eu-west-1/")},
        ("code-us-east-1", "us-east-1"): {"fargatecount/0.2.0/abc/function.zip"},
    }
    assert world.buckets.policies["code-us-east-1"] == bucket_policy("code-us-east-1", ORGANIZATION.id, "aws", require_tls=True)


def test_the_policy_of_the_code_lets_the_organization_read_and_nobody_write() -> None:
    """No other account does, and it is over TLS only."""
    read, tls = bucket_policy("code", "o-a1b2c3d4e5", "aws", require_tls=True)["Statement"]
    assert (read["Action"], read["Resource"], read["Condition"]) == (
        "s3:GetObject",
        "arn:aws:s3:::code/*",
        {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
    )
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_after_a_roll_out_nothing_is_left_to_do() -> None:
    """Every stack was shown until it ended."""
    world = World()
    world.stack_sets.looks = 3
    assert world.go() == []
    assert world.plan().nothing_to_do
    assert {(each.scope, each.state) for each in world.seen} == {
        (Scope(account, region), state)
        for account in (SHOP, DATA)
        for region in ("eu-west-1", "us-east-1")
        for state in (InstanceState.WORKING, InstanceState.CURRENT)
    }


@pytest.mark.parametrize("steps", range(3))
def test_an_interrupted_roll_out_goes_on_where_it_was(steps: int) -> None:
    """After the StackSet, within an operation, and before the last one: the same command comes to the same end."""
    world = World()
    plan = world.plan()
    if steps > 0:
        world.stack_sets.create(plan.wanted.stack_set, "https://template")
    if steps > 1:
        world.stack_sets.looks = 2
        world.stack_sets.add(NAME, Target(units=(PROD,), regions=("eu-west-1",)), ONE)
        running = standing_of(world.stack_sets, NAME).running
        assert running is not None
        assert follow_operation(world.ports, NAME, running.id, world.seen.append).status == "SUCCEEDED"
    assert world.go() == []
    assert len(world.stack_sets.instances(NAME)) == 4


def test_only_what_failed_is_tried_again() -> None:
    """In its account and Region, while the others are left alone."""
    world = World()
    world.stack_sets.refusals[DATA, "us-east-1"] = "Stack limit exceeded"
    assert [each.scope for each in world.go()] == [Scope(DATA, "us-east-1")]
    world.stack_sets.refusals.clear()
    assert world.go() == []
    assert world.stack_sets.targets[-1] == Target(units=(PROD,), regions=("us-east-1",), accounts=(DATA,))


def test_a_failed_update_is_not_tried_on_new_stacks() -> None:
    """What members refuse, new members do not get."""
    world = World()
    assert world.go() == []
    world.stack_sets.take_away(NAME, Target(units=(PROD,), regions=("us-east-1",)), ONE)
    world.stack_sets.refusals[SHOP, "eu-west-1"] = "bad template"
    assert [each.scope for each in world.go(Armed="true")] == [Scope(SHOP, "eu-west-1")]
    assert len(world.stack_sets.instances(NAME)) == 2
    world.stack_sets.refusals.clear()
    assert world.go(Armed="true") == []
    assert world.go(Armed="true") == []
    assert len(world.stack_sets.instances(NAME)) == 4


def test_removal_deletes_the_stack_set_with_its_last_stack() -> None:
    """And leaves it while a Region is left."""
    world = World()
    world.go()
    for regions, left in ((("us-east-1",), 2), (("eu-west-1",), 0)):
        assert remove_stacks(world.ports, NAME, Target(units=(PROD,), regions=regions), ONE, world.seen.append).instances == []
        assert sum(1 for _ in (world.stack_sets.instances(NAME) if left else ())) == left
    assert standing_of(world.stack_sets, NAME).stack_set is None


def test_whoever_waits_too_long_is_told_that_it_goes_on() -> None:
    """The operation is not ended by that."""
    world = World()
    world.stack_sets.create(world.plan().wanted.stack_set, "https://template")
    world.stack_sets.looks = 10**6
    operation = world.stack_sets.add(NAME, Target(units=(PROD,), regions=("eu-west-1",)), ONE)
    with pytest.raises(DeadlineExceededError, match="is still RUNNING"):
        follow_operation(world.ports, NAME, operation, world.seen.append)
