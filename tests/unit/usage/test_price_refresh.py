"""Refreshed prices: when AWS is asked, what is kept, and which prices are in force."""

from __future__ import annotations

from fargatecount.adapters.memory.prices import MemoryPrices
from fargatecount.adapters.price_list_api import PriceListApi
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.timestamps import DAY
from fargatecount.usage.price_list import Rate, RefreshedPrices, RegionPrices
from fargatecount.usage.price_refresh import KeptPrices, PriceRefresh, in_force, refresh
from fargatecount.usage.prices import LIST_PRICES, PriceSettings, hourly, label
from fargatecount.workload import Facts, Scope
from tests.support.builders import NOW, SCOPE

VCPU = Facts(cpu=1024, memory=0)


class PriceList:
    """AWS's Price List, which may refuse."""

    def __init__(self) -> None:
        self.vcpu = 0.5
        self.published = "2026-10-01"
        self.refuses = False
        self.asked = 0

    def read(self, region: str) -> RefreshedPrices:
        assert region == SCOPE.region
        self.asked += 1
        if self.refuses:
            raise DeniedError("pricing:GetProducts is denied")
        return RefreshedPrices(prices=RegionPrices(Rate(self.vcpu, 0.05)), published=self.published)


class NoTable(MemoryPrices):
    """A table that does not answer."""

    def kept(self, scope: Scope) -> KeptPrices | None:
        raise UnavailableError(f"no answer for {scope.region}")


def costs(settings: PriceSettings) -> float:
    return hourly(VCPU, SCOPE.region, settings).amount


def test_aws_is_asked_once_a_week() -> None:
    """The first run asks, the next ones use what is kept, and a change of AWS's prices is in force after a week."""
    aws, store = PriceList(), MemoryPrices()
    ports = PriceRefresh(aws, store)
    assert costs(refresh(LIST_PRICES, ports, SCOPE, NOW, dry_run=False)) == 0.5
    aws.vcpu, aws.published = 0.6, "2026-12-01"
    found = refresh(LIST_PRICES, ports, SCOPE, NOW + 7 * DAY - 1, dry_run=False)
    assert (costs(found), aws.asked) == (0.5, 1)
    assert "eu-west-1 as of 2026-10-01" in label(found)
    assert costs(refresh(LIST_PRICES, ports, SCOPE, NOW + 7 * DAY, dry_run=False)) == 0.6
    assert in_force(LIST_PRICES, store, SCOPE).published(SCOPE.region) == "2026-12-01"


def test_a_refusal_keeps_the_older_prices() -> None:
    """The reason is kept, and AWS is asked again after a day."""
    aws, store = PriceList(), MemoryPrices()
    ports = PriceRefresh(aws, store)
    refresh(LIST_PRICES, ports, SCOPE, NOW, dry_run=False)
    aws.refuses = True
    assert costs(refresh(LIST_PRICES, ports, SCOPE, NOW + 7 * DAY, dry_run=False)) == 0.5
    kept = store.kept(SCOPE)
    assert kept is not None
    assert (kept.reason, aws.asked) == ("pricing:GetProducts is denied", 2)
    refresh(LIST_PRICES, ports, SCOPE, NOW + 8 * DAY - 1, dry_run=False)
    assert aws.asked == 2
    aws.refuses = False
    refresh(LIST_PRICES, ports, SCOPE, NOW + 8 * DAY, dry_run=False)
    kept = store.kept(SCOPE)
    assert kept is not None
    assert (kept.reason, aws.asked) == ("", 3)


def test_a_dry_run_asks_and_keeps_nothing() -> None:
    """It uses what is there."""
    aws, store = PriceList(), MemoryPrices()
    assert refresh(LIST_PRICES, PriceRefresh(aws, store), SCOPE, NOW, dry_run=True) == LIST_PRICES
    assert (aws.asked, store.kept(SCOPE)) == (0, None)


def test_the_younger_prices_count() -> None:
    """Of the prices refreshed here and those in the table, the later day wins; prices of your own win over both."""
    store = MemoryPrices()
    store.keep(SCOPE, KeptPrices(asked_at=NOW, prices=PriceList().read(SCOPE.region)))
    younger = RefreshedPrices(prices=RegionPrices(Rate(0.9, 0.05)), published="2026-11-01")
    assert costs(in_force(PriceSettings(refreshed={SCOPE.region: younger}), store, SCOPE)) == 0.9
    assert costs(in_force(PriceSettings(regions={SCOPE.region: RegionPrices(Rate(0.1, 0.05))}), store, SCOPE)) == 0.1


def test_a_table_without_an_answer_leaves_the_list() -> None:
    """Prices stop no run."""
    assert refresh(LIST_PRICES, PriceRefresh(PriceList(), NoTable()), SCOPE, NOW, dry_run=False) == LIST_PRICES
    assert in_force(LIST_PRICES, NoTable(), SCOPE) == LIST_PRICES


def test_where_the_price_list_has_no_endpoint_nothing_is_asked() -> None:
    """Credentials of GovCloud and China are valid at no endpoint of the Price List: the reason is kept."""

    def open_client(region: str) -> None:
        raise AssertionError(region)

    for region in ("us-gov-west-1", "cn-north-1"):
        scope, store = Scope("123456789012", region), MemoryPrices()
        assert refresh(LIST_PRICES, PriceRefresh(PriceListApi(open_client), store), scope, NOW, dry_run=False) == LIST_PRICES
        kept = store.kept(scope)
        assert kept is not None
        assert kept.reason == f"the Price List has no endpoint in the partition of {region}"
