"""Counts as they stand in a usage report: one entry for each phase and capacity, in whole CPU units and MiB. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec

from fargatecount.counts import NOTHING, Counts, Tally
from fargatecount.workload import Capacity, Phase

Whole = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A count that every JSON reader represents exactly. A negative or larger one is refused when it is read."""


class CellEntry(msgspec.Struct, frozen=True, array_like=True):
    """The workloads of one phase and capacity."""

    phase: Phase
    capacity: Capacity
    count: Whole
    cpu: Whole
    """CPU units, 1 vCPU = 1024."""
    memory: Whole
    """MiB."""
    unsized: Whole = 0


def cells_of(counts: Counts) -> list[CellEntry]:
    """Return counts as they stand in a report, in a stable order."""
    return [
        CellEntry(phase, capacity, tally.count, tally.cpu, tally.memory, tally.unsized)
        for (phase, capacity), tally in sorted(counts.cells.items(), key=lambda cell: (cell[0][0].ordinal, cell[0][1]))
        if tally.count > 0
    ]


def counts_from(cells: Iterable[CellEntry]) -> Counts:
    """Return the counts of a report; a phase that stands twice is added."""
    return Counts.total(
        Counts({(cell.phase, cell.capacity): Tally(cell.count, cell.cpu, cell.memory, cell.unsized)})
        for cell in cells
        if cell.phase is not Phase.GONE and Tally(cell.count, cell.cpu, cell.memory, cell.unsized) != NOTHING
    )
