"""What a store of refreshed prices promises, in memory and in DynamoDB alike."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.prices import MAX_REASON, DynamoPrices
from fargatecount.adapters.memory.prices import MemoryPrices
from fargatecount.usage.price_list import Rate, RefreshedPrices, RegionPrices
from fargatecount.usage.price_refresh import KeptPrices, PriceStore
from tests.contract.places import PLACES, open_items
from tests.support.builders import NOW, SCOPE

PRICES = RefreshedPrices(prices=RegionPrices(Rate(0.7, 0.07), storage=0.0001), published="2026-10-01")


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest) -> PriceStore:
    items = open_items(request, request.param)
    return MemoryPrices() if items is None else DynamoPrices(items())


def test_the_last_one_kept_counts(store: PriceStore) -> None:
    """Prices, day, time and reason come back as they were kept; a scope without any has None."""
    assert store.kept(SCOPE) is None
    store.keep(SCOPE, KeptPrices(asked_at=NOW, reason="x" * MAX_REASON))
    assert store.kept(SCOPE) == KeptPrices(asked_at=NOW, reason="x" * MAX_REASON)
    store.keep(SCOPE, KeptPrices(asked_at=NOW + 1, prices=PRICES))
    assert store.kept(SCOPE) == KeptPrices(asked_at=NOW + 1, prices=PRICES)
