"""The organization as a document: the shape of `usage`, several scopes, and what is not known beside them."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.organization.accounts import AccountList, OrganizationAccount
from fargatecount.organization.compose import service_table
from fargatecount.organization.scopes import ScopeRecord, known_scope
from fargatecount.organization.selection import ScopeSelection
from fargatecount.organization.view import OrganizationDocument, organization_document
from fargatecount.usage.document import scope_document
from fargatecount.workload import Scope
from tests.support.builders import MINUTE, NOW
from tests.support.reports import report, running

ONE, TWO, THREE = Scope("111111111111", "eu-west-1"), Scope("111111111111", "us-east-1"), Scope("222222222222", "eu-west-1")
ACCOUNTS = AccountList(
    as_of=NOW,
    accounts=[
        OrganizationAccount(id="111111111111", name="shop-prod", unit="Root/Prod", unit_ids=("r-1", "ou-1")),
        OrganizationAccount(id="222222222222", name="shop-test", unit="Root/Test", unit_ids=("r-1", "ou-2")),
        OrganizationAccount(id="333333333333", name="forgotten", unit="Root/Prod/Old", unit_ids=("r-1", "ou-1", "ou-3")),
    ],
)


def record(scope: Scope, tasks: int, at: int = NOW) -> ScopeRecord:
    services = service_table([("ECS-web", "service:shop", running(tasks))], at)
    return ScopeRecord(scope=scope, as_of=at, report=report(tasks, scope=scope, at=at, services=services))


RECORDS = [record(ONE, 10), record(TWO, 99), record(THREE, 50, at=NOW - 5 * MINUTE)]


def document(**selection: tuple[str, ...]) -> OrganizationDocument:
    return organization_document(RECORDS, ACCOUNTS, NOW, ScopeSelection(**selection))


def test_scopes_have_the_shape_of_usage_and_stand_by_utilization() -> None:
    """A program that reads `status --json` reads each of them."""
    found = document()
    assert [(scope.account, scope.region, scope.percent) for scope in found.scopes] == [
        ("111111111111", "us-east-1", 99.0),
        ("222222222222", "eu-west-1", 50.0),
        ("111111111111", "eu-west-1", 10.0),
    ]
    own = scope_document(known_scope(RECORDS[1], NOW).usage)
    named = {**msgspec.to_builtins(own), "account_name": "shop-prod", "unit": "Root/Prod"}  # which the account itself does not know
    assert {name: value for name, value in msgspec.to_builtins(found.scopes[0]).items() if hasattr(own, name)} == named
    assert found.scopes[0].account_name == "shop-prod"
    assert [(each.service, each.vcpu) for each in found.scopes[0].services or ()] == [("service:shop", 99.0)]


def test_silence_and_missing_accounts_show_in_the_totals() -> None:
    """The sum has the last counts of the silent scope and is no exact number; the account without a deployment is listed."""
    found = document()
    assert (found.total.held.value, found.total.held.at_least, found.total.held.exact) == (159, 109, False)
    assert (found.total.silent, found.total.critical, found.complete) == (1, 1, False)
    assert [(each.account, each.account_name) for each in found.unreported] == [("333333333333", "forgotten")]
    silent = next(scope for scope in found.scopes if scope.silent)
    assert (silent.account, silent.age_seconds, silent.complete) == ("222222222222", 300, False)
    assert silent.clusters[0].counts_as_of == "2025-12-31T23:55:00Z"


@pytest.mark.parametrize(
    ("selection", "scopes", "unreported"),
    [
        ({"accounts": ("111111111111",)}, 2, 0),
        ({"accounts": ("shop-prod", "shop-test")}, 3, 0),
        ({"regions": ("eu-west-1",)}, 2, 1),
        ({"units": ("Root/Prod",)}, 2, 1),
        ({"units": ("ou-3",)}, 0, 1),
        ({"units": ("Root",), "regions": ("us-east-1",)}, 1, 1),
        ({"accounts": ("shop-prod",), "regions": ("eu-west-1",)}, 1, 0),
    ],
)
def test_a_part_is_selected_by_account_region_and_unit(selection: dict[str, tuple[str, ...]], scopes: int, unreported: int) -> None:
    """By ids or names; a unit has everything below it."""
    found = document(**selection)
    assert (len(found.scopes), len(found.unreported), found.total.scopes) == (scopes, unreported, scopes)


@pytest.mark.parametrize(
    ("selection", "text"),
    [
        ({"accounts": ("shop-prd",)}, "no account is 'shop-prd'; did you mean shop-prod?"),
        ({"regions": ("eu-west-2",)}, "no Region is 'eu-west-2'; did you mean eu-west-1?"),
        ({"units": ("Root/Prd",)}, "no organizational unit is 'Root/Prd'"),
    ],
)
def test_a_name_that_selects_nothing_is_an_error(selection: dict[str, tuple[str, ...]], text: str) -> None:
    """An empty answer would look like an empty organization."""
    with pytest.raises(MisconfiguredError) as refused:
        document(**selection)
    assert text in str(refused.value)
    assert "known: " in refused.value.remedy


def test_without_organizations_accounts_have_no_names_and_none_is_missing() -> None:
    """The hub shows who reports."""
    found = organization_document(RECORDS, None, NOW, ScopeSelection())
    assert {scope.account_name for scope in found.scopes} == {None}
    assert (found.unreported, found.accounts_as_of) == ([], None)
