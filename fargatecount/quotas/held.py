"""Held: what is counted against a quota or limit, and how much of it is certain.

Pure. Counts of clusters that cannot be read are old: the true ones may be higher or lower. Counts from which clusters are missing, and
workloads without a known size, are lower bounds.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.bounds import Bounded
from fargatecount.counts import EMPTY, Counts
from fargatecount.workload import Capacity

ALL_CAPACITIES = tuple(Capacity)


class HeldCounts(msgspec.Struct, frozen=True):
    """Counts, and the part of them that is certain."""

    counts: Counts
    """The best estimate: last known counts of unreadable clusters included."""
    certain: Counts | None = None
    """What is held at least; None where `counts` is complete and up to date."""

    def __add__(self, other: HeldCounts) -> HeldCounts:
        if self.certain is None and other.certain is None:
            return HeldCounts(self.counts + other.counts)
        return HeldCounts(self.counts + other.counts, self._certain + other._certain)

    @property
    def _certain(self) -> Counts:
        return self.counts if self.certain is None else self.certain

    def incomplete(self) -> HeldCounts:
        """Return the same counts as a lower bound: something is missing from them."""
        return HeldCounts(self.counts, self._certain)

    def vcpu(self, capacities: Iterable[Capacity] = ALL_CAPACITIES) -> Bounded:
        """Return the held vCPU of some capacities."""
        capacities = tuple(capacities)
        tally = self.counts.tally(capacities=capacities)
        if self.certain is None and not tally.unsized:
            return Bounded.exact(tally.vcpu)
        return Bounded(tally.vcpu, self._certain.tally(capacities=capacities).vcpu, None)

    @property
    def workloads(self) -> Bounded:
        """Return how many workloads are held."""
        count = self.counts.held.count
        if self.certain is None:
            return Bounded.exact(count)
        return Bounded(count, self.certain.held.count, None)


NOTHING_CERTAIN = HeldCounts(EMPTY, EMPTY)
"""Counts of a cluster that was never read."""


def total_of(parts: Iterable[HeldCounts]) -> HeldCounts:
    """Return the sum of all `parts`."""
    total = HeldCounts(EMPTY)
    for part in parts:
        total += part
    return total
