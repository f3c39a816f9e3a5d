"""The decision: which cell of the Fargate grid fits what a group used, and what changing to it frees. Pure.

CPU that is missing makes a task slower; memory that is missing kills it. So CPU is measured by the 95th percentile of its busiest task,
memory by the maximum; both with a margin. Advice needs a week of data, because load follows the days of the week.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from fargatecount.eks.pod_size import GRID
from fargatecount.rightsize.load import GroupKey, Load
from fargatecount.timestamps import HOUR
from fargatecount.usage.prices import LIST_PRICES, PriceSettings, hourly
from fargatecount.workload import CPU_UNITS_PER_VCPU, Capacity, Facts, Millis

DAY: Millis = 24 * HOUR
WEEK: Millis = 7 * DAY
LEAST: Millis = WEEK - HOUR
"""Span of data from which there is advice; an hour less than a week, because the newest points come late."""
LONG: Millis = 13 * DAY
HOURS_PER_MONTH = 730
STRESSED = 90.0
"""Percent from which a group is too small: CPU at its 95th percentile, memory at its maximum."""
WINDOWS_CPU = (1024, 4096)
"""CPU units between which Windows tasks exist:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size"""
WELL_COVERED, HALF_COVERED = 0.9, 0.5

Cell = tuple[int, int]
"""CPU units and MiB."""


class SizeVerdict(StrEnum):
    """The advice on one group."""

    SHRINK = "shrink"
    KEEP = "keep"
    GROW = "grow"
    TOO_LITTLE_DATA = "too-little-data"
    NO_METRICS = "no-metrics"


class Confidence(StrEnum):
    """How much data the advice rests on."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


class HeldGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What a group holds: tasks by capacity, and the facts of one of them, of the size that most of them have."""

    key: GroupKey
    tasks: Mapping[Capacity, int]
    facts: Facts
    other_sizes: int = 0
    """Tasks of another size, as during a deployment."""

    @property
    def count(self) -> int:
        """All tasks."""
        return sum(self.tasks.values())

    @property
    def cell(self) -> Cell | None:
        """The size; None if it is not known."""
        return (self.facts.cpu, self.facts.memory) if self.facts.cpu and self.facts.memory else None


class AdviceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to judge: margin in percent, the window that was read, its period in seconds, and prices."""

    margin: float = 20.0
    since: Millis
    until: Millis
    period: int
    prices: PriceSettings = LIST_PRICES


class SizeAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """The advice on one group. What it frees is negative for one that should grow."""

    held: HeldGroup
    load: Load
    verdict: SizeVerdict
    confidence: Confidence
    cell: Cell | None = None
    """The cell to change to; None without a change."""
    freed_vcpu: Mapping[Capacity, float] = {}
    freed_usd: float | None = None
    """USD a month at list price; None if it is not known."""
    remark: str = ""


def advise(held: HeldGroup, load: Load, settings: AdviceSettings) -> SizeAdvice:
    """Return the advice on one group."""
    if load.cpu is None or load.memory is None or held.cell is None:
        remark = "no size is known" if held.cell is None else "there are no metrics of it"
        return SizeAdvice(held=held, load=load, verdict=SizeVerdict.NO_METRICS, confidence=Confidence.NONE, remark=remark)
    span = min(load.cpu.last_at - load.cpu.first_at, load.memory.last_at - load.memory.first_at)
    if span < LEAST:
        remark = f"{span / DAY:.1f} days of data; advice needs 7"
        return SizeAdvice(held=held, load=load, verdict=SizeVerdict.TOO_LITTLE_DATA, confidence=Confidence.NONE, remark=remark)
    found = _cheapest(held, load.cpu.p95, load.memory.max, settings)
    verdict = _verdict(held, load.cpu.p95, load.memory.max, found, settings)
    confidence = _confidence(load, span, settings)
    if verdict is SizeVerdict.KEEP or found is None:
        return SizeAdvice(held=held, load=load, verdict=verdict, confidence=confidence, remark=_remark(held, found, verdict, load))
    cpu, _ = held.cell
    freed = {capacity: count * (cpu - found[0]) / CPU_UNITS_PER_VCPU for capacity, count in held.tasks.items()}
    return SizeAdvice(
        held=held,
        load=load,
        verdict=verdict,
        confidence=confidence,
        cell=found,
        freed_vcpu=freed,
        freed_usd=_freed_usd(held, found, settings),
        remark=_remark(held, found, verdict, load),
    )


