"""Prices: what a workload costs per hour at list price, and what many of them cost together.

Pure. A workload of unknown size or price adds nothing and counts as unpriced; a total that includes one is a lower bound. A price that is
estimated is marked as approximate. Taxes, data transfer, logs and the unused part of a commitment are not included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import fsum
from typing import Annotated

import msgspec

from fargatecount.counts import Counts
from fargatecount.ledger.row import Row
from fargatecount.usage.price_list import PUBLISHED, SPOT_FACTOR, Platform, RegionPrices, rate_of, storage_rate_of
from fargatecount.workload import CPU_UNITS_PER_VCPU, HELD, MIB_PER_GIB, Capacity, Cluster, Facts

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


class Costs(msgspec.Struct, frozen=True):
    """The cost of everything held: in total, per cluster and per group."""

    total: Cost
    clusters: Mapping[Cluster, Cost]
    groups: Mapping[tuple[Cluster, str | None], Cost]
    """By service, family or owner; None for workloads without one."""


def hourly(facts: Facts, region: str, settings: PriceSettings = LIST_PRICES) -> Price:
    """Return the price of a workload with these facts while it is held.

    Pods are x86 Linux (https://docs.aws.amazon.com/eks/latest/userguide/fargate.html), and so is a task that states no platform. Unknown
    storage is priced as the free 20 GiB.
    """
    if facts.cpu is None or facts.memory is None:
        return NOT_KNOWN
    rate = rate_of(platform_of(facts), region, settings.regions)
    if rate is None:
        return NOT_KNOWN
    vcpus = facts.cpu / CPU_UNITS_PER_VCPU
    spot = facts.capacity is Capacity.SPOT
    factor = settings.spot_factor if spot else 1 - settings.discount_percent / 100
    amount = (vcpus * rate.vcpu + facts.memory / MIB_PER_GIB * rate.gib) * factor + vcpus * rate.licence
    guessed = rate.guessed
    if facts.storage is not None and facts.storage > FREE_STORAGE:
        storage = storage_rate_of(region, settings.regions)
        amount += (facts.storage - FREE_STORAGE) * storage.gib
        guessed = guessed or storage.guessed
    return Price(amount, known=True, approximate=guessed or spot)


def platform_of(facts: Facts) -> Platform:
    """Return the platform that determines the price."""
    if facts.os is not None:
        return Platform.WINDOWS_X86
    return Platform.LINUX_ARM if facts.architecture == "arm64" else Platform.LINUX_X86


def cost_per_hour(rows: Iterable[tuple[Cluster, Row]], settings: PriceSettings = LIST_PRICES) -> Costs:
    """Return the cost of the held workloads among `rows`."""
    prices: dict[tuple[Cluster, str | None], list[Price]] = defaultdict(list)
    for cluster, row in rows:
        if row.phase in HELD:
            prices[cluster, row.facts.group].append(hourly(row.facts, cluster.scope.region, settings))
    by_cluster: dict[Cluster, list[Price]] = defaultdict(list)
    for (cluster, _), of_group in prices.items():
        by_cluster[cluster] += of_group
    return Costs(
        total=Cost.of(price for of_cluster in by_cluster.values() for price in of_cluster),
        clusters={cluster: Cost.of(of_cluster) for cluster, of_cluster in by_cluster.items()},
        groups={key: Cost.of(of_group) for key, of_group in prices.items()},
    )


def cost_of_counts(counts: Counts, region: str, settings: PriceSettings = LIST_PRICES) -> Cost:
    """Return the cost of the held part of `counts`, priced as x86 Linux with free storage: counters have no other detail."""
    cost = Cost()
    for capacity in Capacity:
        held = counts.tally(capacities=(capacity,))
        price = hourly(Facts(cpu=held.cpu, memory=held.memory, capacity=capacity), region, settings)
        unpriced = held.unsized if price.known else held.count
        cost += Cost(price.amount, held.count, unpriced, approximate=held.count > unpriced)
    return cost


def label(settings: PriceSettings = LIST_PRICES) -> str:
    """Return a description of the prices, for people."""
    parts = [f"USD per hour at the AWS list price of {PUBLISHED}"]
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
