"""The promises of a mute store, in memory and in DynamoDB."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.items import scope_key
from fargatecount.adapters.dynamodb.mutes import DynamoMutes, MutesItem
from fargatecount.adapters.memory.mutes import MemoryMutes
from fargatecount.errors import MalformedError
from fargatecount.mutes.mute import Mute, Mutes, MuteStore, add, end
from fargatecount.workload import Scope
from tests.contract.places import PLACES, open_items
from tests.support.builders import HOUR, NOW, SCOPE
from tests.support.tables import REGION

NIGHT = Mute(
    id="1", since=NOW, until=NOW + HOUR, reason="Lasttest, groß", by="arn:aws:iam::1:user/eve", cluster="ECS-web", held=("Crossed/q/1",)
)
BEGUN = add(Mutes(), NIGHT, NOW)


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest) -> MuteStore:
    """Return an empty store."""
    items = open_items(request, request.param)
    return MemoryMutes() if items is None else DynamoMutes(items())


def test_at_first_nothing_is_muted(store: MuteStore) -> None:
    """A new scope has no mutes, and revision 0."""
    assert store.mutes(SCOPE) == Mutes()


def test_mutes_come_back_as_they_were_and_are_replaced_as_a_whole(store: MuteStore) -> None:
    """With what they hold; another Region has mutes of its own."""
    assert store.keep(SCOPE, BEGUN)
    assert store.mutes(SCOPE) == BEGUN
    ended = end(BEGUN, {"1"}, NOW + 1)
    assert store.keep(SCOPE, ended)
    assert (store.mutes(SCOPE), store.mutes(Scope(SCOPE.account, "us-east-1"))) == (ended, Mutes())


def test_only_the_next_revision_is_kept(store: MuteStore) -> None:
    """A mute that another process wrote meanwhile is not lost."""
    store.keep(SCOPE, BEGUN)
    assert not store.keep(SCOPE, add(Mutes(), NIGHT, NOW))
    assert not store.keep(SCOPE, end(end(BEGUN, {"1"}, NOW), {"1"}, NOW))
    assert store.mutes(SCOPE) == BEGUN


def test_an_item_that_cannot_be_read_is_named(request: pytest.FixtureRequest) -> None:
    """Its reader treats nothing as muted then."""
    items = Items(request.getfixturevalue("table"), REGION)
    items.bind(MutesItem)(scope_key(SCOPE), "MUTES", rev=1, state='{"mutes": 7}').save()
    with pytest.raises(MalformedError, match="the item MUTES of S#123456789012#eu-west-1"):
        DynamoMutes(items).mutes(SCOPE)
