"""The promises of a breach store, in memory and in DynamoDB."""

from __future__ import annotations

import json

import pytest

from fargatecount.adapters.dynamodb.breaches import BreachesItem, DynamoBreaches
from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.items import scope_key
from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.breaches.breach import Breaches, BreachLevel, LimitGauge, QuotaGauge, acknowledge, evaluate
from fargatecount.breaches.notify import BreachStore
from fargatecount.errors import MalformedError
from fargatecount.workload import Capacity, Scope
from tests.contract.places import PLACES, open_items
from tests.support.builders import NOW, SCOPE
from tests.support.tables import REGION

OVER = QuotaGauge(
    capacity=Capacity.SPOT,
    level=BreachLevel.WARNING,
    threshold=80,
    unit="vCPU",
    value=3,
    used=2.5,
    percent=83.33333333333333,
)
LIMITED = LimitGauge(
    subject="ECS-naïve",
    level=BreachLevel.WARNING,
    threshold=90,
    unit="workloads",
    value=1,
    used=7,
    percent=700,
    at_least=True,
)
BEGUN = evaluate(Breaches(), [OVER, LIMITED], NOW)


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest) -> BreachStore:
    """Return an empty store."""
    items = open_items(request, request.param)
    return MemoryBreaches() if items is None else DynamoBreaches(items())


def test_at_first_nothing_is_in_breach(store: BreachStore) -> None:
    """A new scope has no breaches, and revision 0."""
    assert store.breaches(SCOPE) == Breaches()


def test_breaches_come_back_as_they_were(store: BreachStore) -> None:
    """Open ones and pending changes, to the last digit."""
    assert store.keep(SCOPE, BEGUN)
    assert store.breaches(SCOPE) == BEGUN


def test_the_next_revision_replaces_the_one_before(store: BreachStore) -> None:
    """As a whole."""
    store.keep(SCOPE, BEGUN)
    delivered = acknowledge(BEGUN, BEGUN.pending)
    assert store.keep(SCOPE, delivered)
    assert store.breaches(SCOPE) == delivered


@pytest.mark.parametrize("late", [BEGUN, acknowledge(acknowledge(BEGUN, []), [])], ids=["as old", "too new"])
def test_only_the_next_revision_is_kept(store: BreachStore, late: Breaches) -> None:
    """A decision based on another revision changes nothing."""
    store.keep(SCOPE, BEGUN)
    assert not store.keep(SCOPE, late)
    assert store.breaches(SCOPE) == BEGUN


def test_the_first_revision_needs_an_empty_store_and_a_later_one_does_not_take_it(store: BreachStore) -> None:
    """A later revision does not fill an empty store."""
    assert not store.keep(SCOPE, acknowledge(BEGUN, []))
    assert store.breaches(SCOPE) == Breaches()


def test_a_late_write_does_not_replace_a_state_that_was_made_anew(request: pytest.FixtureRequest) -> None:
    """The item was deleted and made anew between the read and the write: the late decision is refused."""
    items = Items(request.getfixturevalue("table"), REGION)
    store = DynamoBreaches(items)
    assert store.keep(SCOPE, BEGUN)
    late = acknowledge(BEGUN, BEGUN.pending)
    items.bind(BreachesItem).get(scope_key(SCOPE), "BREACHES").delete()
    assert not store.keep(SCOPE, late)
    again = evaluate(Breaches(), [OVER], NOW + 1)
    assert store.keep(SCOPE, again)
    assert not store.keep(SCOPE, late)
    assert store.breaches(SCOPE) == again


def test_an_item_of_a_later_version_is_named_and_not_overwritten(request: pytest.FixtureRequest) -> None:
    """After a downgrade no wrong event is put; the metrics go on."""
    items = Items(request.getfixturevalue("table"), REGION)
    DynamoBreaches(items).keep(SCOPE, BEGUN)
    later = items.bind(BreachesItem).get(scope_key(SCOPE), "BREACHES")
    later.state = later.state.replace('"quota"', '"something new"')
    later.save()
    with pytest.raises(MalformedError, match="the item BREACHES of S#123456789012#eu-west-1"):
        DynamoBreaches(items).breaches(SCOPE)


def test_scopes_are_independent(store: BreachStore) -> None:
    """Another Region has breaches of its own."""
    store.keep(SCOPE, BEGUN)
    assert store.breaches(Scope(SCOPE.account, "us-east-1")) == Breaches()


RELEASED = (
    '{"rev":7,"open":{"quota/spot/warning":{"kind":"Crossed","gauge":{"ceiling":"quota","subject":"spot","level":"warning","threshold":80.0,'
    '"unit":"vCPU","value":3.0,"used":2.5,"percent":83.33333333333333,"at_least":false},"since":1767225600000,"at":1767225600000}},'
    '"untold":[{"kind":"Cleared","gauge":{"ceiling":"limit","subject":"","level":"warning","threshold":90.0,"unit":"workloads","value":null,'
    '"used":null,"percent":null,"at_least":false},"since":1767225600000,"at":1767225660000}]}'
)
"""A state as the code wrote it before its gauges were typed."""


def test_a_released_version_can_read_a_new_state(request: pytest.FixtureRequest) -> None:
    """Written again, the state has the same keys and values; only their order may differ."""
    items = Items(request.getfixturevalue("table"), REGION)
    items.bind(BreachesItem)(scope_key(SCOPE), "BREACHES", rev=7, state=RELEASED).save()
    before = DynamoBreaches(items).breaches(SCOPE)
    assert DynamoBreaches(items).keep(SCOPE, acknowledge(before, []))
    written = items.bind(BreachesItem).get(scope_key(SCOPE), "BREACHES").state
    assert json.loads(written) == {**json.loads(RELEASED), "rev": 8, "replaces": 7}
