from __future__ import annotations

import datetime as dt
import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.counts import Counts, Platform
from fargatecount.usage.cost_document import cost_breakdown, cost_document
from fargatecount.usage.price_list import LIST, PUBLISHED, REFERENCE_REGION, Rate, RegionPrices
from fargatecount.usage.prices import Cost, PriceSettings, cost_of_counts, cost_per_hour, hourly, label, read_region_prices
from fargatecount.workload import LIVING, Capacity, Cluster, Facts, Kind, Phase, Scope
from tests.support.builders import BATCH, NOW, PODS, SCOPE, WEB, row

ONE = Facts(cpu=1024, memory=2048)
"""1 vCPU and 2 GiB."""


@pytest.mark.parametrize(
    ("facts", "region", "amount"),
    [
        (ONE, "us-east-1", 0.04048 + 2 * 0.004445),
        (Facts(cpu=256, memory=512), "us-east-1", 0.25 * 0.04048 + 0.5 * 0.004445),
        (ONE, "eu-central-1", 0.04656 + 2 * 0.00511),
        (ONE, "sa-east-1", 0.0696 + 2 * 0.0076),
        (Facts(cpu=1024, memory=2048, architecture="x86_64"), "us-east-1", 0.04048 + 2 * 0.004445),
        (Facts(cpu=1024, memory=2048, architecture="arm64"), "us-east-1", 0.03238 + 2 * 0.00356),
        (Facts(cpu=1024, memory=2048, architecture="arm64"), "ap-south-1", 0.02383 + 2 * 0.00261),
        (Facts(cpu=1024, memory=2048, os="WINDOWS_SERVER_2022_CORE"), "us-east-1", 0.046552 + 0.046 + 2 * 0.00511175),
        (Facts(cpu=1024, memory=2048, storage=20), "us-east-1", 0.04048 + 2 * 0.004445),
        (Facts(cpu=1024, memory=2048, storage=21), "us-east-1", 0.04048 + 2 * 0.004445 + 0.000111),
        (Facts(cpu=1024, memory=2048, storage=200), "ap-northeast-1", 0.05056 + 2 * 0.00553 + 180 * 0.000133),
        (Facts(cpu=1024, memory=2048, capacity=Capacity.ON_DEMAND), "us-east-1", 0.04048 + 2 * 0.004445),
    ],
)
def test_listed_prices(facts: Facts, region: str, amount: float) -> None:
    """A size in a Region whose prices are listed costs its vCPU, memory, license and storage beyond 20 GiB, exactly."""
    price = hourly(facts, region)
    assert price.amount == pytest.approx(amount, rel=1e-12)
    assert price.known
    assert not price.approximate


@pytest.mark.parametrize("facts", [Facts(), Facts(cpu=256), Facts(memory=512), Facts(storage=200, architecture="arm64")])
def test_a_workload_without_size_has_no_price(facts: Facts) -> None:
    """Where vCPU or memory is not known, so is the price."""
    assert not hourly(facts, "us-east-1").known


@pytest.mark.parametrize(
    ("facts", "region", "listed_elsewhere"),
    [
        # Prices of AWS's own page, which the guess has to meet: Sydney and São Paulo list 0.03885 / 0.00426 and 0.0557 / 0.00612 for ARM.
        (Facts(cpu=1024, memory=2048, architecture="arm64"), "ap-southeast-2", 0.03885 + 2 * 0.00426),
        (Facts(cpu=1024, memory=2048, architecture="arm64"), "sa-east-1", 0.0557 + 2 * 0.00612),
        (ONE, "xx-nowhere-1", 0.04048 + 2 * 0.004445),
    ],
)
def test_a_price_that_is_not_listed_is_approximate(facts: Facts, region: str, listed_elsewhere: float) -> None:
    """What the list lacks is guessed from us-east-1 in proportion to the Region's x86 price, and says so."""
    price = hourly(facts, region)
    assert price.amount == pytest.approx(listed_elsewhere, rel=2e-3)
    assert price.known
    assert price.approximate


