"""Counts: the number of workloads, CPU units and MiB per phase and capacity: the arithmetic of a counter.

A cell of 0 is left out, so two counts are equal exactly when all their numbers are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

from fargatecount.workload import CPU_UNITS_PER_VCPU, HELD, LIVING, MIB_PER_GIB, Capacity, Facts, Phase


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


NOTHING = Tally()
MEASURES = Tally.__struct_fields__

Cell: TypeAlias = tuple[Phase, Capacity]

CELLS: tuple[Cell, ...] = tuple((phase, capacity) for phase in LIVING for capacity in Capacity)


class Counts(msgspec.Struct, frozen=True):
    """Tallies per phase and capacity; a missing cell is zero."""

    cells: Mapping[Cell, Tally] = {}

    @classmethod
    def of(cls, phase: Phase, facts: Facts) -> Counts:
        """Return the counts of one workload; a workload that is gone counts nothing."""
        if phase is Phase.GONE:
            return EMPTY
        sized = facts.cpu is not None and facts.memory is not None
        tally = Tally(1, facts.cpu or 0, facts.memory or 0, 0 if sized else 1)
        # Only Spot tasks state their capacity; everything else counts against the on-demand quota.
        return cls({(phase, facts.capacity or Capacity.ON_DEMAND): tally})

    @classmethod
    def total(cls, parts: Iterable[Counts]) -> Counts:
        """Return the sum of all `parts`."""
        cells: dict[Cell, Tally] = {}
        for part in parts:
            for cell, tally in part.cells.items():
                cells[cell] = cells[cell] + tally if cell in cells else tally
        return cls({cell: tally for cell, tally in cells.items() if tally != NOTHING})

    def __add__(self, other: Counts) -> Counts:
        return Counts.total((self, other))

    def __neg__(self) -> Counts:
        return Counts({cell: -tally for cell, tally in self.cells.items()})

    def __sub__(self, other: Counts) -> Counts:
        return self + -other

    def __bool__(self) -> bool:
        return bool(self.cells)

    def tally(self, *, phases: Iterable[Phase] = HELD, capacities: Iterable[Capacity] = tuple(Capacity)) -> Tally:
        """Return the sum over `phases` (by default those that hold capacity) and `capacities`."""
        wanted = {(phase, capacity) for phase in phases for capacity in capacities}
        result = NOTHING
        for cell, tally in self.cells.items():
            if cell in wanted:
                result += tally
        return result

    @property
    def held(self) -> Tally:
        """Everything that occupies Fargate capacity."""
        return self.tally()

    @property
    def running(self) -> Tally:
        """Running workloads only."""
        return self.tally(phases=(Phase.RUNNING,))


EMPTY = Counts()
