"""What the rows must be in the end, said the simple way: of all that was ever observed of a workload, the newest counts.

Written apart from `row.settle`, which must come to the same one observation at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fargatecount.ledger.row import Row
from fargatecount.workload import FACT_NAMES, Facts, Observation, Phase, WorkloadKey

Truth = tuple[object, ...]
"""What a row must say: only that it is gone, or all that a living row knows."""


def truth(observations: Collection[Observation]) -> Truth:
    """Return what a row must say once all `observations` of its workload are known."""
    highest = max(seen.epoch for seen in observations)
    observations = [seen for seen in observations if seen.epoch == highest]
    if any(seen.phase is Phase.GONE for seen in observations):
        return (Phase.GONE,)
    newest = max(map(_age, observations))
    deciding = [seen for seen in observations if _age(seen) == newest]
    facts = {}
    for name in FACT_NAMES:
        stated = [(_age(seen), getattr(seen.facts, name)) for seen in observations if getattr(seen.facts, name) is not None]
        if stated:
            facts[name] = max(stated)[1]
    epoch, version, source, _ = newest
    return (deciding[0].phase, epoch, version, source, min(seen.observed_at for seen in deciding), Facts(**facts))


def truths(observations: Collection[Observation]) -> Mapping[WorkloadKey, Truth]:
    """Return what every row must say."""
    by_workload: dict[WorkloadKey, list[Observation]] = {}
    for seen in observations:
        by_workload.setdefault(WorkloadKey(seen.cluster, seen.workload_id), []).append(seen)
    return {key: truth(seen) for key, seen in by_workload.items()}


def told_by(row: Row) -> Truth:
    """Return what a row says."""
    if row.phase is Phase.GONE:
        return (Phase.GONE,)
    return (row.phase, row.epoch, row.version, row.source, row.observed_at, row.facts)


def _age(seen: Observation) -> tuple[int, int, int, int]:
    return (seen.epoch, seen.version, int(seen.source), list(Phase).index(seen.phase))
