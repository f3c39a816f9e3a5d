"""The counts that a set of task lives must end in."""

from __future__ import annotations

from collections.abc import Iterable

from fargatecount.counts import Counts
from fargatecount.workload import Capacity, Facts, Phase
from local.traffic import Life


def expected(tasks: Iterable[Life], phase: Phase = Phase.RUNNING) -> Counts:
    """Return what the counters must say once all of these lives are over, or running."""
    return Counts.total(
        Counts.of(phase, Facts(cpu=life.cpu, memory=life.memory, capacity=Capacity.SPOT if life.spot else Capacity.ON_DEMAND))
        for life in tasks
        if life.running
    )
