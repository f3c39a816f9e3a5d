"""What a roll-out relies on in StackSets: one suite for moto, spoken to by boto3, and for the fake in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from fargatecount.adapters.organizations import Organizations
from fargatecount.adapters.s3.code_buckets import S3CodeBuckets
from fargatecount.adapters.stack_sets import CloudFormationStackSets
from fargatecount.errors import DeniedError, MisconfiguredError
from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.rollout.code_bucket import bucket_policy
from fargatecount.rollout.stack_set import InstanceState, Preferences, StackInstance, StackSet, StackSets, Target
from fargatecount.workload import Scope
from tests.cli.refusing import refusing
from tests.support.fake_stack_sets import FakeStackSets
from tests.support.organization import REGION, MotoOrganization
from tests.support.service_managed import service_managed

NAME = "fargatecount-test"
TEMPLATE = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Parameters": {"Armed": {"Type": "String", "Default": "false"}}}
WANTED = StackSet(name=NAME, template=TEMPLATE, parameters={"Armed": "true"})
ONE = Preferences(concurrent=1, tolerated=1)


@dataclass
class World:
    """StackSets with an organization of two accounts beside the management account, in one unit."""

    stack_sets: StackSets
    unit: str
    accounts: list[str]
    knobs: Any
    url: str
    close: Callable[[str], None]
    """Close an account."""

    def target(self, *regions: str, accounts: tuple[str, ...] = ()) -> Target:
        return Target(units=(self.unit,), regions=regions or ("eu-west-1", "us-east-1"), accounts=accounts)

    def rolled_out(self) -> World:
        """Make the StackSet and its stacks."""
        self.stack_sets.create(WANTED, self.url)
        self.stack_sets.operation(NAME, self.stack_sets.add(NAME, self.target(), ONE))
        return self

    def states(self) -> dict[tuple[str, str], InstanceState]:
        return {(each.scope.account, each.scope.region): each.state for each in self.stack_sets.instances(NAME)}


@pytest.fixture(params=["moto", "memory"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each implementation in turn."""
    if request.param == "memory":
        accounts = [
            OrganizationAccount(id=number * 12, name=number, unit="Root/Prod", unit_ids=("r-root", "ou-root-11111111")) for number in "123"
        ]
        fake = FakeStackSets(accounts, "1" * 12)

        def close(account: str) -> None:
            fake.accounts = [msgspec.structs.replace(one, status="SUSPENDED") if one.id == account else one for one in fake.accounts]

        yield World(fake, "ou-root-11111111", ["2" * 12, "3" * 12], fake, "https://template", close)
        return
    with mock_aws(), service_managed() as knobs:
        organization = MotoOrganization()
        unit = organization.unit("Prod")
        accounts_made = sorted(organization.account(name, unit) for name in ("shop", "data"))
        url = S3CodeBuckets(organization.s3, organization.management).put
        organization.s3(REGION).create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
        stack_sets = CloudFormationStackSets(organization.client("cloudformation"), delegated=False)
        yield World(stack_sets, unit, accounts_made, knobs, url("code", REGION, "t", json.dumps(TEMPLATE).encode()), organization.close)


def test_there_is_no_stack_set_at_first(world: World) -> None:
    """Absence is an answer; trust is checked before anything is made."""
    assert world.stack_sets.find(NAME) is None
    world.stack_sets.check_access()
    world.knobs.trusted = False
    with pytest.raises(MisconfiguredError, match="does not trust CloudFormation"):
        world.stack_sets.check_access()


def test_stacks_are_made_in_every_account_of_the_unit_but_the_management_account(world: World) -> None:
    """Two accounts, two Regions; a second time nothing is added."""
    world.rolled_out()
    found = world.stack_sets.find(NAME)
    assert found is not None
    assert (found.template, found.parameters, found.units, found.regions) == (
        TEMPLATE,
        {"Armed": "true"},
        (world.unit,),
        ("eu-west-1", "us-east-1"),
    )
    assert world.states() == {(account, region): "current" for account in world.accounts for region in ("eu-west-1", "us-east-1")}
    again = world.stack_sets.add(NAME, world.target(), ONE)
    assert world.stack_sets.results(NAME, again) == []


def test_a_stack_that_fails_says_why_and_the_others_do_not(world: World) -> None:
    """In the instance, in the result and in the operation; an update of that account alone mends it."""
    broken = (world.accounts[0], "us-east-1")
    world.knobs.refusals[broken] = "explicit deny in a service control policy"
    world.stack_sets.create(WANTED, world.url)
    operation = world.stack_sets.add(NAME, world.target(), ONE)
    assert world.stack_sets.operation(NAME, operation).status == "FAILED"
    assert [(one.scope, one.reason) for one in world.stack_sets.results(NAME, operation) if one.state is InstanceState.FAILED] == [
        (Scope(*broken), "explicit deny in a service control policy")
    ]
    assert [place for place, state in world.states().items() if state is not InstanceState.CURRENT] == [broken]
    world.knobs.refusals.clear()
    again = world.stack_sets.update(WANTED, world.url, ONE, world.target("us-east-1", accounts=(broken[0],)))
    assert [one.scope for one in world.stack_sets.results(NAME, again)] == [Scope(*broken)]
    assert set(world.states().values()) == {InstanceState.CURRENT}


