"""A census: which accounts are entered, what is kept, and what is known of those that are closed to it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from fargatecount.census.take import Census, take_census
from fargatecount.errors import DeniedError, FargatecountError
from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.usage.document import ScopeDocument, scope_document
from fargatecount.workload import Scope
from tests.support.reports import DENIED, READABLE, cluster_usage, running, scope_usage_of

SHOP, DATA, LAB = (
    OrganizationAccount(id=digit * 12, name=name, unit="Root") for digit, name in (("1", "shop"), ("2", "data"), ("3", "lab"))
)


class World:
    """Accounts with running tasks by Region, some of which refuse; it is the way into them."""

    def __init__(self, **closed: FargatecountError) -> None:
        self.closed = closed
        self.unreadable: set[Scope] = set()
        self.counts: list[Scope] = []
        self.kept: dict[Scope, ScopeDocument] = {}
        self.stop_after: int | None = None
        self.scopes = self.done = self.refusals = 0
        self._lock = threading.Lock()

    def enter(self, account: OrganizationAccount) -> Inside:
        if account.name in self.closed:
            raise self.closed[account.name]
        return Inside(self, account)

    def take(self, *regions: str) -> Census:
        return take_census([SHOP, DATA, LAB], self, Kept(self), Bar(self), regions=regions)


class Inside:
    """One account."""

    def __init__(self, world: World, account: OrganizationAccount) -> None:
        self._world, self._account = world, account

    def regions(self) -> Sequence[str]:
        return ["eu-west-1", "us-east-1"]

    def count(self, region: str) -> ScopeDocument:
        scope = Scope(self._account.id, region)
        with self._world._lock:
            self._world.counts.append(scope)
            if self._world.stop_after is not None and len(self._world.counts) > self._world.stop_after:
                raise KeyboardInterrupt
        trust = DENIED if scope in self._world.unreadable else READABLE
        return scope_document(scope_usage_of([cluster_usage(counts=running(3), scope=scope, trust=trust)], scope))


class Kept:
    """Where counted scopes are kept."""

    path = Path("nowhere")

    def __init__(self, world: World) -> None:
        self._world = world

    def counted(self) -> Mapping[Scope, ScopeDocument]:
        return dict(self._world.kept)

    def keep(self, document: ScopeDocument) -> None:
        self._world.kept[Scope(document.account or "", document.region)] = document

    def forget(self) -> None:
        self._world.kept = {}


class Bar:
    """The progress."""

    def __init__(self, world: World) -> None:
        self._world = world

    def entered(self, regions: int) -> None:
        self._world.scopes += regions

    def refused(self) -> None:
        self._world.refusals += 1

    def counted(self) -> None:
        self._world.done += 1


def test_every_region_of_every_account_is_counted_once() -> None:
    """In the order of accounts and Regions, with the names of the accounts."""
    world = World()
    census = world.take()
    assert [(scope.account_name, scope.region) for scope in census.scopes] == [
        (name, region) for name in ("shop", "data", "lab") for region in ("eu-west-1", "us-east-1")
    ]
    assert (census.complete, len(world.counts), world.scopes, world.done) == (True, 6, 6, 6)


def test_an_account_that_cannot_be_entered_is_unknown_and_stops_no_other() -> None:
    """It is listed with its cause and remedy, has no scope, and makes the census incomplete."""
    world = World(data=DeniedError("no role", remedy="deploy it"))
    census = world.take("eu-west-1")
    assert [scope.account for scope in census.scopes] == [SHOP.id, LAB.id]
    assert [(one.account, one.reason, one.remedy) for one in census.unread] == [(DATA.id, "no role", "deploy it")]
    assert (census.complete, world.refusals) == (False, 1)


def test_an_interrupted_census_goes_on_where_it_was() -> None:
    """What was counted before Ctrl-C is not counted again."""
    world = World()
    world.stop_after = 3
    with pytest.raises(KeyboardInterrupt):
        world.take()
    before, world.stop_after, world.counts = set(world.kept), None, []
    assert 0 < len(before) <= 3
    census = world.take()
    assert (census.continued, census.complete, len(census.scopes)) == (len(before), True, 6)
    assert not before & set(world.counts)


def test_a_scope_that_was_not_readable_is_counted_again() -> None:
    """Only complete scopes are kept: the other may be readable by now."""
    world = World()
    denied = Scope(DATA.id, "us-east-1")
    world.unreadable = {denied}
    assert not world.take().complete
    assert (denied in world.kept, len(world.kept)) == (False, 5)
    world.unreadable, world.counts = set(), []
    assert world.take().complete
    assert world.counts == [denied]


def test_no_account_is_no_complete_census() -> None:
    """An empty answer proves nothing."""
    empty = take_census([], World(), Kept(World()), Bar(World()))
    assert (empty.scopes, empty.complete) == ([], False)
    assert msgspec.json.encode(empty.unread) == b"[]"