def test_storage_whose_price_is_not_listed_makes_the_price_approximate() -> None:
    """Storage beyond the free 20 GiB in a Region without a listed storage price is guessed, and says so."""
    beyond = hourly(Facts(cpu=1024, memory=2048, storage=120), "eu-central-1")
    free = hourly(ONE, "eu-central-1")
    assert beyond.amount - free.amount == pytest.approx(100 * 0.000111 * 0.00511 / 0.004445)
    assert beyond.approximate


def test_china_has_no_price_in_usd() -> None:
    """A Region that bills in CNY is unpriced rather than wrong."""
    assert not hourly(ONE, "cn-north-1").known


def test_china_has_the_price_that_the_user_sets() -> None:
    """The user's own prices hold where the list has none."""
    own = PriceSettings(regions={"cn-north-1": RegionPrices(Rate(0.05, 0.005))})
    assert hourly(ONE, "cn-north-1", own).amount == pytest.approx(0.06)


def test_spot_costs_a_part_of_on_demand() -> None:
    """Spot is the on-demand price times the factor in the settings, and approximate, for it floats."""
    spot = hourly(Facts(cpu=1024, memory=2048, capacity=Capacity.SPOT), "eu-west-1", PriceSettings(spot_factor=0.3))
    assert spot.amount == pytest.approx(0.3 * hourly(ONE, "eu-west-1").amount)
    assert spot.approximate


def test_a_discount_is_taken_off_on_demand_vcpu_and_memory() -> None:
    """A discount lowers vCPU and memory in proportion."""
    assert hourly(ONE, "us-east-1", PriceSettings(discount_percent=20)).amount == pytest.approx(0.8 * hourly(ONE, "us-east-1").amount)


def test_a_discount_leaves_spot_alone() -> None:
    """A discount does not lower the price of Spot."""
    spot = Facts(cpu=1024, memory=2048, capacity=Capacity.SPOT)
    assert hourly(spot, "us-east-1", PriceSettings(discount_percent=50)) == hourly(spot, "us-east-1")


def test_a_discount_leaves_licence_and_storage_alone() -> None:
    """With all of vCPU and memory free, license and storage are left."""
    facts = Facts(cpu=2048, memory=4096, os="WINDOWS_SERVER_2022_CORE", storage=30)
    assert hourly(facts, "us-east-1", PriceSettings(discount_percent=100)).amount == pytest.approx(2 * 0.046 + 10 * 0.000111)


def test_own_prices_replace_those_of_the_list() -> None:
    """A price that the user sets for a Region counts instead of the listed one; the list fills in what is left out."""
    own = PriceSettings(regions={"us-east-1": RegionPrices(linux_x86=Rate(0.03, 0.003))})
    assert hourly(ONE, "us-east-1", own).amount == pytest.approx(0.036)
    assert hourly(Facts(cpu=1024, memory=2048, architecture="arm64"), "us-east-1", own).amount == pytest.approx(0.03238 + 2 * 0.00356)
    assert hourly(ONE, "us-east-2", own) == hourly(ONE, "us-east-2")


def test_own_prices_are_read_from_json() -> None:
    """A JSON text gives prices per Region and platform."""
    text = '{"eu-west-1": {"linux-x86": {"vcpu": 0.04, "gib": 0.004}, "storage": 0.0001}}'
    assert read_region_prices(text) == {"eu-west-1": RegionPrices(linux_x86=Rate(0.04, 0.004), storage=0.0001)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "truncated"),
        ('{"eu-west-1": {"linux-x68": {"vcpu": 1, "gib": 1}}}', "linux-x68"),
        ('{"eu-west-1": {"linux-x86": {"vcpu": -1, "gib": 1}}}', "vcpu"),
        ('{"eu-west-1": {"linux-x86": {"vcpu": 1}}}', "gib"),
    ],
)
def test_bad_own_prices_are_refused_with_their_place(text: str, named: str) -> None:
    """A text that gives no prices is refused, and the error says where."""
    with pytest.raises(ValueError, match=named):
        read_region_prices(text)


