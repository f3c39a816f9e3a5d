"""Prices: what a workload costs per hour at list price, and what many of them cost together.

Pure. A workload of unknown size or price adds nothing and counts as unpriced; a total that includes one is a lower bound. A price that is
estimated is marked as approximate. Taxes, data transfer, logs and the unused part of a commitment are not included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import Annotated

import msgspec

from fargatecount.counts import Charge, Counts, Platform, PriceClass
from fargatecount.ledger.row import Row
from fargatecount.usage.price_list import PUBLISHED, SPOT_FACTOR, RefreshedPrices, RegionPrices, rate_of, storage_rate_of
from fargatecount.workload import CPU_UNITS_PER_VCPU, HELD, MIB_PER_GIB, Capacity, Cluster, Facts, Phase

FREE_STORAGE = 20
"""GiB of ephemeral storage that every task and pod has free of charge (https://aws.amazon.com/fargate/pricing/)."""
DECIMALS = 6
"""Decimals of the USD amounts in documents: the smallest task costs about 0.012 an hour, a GiB of its storage a ten-thousandth."""


class PriceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's corrections to the list prices."""

    discount_percent: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0.0
    """Discount of a Savings Plan or a contract on vCPU and memory of on-demand capacity; Spot, storage and licenses have none
    (https://docs.aws.amazon.com/savingsplans/latest/userguide/what-is-savings-plans.html)."""
    spot_factor: Annotated[float, msgspec.Meta(ge=0, le=1)] = SPOT_FACTOR
    """The Spot price as a fraction of the on-demand price."""
    regions: Mapping[str, RegionPrices] = {}
    """Prices per Region that replace those of the list; a missing price is taken from the list."""
    refreshed: Mapping[str, RefreshedPrices] = {}
    """Newer prices of AWS than the list has, by Region (`fargatecount prices refresh`)."""

    @property
    def newer(self) -> Mapping[str, RegionPrices]:
        """The refreshed prices alone."""
        return {region: each.prices for region, each in self.refreshed.items()}

    def published(self, region: str) -> str:
        """Return the day of AWS's prices for a Region."""
        return self.refreshed[region].published if region in self.refreshed else PUBLISHED


LIST_PRICES = PriceSettings()


class Price(msgspec.Struct, frozen=True):
    """The price of one workload."""

    amount: float
    """USD per hour; 0 if not known."""
    known: bool
    approximate: bool = False
    """Whether it is derived from another Region's price, or from a Spot price, which varies."""


NOT_KNOWN = Price(0.0, known=False)


class Cost(msgspec.Struct, frozen=True):
    """The cost of several workloads together."""

    amount: float = 0.0
    """USD per hour of the workloads whose price is known."""
    workloads: int = 0
    unpriced: int = 0
    """How many of `workloads` have no known price."""
    approximate: bool = False

    @classmethod
    def of(cls, prices: Iterable[Price]) -> Cost:
        """Return the sum; it is the same in every order."""
        every = list(prices)
        known = [price for price in every if price.known]
        return cls(fsum(price.amount for price in known), len(every), len(every) - len(known), any(price.approximate for price in known))

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.amount + other.amount,
            self.workloads + other.workloads,
            self.unpriced + other.unpriced,
            self.approximate or other.approximate,
        )

    @property
    def at_least(self) -> bool:
        """Whether the true cost is higher, because some workloads could not be priced."""
        return self.unpriced > 0


class GroupHeld(msgspec.Struct, frozen=True):
    """What the held workloads of one group take of the quotas, and whose they are."""

    on_demand_vcpu: float = 0.0
    spot_vcpu: float = 0.0
    unsized: int = 0
    """Workloads without a known size: with any of them both numbers are lower bounds."""
    owners: frozenset[str | None] = frozenset()
    """Values of the owner tag; `NO_OWNER` for none, None for not read."""


class Costs(msgspec.Struct, frozen=True):
    """The cost of everything held: in total, per cluster and per group."""

    total: Cost
    clusters: Mapping[Cluster, Cost]
    groups: Mapping[tuple[Cluster, str | None], Cost] | None
    """None where only counters were read. By service, family or owner; None for workloads without one."""
    held: Mapping[tuple[Cluster, str | None], GroupHeld] = {}
    """What each of `groups` holds."""


def hourly(facts: Facts, region: str, settings: PriceSettings = LIST_PRICES) -> Price:
    """Return what a workload with these facts costs while it is held; storage that is not known is the free one."""
    ((price_class, charge),) = (Counts.of(Phase.RUNNING, facts).charges or {}).items()
    return NOT_KNOWN if charge.unsized else _price(price_class, charge, region, settings)