def cells(os: str | None = None) -> Iterator[Cell]:
    """Yield the cells of the grid, which ECS and EKS share; for Windows those that it has."""
    for cpu, memories in GRID:
        if os is None or WINDOWS_CPU[0] <= cpu <= WINDOWS_CPU[1]:
            yield from ((cpu, memory) for memory in memories)


def _cheapest(held: HeldGroup, cpu_percent: float, memory_percent: float, settings: AdviceSettings) -> Cell | None:
    """Return the cheapest cell in which the use, with the margin, fits; None if it fits in none."""
    assert held.cell is not None  # `advise` has looked
    factor = (1 + settings.margin / 100) / 100
    cpu, memory = held.cell[0] * cpu_percent * factor, held.cell[1] * memory_percent * factor
    fitting = [cell for cell in cells(held.facts.os) if cell[0] >= cpu and cell[1] >= memory]
    return min(fitting, key=lambda cell: (_price(held, cell, settings), cell), default=None)


def _verdict(held: HeldGroup, cpu: float, memory: float, found: Cell | None, settings: AdviceSettings) -> SizeVerdict:
    assert held.cell is not None  # `advise` has looked
    stressed = cpu >= STRESSED or memory >= STRESSED
    if found is None or found == held.cell:
        return SizeVerdict.KEEP
    if _price(held, found, settings) < _price(held, held.cell, settings):
        return SizeVerdict.SHRINK
    return SizeVerdict.GROW if stressed else SizeVerdict.KEEP


def _price(held: HeldGroup, cell: Cell, settings: AdviceSettings) -> float:
    """Return the price that orders cells: USD an hour; without a price list, memory counts a ninth of a vCPU per GiB, as in all Regions."""
    facts = msgspec.structs.replace(held.facts, cpu=cell[0], memory=cell[1], capacity=Capacity.ON_DEMAND)
    price = hourly(facts, held.key.cluster.scope.region, settings.prices)
    return price.amount if price.known else cell[0] / 1024 + cell[1] / 1024 / 9


def _freed_usd(held: HeldGroup, found: Cell, settings: AdviceSettings) -> float | None:
    region, total = held.key.cluster.scope.region, 0.0
    for capacity, count in held.tasks.items():
        now = hourly(msgspec.structs.replace(held.facts, capacity=capacity), region, settings.prices)
        then = hourly(msgspec.structs.replace(held.facts, capacity=capacity, cpu=found[0], memory=found[1]), region, settings.prices)
        if not (now.known and then.known):
            return None
        total += count * (now.amount - then.amount) * HOURS_PER_MONTH
    return total


def _confidence(load: Load, span: Millis, settings: AdviceSettings) -> Confidence:
    assert load.cpu is not None  # `advise` has looked
    expected = (settings.until - settings.since) / 1000 / settings.period
    covered = load.cpu.points / expected if expected > 0 else 0
    if span >= LONG and covered >= WELL_COVERED:
        return Confidence.HIGH
    return Confidence.MEDIUM if covered >= HALF_COVERED * min(1.0, span / (settings.until - settings.since)) else Confidence.LOW


def _remark(held: HeldGroup, found: Cell | None, verdict: SizeVerdict, load: Load) -> str:
    assert held.cell is not None  # `advise` has looked
    assert load.cpu is not None
    remarks = []
    if found is None:
        remarks.append("it needs more than the largest cell")
    elif verdict is SizeVerdict.SHRINK and load.cpu.max * held.cell[0] / 100 > found[0]:
        remarks.append(f"bursts to {load.cpu.max * held.cell[0] / 100 / CPU_UNITS_PER_VCPU:.2f} vCPU will run slower")
    if held.other_sizes:
        remarks.append(f"{held.other_sizes} tasks have another size")
    return "; ".join(remarks)