def test_cost_by_cluster_and_group() -> None:
    """What is held is summed over all, by cluster and by group within a cluster."""
    services = [(WEB, "service:front"), (WEB, "service:front"), (WEB, "service:api"), (BATCH, "service:front"), (PODS, None)]
    costs = cost_per_hour((cluster, row(facts=Facts(cpu=1024, memory=2048, group=group))) for cluster, group in services)
    one = hourly(ONE, SCOPE.region).amount
    assert {key: (cost.workloads, round(cost.amount / one, 9)) for key, cost in (costs.groups or {}).items()} == {
        (WEB, "service:front"): (2, 2),
        (WEB, "service:api"): (1, 1),
        (BATCH, "service:front"): (1, 1),
        (PODS, None): (1, 1),
    }
    assert {cluster: cost.workloads for cluster, cost in costs.clusters.items()} == {WEB: 3, BATCH: 1, PODS: 1}
    assert costs.total.amount == pytest.approx(5 * one)


def test_what_each_group_holds_of_both_quotas() -> None:
    """On demand and Spot apart, the owners, and the workloads whose size is not known."""
    held = [
        Facts(cpu=1024, memory=2048, group="service:front", owner="search"),
        Facts(cpu=512, memory=1024, group="service:front", owner="search", capacity=Capacity.SPOT),
        Facts(group="service:front", owner="search"),
        Facts(cpu=256, memory=512, group="service:api", owner="search"),
        Facts(cpu=256, memory=512, group="service:api", owner="payments"),
    ]
    found = cost_breakdown(cost_per_hour((WEB, row(facts=facts)) for facts in held)).groups
    assert {each.group: (each.on_demand_vcpu, each.spot_vcpu, each.vcpu_at_least, each.owner) for each in found} == {
        "service:front": (1.0, 0.5, True, "search"),
        "service:api": (0.5, 0.0, False, None),
    }


@pytest.mark.parametrize(
    ("phase", "billed"),
    [
        (Phase.WAITING, 0),
        (Phase.PENDING, 1),
        (Phase.RUNNING, 1),
        (Phase.STOPPING, 1),
        (Phase.COMPLETED, 1),
        (Phase.GONE, 0),
    ],
)
def test_only_what_is_held_costs(phase: Phase, billed: int) -> None:
    """A workload costs as long as it holds capacity, a completed pod included."""
    assert cost_per_hour([(WEB, row(phase, facts=ONE, expires_at=NOW))]).total.workloads == billed


def test_each_cluster_is_priced_in_its_own_region() -> None:
    """Clusters of several Regions are priced each by its own list."""
    tokyo = Cluster(Scope(SCOPE.account, "ap-northeast-1"), Kind.ECS, "web")
    costs = cost_per_hour([(WEB, row(facts=ONE)), (tokyo, row(facts=ONE))])
    assert costs.clusters[tokyo].amount == pytest.approx(0.05056 + 2 * 0.00553)
    assert costs.clusters[WEB].amount == pytest.approx(0.04048 + 2 * 0.004445)


def test_a_total_with_an_unsized_workload_is_at_least() -> None:
    """A workload without size adds no amount and turns the totals that it is in into lower bounds, and no other."""
    costs = cost_per_hour([(WEB, row(facts=ONE)), (WEB, row(facts=Facts())), (BATCH, row(facts=ONE))])
    assert (costs.total.at_least, costs.clusters[WEB].at_least, costs.clusters[BATCH].at_least) == (True, True, False)
    assert costs.total.amount == pytest.approx(2 * hourly(ONE, SCOPE.region).amount)
    assert costs.total.unpriced == 1


def test_the_sum_is_the_same_in_every_order() -> None:
    """Rows give the same cost to the last bit, whatever order they are read in."""
    rows = [(WEB, row(facts=Facts(cpu=cpu, memory=1024))) for cpu in (256, 512, 16384, 2048)]
    assert len({cost_per_hour(order).total for order in itertools.permutations(rows)}) == 1


