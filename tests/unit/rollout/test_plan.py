"""What a roll-out does, from what is there and what is wanted."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.rollout.plan import RolledOut, Wanted, plan_rollout, preferences_for
from fargatecount.rollout.stack_set import InstanceState, Operation, Preferences, StackInstance, StackSet
from fargatecount.rollout.targets import Organization, check_regions, reach_of, resolve_units
from fargatecount.workload import Scope

ROOT, PROD, TEST = "r-abcd", "ou-abcd-11111111", "ou-abcd-22222222"
BOSS, SHOP, DATA, OLD, PLAY = (digit * 12 for digit in "12345")


def account(number: str, *units: str, status: str = "ACTIVE") -> OrganizationAccount:
    names = {ROOT: "Root", PROD: "Prod", TEST: "Test"}
    return OrganizationAccount(
        id=number, name=f"account-{number[0]}", status=status, unit="/".join(names[unit] for unit in units), unit_ids=units
    )


ORGANIZATION = Organization(
    id="o-a1b2c3d4e5",
    management=BOSS,
    accounts=[
        account(BOSS, ROOT),
        account(SHOP, ROOT, PROD),
        account(DATA, ROOT, PROD),
        account(OLD, ROOT, PROD, status="SUSPENDED"),
        account(PLAY, ROOT, TEST),
    ],
)
PARAMETERS = {"HubBusArn": "arn", "Armed": "false", "CodeKey": "fargatecount/0.2.0/abc/function.zip", "CodeBucketPrefix": "code"}


def stack_set(**changes: str) -> StackSet:
    return StackSet(name="fargatecount-prod", template={"Resources": {}}, parameters={**PARAMETERS, **changes})


def stacks(*places: tuple[str, str], state: InstanceState = InstanceState.CURRENT) -> list[StackInstance]:
    return [StackInstance(scope=Scope(*place), state=state) for place in places]


def wanted(*units: str, regions: tuple[str, ...] = ("eu-west-1",), **changes: str) -> Wanted:
    return Wanted(stack_set=stack_set(**changes), units=units or (PROD,), regions=regions)


EVERYWHERE = stacks((SHOP, "eu-west-1"), (DATA, "eu-west-1"))
RUNNING = Operation(id="1", action="UPDATE", status="RUNNING")


@pytest.mark.parametrize(
    ("standing", "wish", "expected"),
    [
        (RolledOut(), wanted(), {"creates": True, "missing": (Scope(SHOP, "eu-west-1"), Scope(DATA, "eu-west-1"))}),
        (RolledOut(stack_set=stack_set()), wanted(), {"missing": (Scope(SHOP, "eu-west-1"), Scope(DATA, "eu-west-1"))}),
        (RolledOut(stack_set=stack_set(), instances=EVERYWHERE), wanted(), {"nothing_to_do": True}),
        (RolledOut(stack_set=stack_set(), instances=EVERYWHERE[:1]), wanted(), {"missing": (Scope(DATA, "eu-west-1"),)}),
        (
            RolledOut(stack_set=stack_set(), instances=EVERYWHERE),
            wanted(regions=("eu-west-1", "us-east-1")),
            {"missing": (Scope(SHOP, "us-east-1"), Scope(DATA, "us-east-1")), "code_regions": ("eu-west-1", "us-east-1")},
        ),
        (RolledOut(stack_set=stack_set(), instances=EVERYWHERE), wanted(PROD, TEST), {"missing": (Scope(PLAY, "eu-west-1"),)}),
        (
            RolledOut(stack_set=stack_set(), instances=EVERYWHERE),
            wanted(Armed="true"),
            {"updates": True, "changed_settings": ("armed: false -> true",)},
        ),
        (
            RolledOut(stack_set=stack_set(CodeKey="fargatecount/0.1.0/abc/function.zip"), instances=EVERYWHERE),
            wanted(),
            {"updates": True, "version_before": "0.1.0", "version_after": "0.2.0", "changed_settings": ()},
        ),
        (
            RolledOut(stack_set=stack_set(), instances=[*EVERYWHERE[:1], *stacks((DATA, "eu-west-1"), state=InstanceState.FAILED)]),
            wanted(),
            {"retried": (Scope(DATA, "eu-west-1"),)},
        ),
        (
            RolledOut(stack_set=stack_set(), instances=[*EVERYWHERE, *stacks((OLD, "eu-west-1"), state=InstanceState.SUSPENDED)]),
            wanted(),
            {"nothing_to_do": True},
        ),
        (
            RolledOut(stack_set=stack_set(), instances=[*EVERYWHERE, *stacks((PLAY, "us-east-1"))]),
            wanted(),
            {"nothing_to_do": True, "outside": (Scope(PLAY, "us-east-1"),), "code_regions": ("eu-west-1", "us-east-1")},
        ),
        (RolledOut(stack_set=stack_set(), instances=EVERYWHERE, running=RUNNING), wanted(), {"running": RUNNING}),
    ],
    ids=[
        *("nothing there", "interrupted before the stacks", "all there", "an account joined", "a Region more", "a unit more"),
        *("a setting", "a release", "one failed", "one closed", "one elsewhere", "one operation runs"),
    ],
)
def test_a_plan_is_what_is_missing(standing: RolledOut, wish: Wanted, expected: dict[str, Any]) -> None:
    """Only that; what is not named is left alone."""
    plan = plan_rollout(standing, wish, ORGANIZATION)
    quiet = {"creates": False, "updates": False, "missing": (), "retried": (), "outside": (), "changed_settings": (), "running": None}
    names = (quiet | expected).keys()
    assert {name: getattr(plan, name) for name in names} == quiet | expected
    assert plan.nothing_to_do is ("nothing_to_do" in expected)


def test_the_management_account_and_closed_ones_are_named_and_left_out() -> None:
    """StackSets deploys to neither; the root reaches every other account."""
    reach = reach_of((ROOT,), ORGANIZATION)
    assert [one.id for one in reach.accounts] == [SHOP, DATA, PLAY]
    assert [one.id for one in reach.closed] == [OLD]
    assert reach.management is not None
    plan = plan_rollout(RolledOut(), wanted(ROOT), ORGANIZATION)
    assert (plan.management, [one.id for one in plan.closed]) == (reach.management, [OLD])


@pytest.mark.parametrize(
    ("accounts", "concurrent", "tolerated", "expected"),
    [
        (1, 25, 10, Preferences(concurrent=1, tolerated=1)),
        (9, 25, 10, Preferences(concurrent=2, tolerated=1)),
        (1000, 25, 10, Preferences(concurrent=250, tolerated=100)),
        (1000, 0.1, 0, Preferences(concurrent=1, tolerated=0)),
        (0, 100, 100, Preferences(concurrent=1, tolerated=1)),
    ],
)
def test_percents_become_whole_accounts(accounts: int, concurrent: float, tolerated: float, expected: Preferences) -> None:
    """At least one, unless no failure is to be tolerated."""
    assert preferences_for(accounts, concurrent=concurrent, tolerated=tolerated) == expected


def test_units_are_given_by_path_or_by_id() -> None:
    """An id is taken as it is, because a unit may be empty still."""
    accounts = ORGANIZATION.accounts
    assert resolve_units(["Root/Prod", "Root", PROD, "ou-abcd-99999999"], accounts) == (PROD, ROOT, "ou-abcd-99999999")
    with pytest.raises(MisconfiguredError, match=r"'Root/Prot'; did you mean Root/Prod\?"):
        resolve_units(["Root/Prot"], accounts)


def test_regions_are_given_in_one_text_or_in_many() -> None:
    """Each counts once."""
    assert check_regions(["eu-west-1,us-east-1 us-gov-west-1", "eu-west-1"]) == ("eu-west-1", "us-east-1", "us-gov-west-1")
    with pytest.raises(MisconfiguredError, match="euwest1: no name of a Region"):
        check_regions(["euwest1"])
