"""An organization of two accounts and two Regions on the embedded AWS, deployed from the real templates: one story, in order."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.scopes import DynamoScopes
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.organization.scopes import SILENT_AFTER, KnownScope, known_scopes
from fargatecount.organization.totals import totals_of
from fargatecount.workload import Scope
from local.faults import ON_DEMAND, SPOT
from local.hub_inbox import HubInbox
from local.organization import HUB_STACK, MEMBER_STACK, EmbeddedOrganization
from local.place import Place
from local.process import CHECKOUT
from local.stack import Stack
from tests.support.deadline import eventually

pytestmark = pytest.mark.xdist_group("organization")
WITHIN = 150.0
"""Seconds for what takes a few on a machine that has nothing else to do."""
PLENTY = 10_000.0


class Org:
    """The organization, as tests drive and read it."""

    def __init__(self, organization: EmbeddedOrganization) -> None:
        self.organization = organization
        self.clock = SystemClock()
        self.outputs = organization.hub_outputs()
        hub = organization.hub
        credentials = {"aws_access_key_id": hub.account, "aws_secret_access_key": "test"}
        self.store = DynamoScopes(
            Items(self.outputs["HubTableName"], hub.region, credentials=credentials, endpoint=organization.stack.endpoint)
        )
        self.inbox = HubInbox(organization)
        self._sqs = organization.client("sqs", hub)

    def known(self, later: int = 0) -> Sequence[KnownScope]:
        """Return the scopes as they stand now, or so many milliseconds later."""
        return known_scopes(self.store.scopes(), self.clock.now() + later)

    def held(self) -> dict[Scope, int]:
        """Return how many workloads each scope holds, by the hub."""
        return {each.scope: each.usage.held.counts.held.count for each in self.known()}

    def letters(self) -> list[str]:
        """Take the reasons of the hub's dead letters."""
        reasons = []
        url = self.outputs["HubDeadLettersUrl"]
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages"):
            for message in messages:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                reasons.append(message["MessageAttributes"]["reason"]["StringValue"])
        return reasons

    def status(self, place: Place) -> dict[str, Any]:
        """Return the only scope of what `status --json` answers in an account and Region."""
        (scope,) = json.loads(self.organization.command(place, "status", "--json").stdout)["scopes"]
        return dict(scope)


def scope_of(place: Place) -> Scope:
    return Scope(place.account, place.region)


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    """Return two accounts with two Regions each, all reporting to the hub in the first."""
    with Stack(tmp_path_factory.mktemp("organization")) as stack:
        stack.controls.set(quotas={ON_DEMAND: PLENTY, SPOT: PLENTY})
        organization = EmbeddedOrganization(stack)
        organization.deploy_hub()
        organization.deploy_members()
        organization.run(f"{HUB_STACK}-organization", organization.hub)  # by its schedule, the names of accounts come within a minute
        yield Org(organization)


def test_the_hub_shows_what_each_scope_shows_of_itself(org: Org) -> None:
    """Different numbers of tasks in each: the totals are the sum of the scopes' own `status`, to the task and the vCPU."""
    for number, place in enumerate(org.organization.places, start=1):
        org.organization.start(place, "web", number)
    eventually(lambda: sorted(org.held().values()) == [1, 2, 3, 4], "the hub knows all ten tasks", WITHIN)
    for function in ("reconcile", "publish"):
        org.organization.run(f"{MEMBER_STACK}-{function}", *org.organization.places)
    eventually(lambda: all(each.usage.complete for each in org.known()), "every first pass is reported", WITHIN)
    own = {scope_of(place): org.status(place)["total"] for place in org.organization.places}
    assert org.held() == {scope: total["held"] for scope, total in own.items()}
    totals = totals_of(org.known())
    assert all(each.record.report.drift for each in org.known())  # of the first pass; `report --organization` shows it
    assert totals.complete
    assert (totals.held.value, totals.vcpu.value) == (sum(t["held"] for t in own.values()), sum(t["vcpu"] for t in own.values()))


def test_a_breach_in_one_scope_is_one_message_within_seconds(org: Org) -> None:
    """With account name, Region, culprit and remedy; seconds from RunTask are printed for the record."""
    place = org.organization.places[3]
    held = org.status(place)["total"]["vcpu"]
    # Reconcile reads the quota; of the four scopes only this one will be over it.
    org.organization.stack.controls.set(quotas={ON_DEMAND: held + 2, SPOT: PLENTY})
    assert org.organization.command(place, "reconcile", "--yes", "--wait", "60").returncode in {0, 1}
    assert org.inbox.breaches() == []
    began = time.monotonic()
    org.organization.start(place, "batch", 1, cpu=2048)  # one task crosses both levels at once, however fast it is counted
    eventually(org.inbox.breaches, "the breach is announced", WITHIN)
    sys.stdout.write(f"breach announced {time.monotonic() - began:.1f} s after RunTask\n")
    org.organization.start(place, "batch", 1)  # the scope reports again, while the breach is open
    eventually(lambda: org.held()[scope_of(place)] == 6, "everything is counted", WITHIN)
    (message,) = org.inbox.breaches()
    detail = message["detail"]
    assert (detail["account"], detail["region"], message["account-name"]) == (place.account, place.region, "shop-prod")
    assert message["detail-type"] == "Fargate Limit Crossed"
    assert "ECS-batch" in {each["cluster"] for each in detail["grew"]}
    assert "shop-prod" in detail["chat"]["title"]
    assert any("status --organization --account" in step for step in detail["what_to_do"])


