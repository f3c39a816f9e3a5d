"""The survey: the groups that are held, their load, the advice on each, and what all of it frees together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from fargatecount.ledger.row import Row
from fargatecount.rightsize.advice import AdviceSettings, HeldGroup, SizeAdvice, SizeVerdict, advise
from fargatecount.rightsize.load import GroupKey, Load, Loads
from fargatecount.workload import Capacity, Cluster, Facts

PERIOD = 3600
"""Seconds of a period: two weeks are 336 points a series, so that a hundred services take two calls. Maxima lose nothing by it."""
LONGEST = 63 * 24 * PERIOD * 1000
"""Milliseconds of the longest window: nine weeks, in which a service has rarely stayed the same."""


class Reclaimable(msgspec.Struct, frozen=True, kw_only=True):
    """What all advice to shrink frees together."""

    groups: int
    vcpu: Mapping[Capacity, float]
    usd: float
    """USD a month at list price, of the groups whose price is known."""


def groups_of(rows: Iterable[tuple[Cluster, Row]]) -> list[HeldGroup]:
    """Return the groups among held rows, each with the size that most of its workloads have."""
    found: dict[GroupKey, list[Facts]] = defaultdict(list)
    for cluster, row in rows:
        if row.facts.group is not None:
            found[GroupKey(cluster, row.facts.group)].append(row.facts)
    return [_group(key, facts) for key, facts in sorted(found.items())]


def survey_sizes(groups: Iterable[HeldGroup], loads: Loads, settings: AdviceSettings) -> list[SizeAdvice]:
    """Return the advice on each group, what frees most first.

    Raises:
        DeniedError, UnavailableError: the metrics could not be read.
    """
    held = list(groups)
    read = loads.read([group.key for group in held], settings.since, settings.until)
    advice = [advise(group, read.get(group.key, Load()), settings) for group in held]
    return sorted(advice, key=lambda each: (-sum(each.freed_vcpu.values()), -(each.freed_usd or 0), each.held.key))


def reclaimable(advice: Iterable[SizeAdvice]) -> Reclaimable:
    """Return what the groups that should shrink free together."""
    shrinking = [each for each in advice if each.verdict is SizeVerdict.SHRINK]
    vcpu: Counter[Capacity] = Counter()
    for each in shrinking:
        for capacity, freed in each.freed_vcpu.items():
            vcpu[capacity] += freed  # type: ignore[assignment] # a Counter of floats
    return Reclaimable(groups=len(shrinking), vcpu=dict(vcpu), usd=sum(each.freed_usd or 0.0 for each in shrinking))


def _group(key: GroupKey, facts: list[Facts]) -> HeldGroup:
    sizes = Counter((each.cpu, each.memory) for each in facts)
    (size, most), *_ = sizes.most_common(1)
    sample = next(each for each in facts if (each.cpu, each.memory) == size)
    of_size = [each for each in facts if (each.cpu, each.memory) == size]
    tasks = Counter(each.capacity or Capacity.ON_DEMAND for each in of_size)
    return HeldGroup(key=key, tasks=dict(tasks), facts=sample, other_sizes=len(facts) - most)