def test_a_closed_account_is_skipped(world: World) -> None:
    """It is neither a stack nor a failure."""
    world.close(world.accounts[1])
    world.rolled_out()
    assert {state for (account, _), state in world.states().items() if account == world.accounts[1]} == {InstanceState.SUSPENDED}


def test_an_operation_is_found_while_it_runs(world: World) -> None:
    """By anyone who comes later; its results are not ended before it is."""
    world.rolled_out()
    assert world.stack_sets.running(NAME) is None
    world.knobs.looks = 2
    begun = world.stack_sets.update(WANTED, world.url, ONE, None)
    running = world.stack_sets.running(NAME)
    assert running is not None
    assert (running.id, running.action, running.ended) == (begun, "UPDATE", False)
    assert {one.state for one in world.stack_sets.results(NAME, begun)} == {InstanceState.WORKING}
    assert [world.stack_sets.operation(NAME, begun).ended for _ in range(3)] == [False, False, True]
    assert world.stack_sets.running(NAME) is None


def test_settings_change_with_an_update(world: World) -> None:
    """Of the set and of every stack."""
    world.rolled_out()
    changed = StackSet(name=NAME, template=TEMPLATE, parameters={"Armed": "false"})
    world.stack_sets.update(changed, world.url, ONE, None)
    found = world.stack_sets.find(NAME)
    assert found is not None
    assert (found.parameters, found.units) == ({"Armed": "false"}, (world.unit,))


def test_stacks_are_deleted_by_region_and_the_set_when_it_is_empty(world: World) -> None:
    """A StackSet with stacks cannot be deleted."""
    world.rolled_out()
    world.stack_sets.operation(NAME, world.stack_sets.take_away(NAME, world.target("us-east-1"), ONE))
    assert {region for _, region in world.states()} == {"eu-west-1"}
    with pytest.raises(MisconfiguredError, match="not empty"):
        world.stack_sets.delete(NAME)
    world.stack_sets.take_away(NAME, world.target("eu-west-1"), ONE)
    world.stack_sets.delete(NAME)
    assert world.stack_sets.find(NAME) is None


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        ("ValidationError", "You must be the management account or delegated admin account", "register-delegated-administrator"),
        ("ValidationError", "You must enable trusted access", "activate-organizations-access"),
        ("LimitExceededException", "StackSet limit exceeded", "Service Quotas"),
        ("OperationInProgressException", "", "run the command again: it follows it"),
    ],
)
def test_what_cloudformation_refuses_comes_with_its_remedy(code: str, message: str, remedy: str) -> None:
    """By its code and, where that says little, by its words."""
    with refusing(code, message, status=400) as url:
        client = boto3.client("cloudformation", REGION, endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test")
        with pytest.raises(MisconfiguredError) as caught:
            CloudFormationStackSets(client, delegated=True).create(WANTED, "https://template")
    assert remedy in caught.value.remedy


def test_the_code_lies_in_a_bucket_that_the_organization_may_read() -> None:
    """In the Region that was asked for, closed to the public; making it twice is making it once."""
    with mock_aws():
        organization = MotoOrganization()
        buckets = S3CodeBuckets(organization.s3, organization.management)
        policy = bucket_policy("code-eu", organization.id, "aws", require_tls=False)  # moto reads no conditions, and so denies everything
        assert not buckets.has("code-eu", REGION, "key")
        for _ in range(2):
            buckets.ensure("code-eu", REGION, policy)
        buckets.put("code-eu", REGION, "key", b"code")
        assert buckets.has("code-eu", REGION, "key")
        s3 = organization.s3(REGION)
        assert s3.get_bucket_location(Bucket="code-eu")["LocationConstraint"] == REGION
        assert json.loads(s3.get_bucket_policy(Bucket="code-eu")["Policy"]) == policy
        assert set(s3.get_public_access_block(Bucket="code-eu")["PublicAccessBlockConfiguration"].values()) == {True}


def test_a_bucket_of_somebody_else_is_not_used() -> None:
    """Names of buckets are the same for everybody: another account may have taken this one."""
    with mock_aws():
        organization = MotoOrganization()
        other = organization.account("shop", organization.root)
        organization.s3(REGION, account=other).create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
        with pytest.raises(MisconfiguredError, match="belongs to another account") as caught:
            S3CodeBuckets(organization.s3, organization.management).ensure("code", REGION, {})
        assert "--code-bucket-prefix" in caught.value.remedy


def test_an_account_without_an_organization_is_told_so() -> None:
    """And that it needs none for its own Regions."""
    with mock_aws():
        client = boto3.client("organizations", REGION, aws_access_key_id="test", aws_secret_access_key="test")
        with pytest.raises(MisconfiguredError, match="belongs to no organization"):
            Organizations(client).identity()


def test_whoever_may_not_read_organizations_is_told_so() -> None:
    """The error names the operation."""
    with refusing("AccessDeniedException") as url:
        client = boto3.client("organizations", REGION, endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test")
        with pytest.raises(DeniedError, match="reading AWS Organizations"):
            Organizations(client).identity()


def test_states_are_compared_by_account_and_region() -> None:
    """Instances sort by their scope, so that two lists can be compared."""
    stacks = [StackInstance(scope=Scope(account, "eu-west-1"), state=InstanceState.CURRENT) for account in ("2", "1")]
    assert [one.scope.account for one in sorted(stacks)] == ["1", "2"]
