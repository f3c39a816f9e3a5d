"""The promises of the store of the last usage event, in memory and in DynamoDB."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.forwarded import DynamoForwardState, ForwardedItem
from fargatecount.adapters.dynamodb.items import scope_key
from fargatecount.adapters.memory.forwarded import MemoryForwardState
from fargatecount.organization.compose import service_table
from fargatecount.organization.forward import ForwardState, ForwardStore
from tests.contract.places import PLACES, open_items
from tests.support.builders import NOW, SCOPE
from tests.support.reports import running

LAST = ForwardState(
    at=NOW,
    minute=7,
    digest="abc",
    over=("quota/spot/warning",),
    services=service_table([("ECS-web", "service:shop", running(3))], NOW),
)


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest) -> ForwardStore:
    """Return an empty store."""
    items = open_items(request, request.param)
    return MemoryForwardState() if items is None else DynamoForwardState(items())


def test_the_last_event_comes_back_as_it_was(store: ForwardStore) -> None:
    """Nothing before the first."""
    assert store.last(SCOPE) == ForwardState()
    store.remember(SCOPE, LAST)
    assert store.last(SCOPE) == LAST


def test_a_state_of_a_later_version_only_costs_an_event(request: pytest.FixtureRequest) -> None:
    """It is not an error: without it, one event more is sent."""
    items = open_items(request, "moto")
    assert items is not None
    opened = items()
    DynamoForwardState(opened).remember(SCOPE, LAST)
    later = opened.bind(ForwardedItem).get(scope_key(SCOPE), "FORWARDED")
    later.state = '{"at": "soon"}'
    later.save()
    assert DynamoForwardState(opened).last(SCOPE) == ForwardState()
