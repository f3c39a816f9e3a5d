"""The promises of the hub's store, in memory and on every DynamoDB."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.scopes import SHARDS, DynamoScopes, ReportItem, report_key, shard_key
from fargatecount.adapters.memory.scopes import MemoryScopes
from fargatecount.errors import MalformedError
from fargatecount.organization.accounts import AccountList, OrganizationAccount
from fargatecount.organization.report import encode
from fargatecount.organization.scopes import Offered
from fargatecount.workload import Scope
from tests.contract.places import PLACES, open_items
from tests.support.builders import NOW, SCOPE
from tests.support.reports import report
from tests.support.tables import REGION

Store = MemoryScopes | DynamoScopes
NEIGHBOR = Scope(SCOPE.account, "us-east-1")
OTHER = Scope("999999999999", "eu-west-1")


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest) -> Store:
    """Return an empty store."""
    items = open_items(request, request.param)
    return MemoryScopes() if items is None else DynamoScopes(items())


def offer(store: Store, tasks: int, at: int = NOW, scope: Scope = SCOPE) -> Offered:
    return store.offer(scope, at, encode(report(tasks, scope=scope, at=at)))


def test_a_report_comes_back_as_it_was(store: Store) -> None:
    """With its time and its scope, in no breach and not retired."""
    assert offer(store, 3) is Offered.TAKEN
    found = store.find(SCOPE)
    assert found is not None
    assert (found.report, found.as_of, found.in_breach, found.retired) == (report(3), NOW, False, False)
    assert store.find(OTHER) is None


@pytest.mark.parametrize("late", [NOW - 1, NOW])
def test_a_report_that_is_not_newer_changes_nothing(store: Store, late: int) -> None:
    """An older one, or the same again."""
    offer(store, 3)
    assert offer(store, 9, late) is Offered.STALE
    found = store.find(SCOPE)
    assert found is not None
    assert found.report.total.running == 3


def test_a_newer_report_replaces_the_one_before_and_keeps_the_mark(store: Store) -> None:
    """Whether a breach may be open is known with the write itself."""
    assert offer(store, 3) is Offered.TAKEN
    store.mark(SCOPE, in_breach=True)
    assert offer(store, 4, NOW + 1) is Offered.TAKEN_IN_BREACH
    store.mark(SCOPE, in_breach=False)
    assert offer(store, 5, NOW + 2) is Offered.TAKEN
    found = store.find(SCOPE)
    assert found is not None
    assert found.report.total.running == 5


def test_scopes_are_listed_all_or_by_account(store: Store) -> None:
    """An account's Regions are one query."""
    for scope in (SCOPE, NEIGHBOR, OTHER):
        offer(store, 1, scope=scope)
    assert {record.scope for record in store.scopes()} == {SCOPE, NEIGHBOR, OTHER}
    assert {record.scope for record in store.scopes(SCOPE.account)} == {SCOPE, NEIGHBOR}
    assert list(store.scopes("000000000001")) == []


def test_a_retired_scope_comes_back_with_a_newer_report(store: Store) -> None:
    """An account was reopened; an unknown scope cannot be retired."""
    offer(store, 1)
    assert store.retire(SCOPE, NOW)
    found = store.find(SCOPE)
    assert found is not None
    assert found.retired
    offer(store, 2, NOW + 1)
    found = store.find(SCOPE)
    assert found is not None
    assert not found.retired
    assert not store.retire(OTHER, NOW)


def test_an_unknown_scope_is_not_marked(store: Store) -> None:
    """A mark alone is no report."""
    store.mark(OTHER, in_breach=True)
    assert store.find(OTHER) is None


def test_the_list_of_accounts_comes_back_as_it_was(store: Store) -> None:
    """None before the first."""
    assert store.account_list() is None
    accounts = [OrganizationAccount(id=f"{i:012}", name=f"team-{i}", unit="Root/Prod", unit_ids=("r-1", "ou-1")) for i in range(1000)]
    listed = AccountList(as_of=NOW, accounts=accounts)
    store.keep_accounts(listed)
    assert store.account_list() == listed


def test_a_report_of_a_later_form_is_named(request: pytest.FixtureRequest) -> None:
    """And says what to do."""
    items = Items(request.getfixturevalue("table"), REGION)
    DynamoScopes(items).offer(SCOPE, NOW, b'{"version": "two"}')
    with pytest.raises(MalformedError, match="the report of 123456789012 eu-west-1"):
        DynamoScopes(items).find(SCOPE)


def test_accounts_are_spread_evenly_over_the_shards() -> None:
    """A thousand accounts: no partition has more than twice its share."""
    shards = [shard_key(f"{i * 7919:012}") for i in range(1000)]
    assert max(map(shards.count, set(shards))) < 2 * 1000 / SHARDS


def test_a_report_of_ordinary_size_takes_one_write_unit(request: pytest.FixtureRequest) -> None:
    """Compressed, with its keys, below a kilobyte."""
    items = Items(request.getfixturevalue("table"), REGION)
    DynamoScopes(items).offer(SCOPE, NOW, encode(report(3)))
    item = items.bind(ReportItem).get(*report_key(SCOPE))
    assert sum(len(name) + len(str(value)) for name, value in item.serialize().items() if name != "report") + len(item.report) < 1024