def test_a_forged_event_changes_nothing(org: Org) -> None:
    """Of a member about another, of another source, of an account outside: the totals stay; the first is a dead letter with its reason."""
    before, honest, victim = org.held(), org.organization.places[2], org.organization.places[0]
    report = next(each.record.report for each in org.known() if each.scope == scope_of(victim))
    forged = msgspec.to_builtins(report) | {"as_of": report.as_of + 1, "clusters": []}
    entry = {"Source": "fargatecount", "DetailType": "Fargate Usage", "EventBusName": org.outputs["HubBusArn"]}

    def put(account: str, **changes: str) -> dict[str, Any]:
        events = org.organization.client("events", Place(account, victim.region))
        (result,) = events.put_events(Entries=[{**entry, "Detail": json.dumps(forged), **changes}])["Entries"]
        return dict(result)

    assert "ErrorCode" not in put(honest.account)
    assert put(honest.account, Source="com.example")["ErrorCode"] == "AccessDeniedException"
    assert put("999999999999")["ErrorCode"] == "AccessDeniedException"
    (reason,) = eventually(org.letters, "the forged event is set aside", WITHIN)
    assert f"account {honest.account} in {victim.region} sent a report about {victim.account}" in reason
    assert org.held() == before


def test_a_scope_whose_rule_is_off_is_silent_after_three_minutes_and_comes_back_by_itself(org: Org) -> None:
    """Its last known counts stay in the totals, flagged; by a clock that is ahead, and again by the true one."""
    place = org.organization.places[1]
    held = org.held()
    org.organization.set_reporting(place, on=False)
    org.organization.start(place, "web", 1)
    counted = held[scope_of(place)] + 1
    eventually(lambda: org.status(place)["total"]["held"] == counted, "the member goes on counting", WITHIN)
    last = org.store.find(scope_of(place))
    assert last is not None
    ahead = last.as_of + SILENT_AFTER + 1 - org.clock.now()
    found = [each for each in org.known(ahead) if each.scope == scope_of(place)]
    assert [(each.silent, each.usage.held.counts.held.count) for each in found] == [(True, held[scope_of(place)])]
    totals = totals_of(org.known(ahead))
    assert (totals.silent >= 1, totals.complete, totals.held.sign) == (True, False, "~")
    assert totals.held.value == sum(held.values())
    org.organization.set_reporting(place, on=True)
    org.organization.start(place, "web", 1)  # a change is reported within seconds; without one, the next minute is
    eventually(lambda: org.held()[scope_of(place)] == counted + 1, "it reports again", WITHIN)
    assert [each.silent for each in org.known() if each.scope == scope_of(place)] == [False]


def test_a_member_that_cannot_reach_the_hub_goes_on_alone_and_says_so(org: Org) -> None:
    """Without the right to put on the bus its events lie in its own queue, with the reason; it counts as before."""
    place = org.organization.places[2]
    iam = org.organization.client("iam", place)
    role = _role(org, place)
    policy = iam.get_role_policy(RoleName=role, PolicyName="forward_usage")["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName="forward_usage")
    try:
        org.organization.run(f"{MEMBER_STACK}-publish", place)
        org.organization.start(place, "alone", 1)
        url = org.organization.outputs(place)["UsageFailuresUrl"]
        sqs = org.organization.client("sqs", place)

        def refused() -> list[dict[str, Any]]:
            answer = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], VisibilityTimeout=0)
            return list(answer.get("Messages", []))

        message = eventually(refused, "an event is undelivered", WITHIN)[0]
        assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
        eventually(lambda: org.status(place)["total"]["held"] == 4, "it still counts", WITHIN)
    finally:
        document = policy if isinstance(policy, str) else json.dumps(policy)
        iam.put_role_policy(RoleName=role, PolicyName="forward_usage", PolicyDocument=document)


def _role(org: Org, place: Place) -> str:
    found = org.organization.client("cloudformation", place).describe_stack_resource(
        StackName=MEMBER_STACK, LogicalResourceId="ForwardUsageRole"
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def test_a_census_enters_accounts_by_the_role_of_its_template(org: Org) -> None:
    """With the external id, and counts as the member does; with another one the account is listed, and is in no number."""
    own, place = org.organization.hub, org.organization.places[2]
    cloudformation = org.organization.client("cloudformation", place)
    values = {"PrincipalArn": f"arn:aws:iam::{own.account}:root", "ExternalId": "right"}
    cloudformation.create_stack(
        StackName="census",
        TemplateBody=(CHECKOUT / "infra" / "census-role.yml").read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="census", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    regions = [word for name in sorted({each.region for each in org.organization.places}) for word in ("--region", name)]

    def census(external_id: str) -> dict[str, Any]:
        words = ["count", "--organization", "--fresh", *regions, "--external-id", external_id, "--json"]
        return dict(json.loads(org.organization.command(own, *words, XDG_CACHE_HOME=str(org.organization.stack.state)).stdout))

    entered, refused = census("right"), census("wrong")
    counted = {Scope(scope["account"], scope["region"]): scope["total"]["held"] for scope in entered["scopes"]}
    assert counted == {scope_of(each): org.status(each)["total"]["held"] for each in org.organization.places}
    assert [one["account"] for one in refused["unread"]] == [place.account]
    assert {scope["account"] for scope in refused["scopes"]} == {own.account}
    assert not refused["complete"]


def test_the_hub_runs_every_minute_and_knows_who_does_not_report(org: Org) -> None:
    """An account of the organization without a deployment is not known, and named as such."""
    org.organization.client("organizations", org.organization.hub).create_account(Email="x@example.com", AccountName="forgotten")
    answer = org.organization.client("lambda", org.organization.hub).invoke(FunctionName=f"{HUB_STACK}-organization", Payload=b"{}")
    found = json.loads(answer["Payload"].read())
    assert found["totals"]["scopes"] == 4
    accounts = org.store.account_list()
    assert accounts is not None
    assert {account.name for account in accounts.accounts} >= {"shop-prod"}