def _price(price_class: PriceClass, charge: Charge, region: str, settings: PriceSettings) -> Price:
    """Return what the sized workloads of one price class cost together: each price is proportional to what is charged for."""
    platform, capacity = price_class
    rate = rate_of(platform, region, settings.regions, settings.newer)
    if rate is None:
        return NOT_KNOWN
    vcpus, spot = charge.cpu / CPU_UNITS_PER_VCPU, capacity is Capacity.SPOT
    factor = settings.spot_factor if spot else 1 - settings.discount_percent / 100
    amount = (vcpus * rate.vcpu + charge.memory / MIB_PER_GIB * rate.gib) * factor + vcpus * rate.licence
    guessed = rate.guessed
    if charge.storage:
        storage = storage_rate_of(region, settings.regions, settings.newer)
        amount += charge.storage * storage.gib
        guessed = guessed or storage.guessed
    return Price(amount, known=True, approximate=guessed or spot)


def cost_per_hour(rows: Iterable[tuple[Cluster, Row]], settings: PriceSettings = LIST_PRICES) -> Costs:
    """Return the cost of the held workloads among `rows`."""
    prices: dict[tuple[Cluster, str | None], list[Price]] = defaultdict(list)
    facts: dict[tuple[Cluster, str | None], list[Facts]] = defaultdict(list)
    for cluster, row in rows:
        if row.phase in HELD:
            prices[cluster, row.facts.group].append(hourly(row.facts, cluster.scope.region, settings))
            facts[cluster, row.facts.group].append(row.facts)
    by_cluster: dict[Cluster, list[Price]] = defaultdict(list)
    for (cluster, _), of_group in prices.items():
        by_cluster[cluster] += of_group
    return Costs(
        total=Cost.of(price for of_cluster in by_cluster.values() for price in of_cluster),
        clusters={cluster: Cost.of(of_cluster) for cluster, of_cluster in by_cluster.items()},
        groups={key: Cost.of(of_group) for key, of_group in prices.items()},
        held={key: _held(of_group) for key, of_group in facts.items()},
    )


def _held(facts: Sequence[Facts]) -> GroupHeld:
    # Only Spot tasks state their capacity, as in `Counts.of`.
    vcpu = dict.fromkeys(Capacity, 0.0)
    for one in facts:
        vcpu[one.capacity or Capacity.ON_DEMAND] += (one.cpu or 0) / CPU_UNITS_PER_VCPU
    return GroupHeld(
        on_demand_vcpu=vcpu[Capacity.ON_DEMAND],
        spot_vcpu=vcpu[Capacity.SPOT],
        unsized=sum(one.cpu is None for one in facts),
        owners=frozenset(one.owner for one in facts),
    )


def cost_of_counts(counts: Counts, region: str, settings: PriceSettings = LIST_PRICES) -> Cost:
    """Return what the held part of `counts` costs; with unknown charges, as if all of it were x86 Linux with free storage only."""
    if not counts.is_priced:
        return _cost_as_linux(counts, region, settings)
    cost = Cost()
    for price_class, charge in sorted((counts.charges or {}).items()):
        price = _price(price_class, charge, region, settings)
        unpriced = charge.unsized if price.known else charge.count
        cost += Cost(price.amount, charge.count, unpriced, approximate=price.approximate and charge.count > unpriced)
    return cost


def _cost_as_linux(counts: Counts, region: str, settings: PriceSettings) -> Cost:
    cost = Cost()
    for capacity in Capacity:
        held = counts.tally(capacities=(capacity,))
        price = _price((Platform.LINUX_X86, capacity), Charge(held.count, held.unsized, held.cpu, held.memory), region, settings)
        unpriced = held.unsized if price.known else held.count
        cost += Cost(price.amount, held.count, unpriced, approximate=held.count > unpriced)
    return cost


def label(settings: PriceSettings = LIST_PRICES) -> str:
    """Return a description of the prices, for people."""
    parts = [f"USD per hour at the AWS list price of {PUBLISHED}"]
    if settings.refreshed:
        parts += [f"{region} as of {each.published}" for region, each in sorted(settings.refreshed.items())]
    if settings.regions:
        parts.append(f"own prices in {', '.join(sorted(settings.regions))}")
    if settings.discount_percent:
        parts.append(f"{settings.discount_percent:g} % off on-demand vCPU and memory")
    parts.append(f"Spot at {settings.spot_factor:g} of on-demand")
    return "; ".join(parts)


def read_region_prices(text: str) -> Mapping[str, RegionPrices]:
    """Return the prices in a JSON text such as `{"eu-west-1": {"linux-x86": {"vcpu": 0.04, "gib": 0.004}, "storage": 0.0001}}`.

    Raises:
        ValueError: the text is not of that form; the message names the place.
    """
    try:
        return msgspec.json.decode(text, type=dict[str, RegionPrices])
    except msgspec.MsgspecError as error:
        raise ValueError(f"expected prices per Region as JSON: {error}") from error
