"""Counts: the number of workloads, CPU units and MiB per phase and capacity, and per price class: the arithmetic of a counter.

A cell of 0 is left out, so two counts are equal exactly when all their numbers are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeAlias

import msgspec

from fargatecount.workload import CPU_UNITS_PER_VCPU, HELD, LIVING, MIB_PER_GIB, Capacity, Facts, Phase


class Platform(StrEnum):
    """Platforms, which have prices of their own in each Region; the values are the fields of `RegionPrices`."""

    LINUX_X86 = "linux_x86"
    LINUX_ARM = "linux_arm"
    WINDOWS_X86 = "windows_x86"


def platform_of(facts: Facts) -> Platform:
    """Return the platform on which the price of a workload depends.

    Pods are x86 Linux (https://docs.aws.amazon.com/eks/latest/userguide/fargate.html), and so is a task that does not say.
    """
    if facts.os is not None:
        return Platform.WINDOWS_X86
    return Platform.LINUX_ARM if facts.architecture == "arm64" else Platform.LINUX_X86


class Tally(msgspec.Struct, frozen=True):
    """The sum over some workloads; negative in a difference."""

    count: int = 0
    cpu: int = 0
    """CPU units, 1 vCPU = 1024."""
    memory: int = 0
    """MiB."""
    unsized: int = 0
    """How many of `count` have no known size; if any, `cpu` and `memory` are lower bounds."""

    @property
    def vcpu(self) -> float:
        """The CPU units as vCPU."""
        return self.cpu / CPU_UNITS_PER_VCPU

    @property
    def gib(self) -> float:
        """The memory in GiB."""
        return self.memory / MIB_PER_GIB

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.count + other.count, self.cpu + other.cpu, self.memory + other.memory, self.unsized + other.unsized)

    def __neg__(self) -> Tally:
        return Tally(-self.count, -self.cpu, -self.memory, -self.unsized)


class Charge(msgspec.Struct, frozen=True):
    """What held workloads of one price class are charged for; negative in a difference."""

    count: int = 0
    unsized: int = 0
    """How many of `count` have no known size; the other fields leave these out, because they have no price."""
    cpu: int = 0
    """CPU units."""
    memory: int = 0
    """MiB."""
    storage: int = 0
    """GiB of ephemeral storage beyond the free ones."""

    def __add__(self, other: Charge) -> Charge:
        return Charge(
            self.count + other.count,
            self.unsized + other.unsized,
            self.cpu + other.cpu,
            self.memory + other.memory,
            self.storage + other.storage,
        )

    def __neg__(self) -> Charge:
        return Charge(-self.count, -self.unsized, -self.cpu, -self.memory, -self.storage)


FREE_STORAGE = 20
"""GiB of ephemeral storage that every task and pod has free of charge: https://aws.amazon.com/fargate/pricing/"""

NOTHING = Tally()
NO_CHARGE = Charge()
MEASURES = Tally.__struct_fields__
CHARGED = Charge.__struct_fields__

Cell: TypeAlias = tuple[Phase, Capacity]

CELLS: tuple[Cell, ...] = tuple((phase, capacity) for phase in LIVING for capacity in Capacity)


PriceClass: TypeAlias = tuple[Platform, Capacity]

PRICE_CLASSES: tuple[PriceClass, ...] = tuple((platform, capacity) for platform in Platform for capacity in Capacity)


class Counts(msgspec.Struct, frozen=True):
    """Tallies per phase and capacity, and what of them is charged for; a missing cell or class is zero."""

    cells: Mapping[Cell, Tally] = {}
    charges: Mapping[PriceClass, Charge] | None = {}
    """Of what is held, by price class; None where that is not known: a counter of an earlier release has no sums of it."""

    @classmethod
    def of(cls, phase: Phase, facts: Facts) -> Counts:
        """Return the counts of one workload; a workload that is gone counts nothing."""
        if phase is Phase.GONE:
            return EMPTY
        sized = facts.cpu is not None and facts.memory is not None
        tally = Tally(1, facts.cpu or 0, facts.memory or 0, 0 if sized else 1)
        # Only Spot tasks state their capacity; everything else counts against the on-demand quota.
        capacity = facts.capacity or Capacity.ON_DEMAND
        if phase not in HELD:
            return cls({(phase, capacity): tally})
        storage = max((facts.storage or 0) - FREE_STORAGE, 0)
        charge = Charge(1, 0, tally.cpu, tally.memory, storage) if sized else Charge(1, 1)
        return cls({(phase, capacity): tally}, {(platform_of(facts), capacity): charge})

    @classmethod
    def total(cls, parts: Iterable[Counts]) -> Counts:
        """Return the sum of all `parts`; its charges are known if those of all parts are."""
        cells: dict[Cell, Tally] = {}
        charges: dict[PriceClass, Charge] = {}
        priced = True
        for part in parts:
            for cell, tally in part.cells.items():
                cells[cell] = cells[cell] + tally if cell in cells else tally
            priced = priced and part.charges is not None
            for price_class, charge in (part.charges or {}).items():
                charges[price_class] = charges[price_class] + charge if price_class in charges else charge
        return cls(
            {cell: tally for cell, tally in cells.items() if tally != NOTHING},
            {price_class: charge for price_class, charge in charges.items() if charge != NO_CHARGE} if priced else None,
        )

    def __add__(self, other: Counts) -> Counts:
        return Counts.total((self, other))

    def __neg__(self) -> Counts:
        charges = None if self.charges is None else {price_class: -charge for price_class, charge in self.charges.items()}
        return Counts({cell: -tally for cell, tally in self.cells.items()}, charges)

    def __sub__(self, other: Counts) -> Counts:
        return self + -other

    def __bool__(self) -> bool:
        return bool(self.cells or self.charges)

    def tally(self, *, phases: Iterable[Phase] = HELD, capacities: Iterable[Capacity] = tuple(Capacity)) -> Tally:
        """Return the sum over `phases` (by default those that hold capacity) and `capacities`."""
        wanted = {(phase, capacity) for phase in phases for capacity in capacities}
        result = NOTHING
        for cell, tally in self.cells.items():
            if cell in wanted:
                result += tally
        return result

    @property
    def is_priced(self) -> bool:
        """Whether the charges are known, and are those of everything that is held."""
        return self.charges is not None and sum(charge.count for charge in self.charges.values()) == self.held.count

    @property
    def held(self) -> Tally:
        """Everything that occupies Fargate capacity."""
        return self.tally()

    @property
    def running(self) -> Tally:
        """Running workloads only."""
        return self.tally(phases=(Phase.RUNNING,))


EMPTY = Counts()