def test_counts_without_charges_are_priced_as_linux_on_x86() -> None:
    """Counters of an earlier release give an approximate cost per capacity, what is unsized left out."""
    counts = Counts.total(
        [
            Counts.of(Phase.RUNNING, ONE),
            Counts.of(Phase.PENDING, Facts(cpu=1024, memory=2048, capacity=Capacity.SPOT)),
            Counts.of(Phase.RUNNING, Facts()),
            Counts.of(Phase.WAITING, ONE),
        ]
    )
    cost = cost_of_counts(Counts(counts.cells, None), "us-east-1", PriceSettings(spot_factor=0.5))
    assert cost.amount == pytest.approx(1.5 * hourly(ONE, "us-east-1").amount)
    assert (cost.workloads, cost.unpriced, cost.approximate) == (3, 1, True)


sized = st.builds(
    Facts,
    cpu=st.sampled_from([None, 256, 4096]),
    memory=st.sampled_from([None, 512, 30720]),
    storage=st.sampled_from([None, 20, 21, 200]),
    capacity=st.sampled_from([None, *Capacity]),
    architecture=st.sampled_from([None, "x86_64", "arm64"]),
    os=st.sampled_from([None, "WINDOWS_SERVER_2022_CORE"]),
)


@given(st.lists(st.tuples(st.sampled_from(LIVING), sized), max_size=12), st.sampled_from(["us-east-1", "xx-nowhere-1", "cn-north-1"]))
def test_counters_cost_what_their_rows_do(workloads: list[tuple[Phase, Facts]], region: str) -> None:
    """The sums by price class have everything that a price depends on: size, platform, capacity and storage."""
    cluster = Cluster(Scope("123456789012", region), Kind.ECS, "web")
    settings = PriceSettings(discount_percent=20)
    by_rows = cost_per_hour(((cluster, row(phase, facts=facts)) for phase, facts in workloads), settings).total
    by_counter = cost_of_counts(Counts.total(Counts.of(phase, facts) for phase, facts in workloads), region, settings)
    assert by_counter.amount == pytest.approx(by_rows.amount)
    assert (by_counter.workloads, by_counter.unpriced, by_counter.approximate) == (by_rows.workloads, by_rows.unpriced, by_rows.approximate)


def test_counts_in_china_are_unpriced() -> None:
    """Counters of a Region without prices in USD have no cost, and every workload is said to be unpriced."""
    cost = cost_of_counts(Counts.of(Phase.RUNNING, ONE), "cn-north-1")
    assert (cost.workloads, cost.unpriced, cost.approximate) == (1, 1, False)


@pytest.mark.parametrize(
    ("cost", "amount", "at_least"),
    [
        (Cost(), 0.0, False),
        (Cost(0.0493712345, 1), 0.049371, False),
        (Cost(0.05, 2, unpriced=1), 0.05, True),
        (Cost(0.0, 2, unpriced=2), None, True),
    ],
)
def test_a_cost_in_json(cost: Cost, amount: float | None, at_least: bool) -> None:
    """Nothing held costs 0; what is held and cannot be priced costs null."""
    assert msgspec.to_builtins(cost_document(cost)) == {"cost_per_hour": amount, "cost_at_least": at_least, "cost_approximate": False}


def test_the_label_says_which_prices_they_are() -> None:
    """The label names the list price, its date, and the changes to it."""
    text = label(PriceSettings(discount_percent=12.5, regions={"eu-west-1": RegionPrices()}))
    for part in ("list price", PUBLISHED, "12.5 %", "eu-west-1", "Spot"):
        assert part in text


def test_the_list_is_dated() -> None:
    """The day of the list is a date, so that its age is known."""
    assert dt.date.fromisoformat(PUBLISHED) > dt.date(2026, 1, 1)


def test_the_reference_region_lacks_no_price() -> None:
    """What every guess starts from is listed in full."""
    reference = LIST[REFERENCE_REGION]
    assert all(getattr(reference, platform) is not None for platform in Platform)
    assert reference.storage is not None


@pytest.mark.parametrize("region", sorted(LIST))
def test_listed_prices_are_of_the_right_size(region: str) -> None:
    """No listed price is off by a factor of two from us-east-1: a slipped digit would be."""
    for platform in Platform:
        rate = getattr(LIST[region], platform)
        if rate is not None:
            reference = getattr(LIST[REFERENCE_REGION], platform)
            assert 0.5 < rate.vcpu / reference.vcpu < 2
            assert 0.5 < rate.gib / reference.gib < 2
