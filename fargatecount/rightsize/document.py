"""Advice in JSON: the document `fargatecount/rightsize` version 1, and the sum that a report keeps.

Pure. Keys may be added; none is renamed. What is unknown is null.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from fargatecount.rightsize.advice import AdviceSettings, Cell, SizeAdvice, SizeVerdict
from fargatecount.rightsize.load import LoadSummary
from fargatecount.rightsize.survey import Reclaimable, reclaimable
from fargatecount.timestamps import to_iso
from fargatecount.workload import CPU_UNITS_PER_VCPU, MIB_PER_GIB, Capacity

NAMED = 20
"""Groups that a report names, those that free most first."""


class SizeDocument(msgspec.Struct, frozen=True):
    """A cell of the grid."""

    vcpu: float
    memory_gib: float


class LoadDocument(msgspec.Struct, frozen=True):
    """What is used, in percent of what is held."""

    p50: float
    p95: float
    max: float


class RightsizeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The advice on one group."""

    cluster: str
    group: str
    tasks: int
    held: SizeDocument | None
    cpu: LoadDocument | None
    memory: LoadDocument | None
    source: str | None
    verdict: str
    confidence: str
    advised: SizeDocument | None
    freed_vcpu: float
    """vCPU of quota; negative for a group that should grow."""
    freed_usd_month: float | None
    remark: str


class ReclaimableDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What all advice to shrink frees together."""

    as_of: str
    groups: int
    vcpu: float
    on_demand_vcpu: float
    spot_vcpu: float
    usd_month: float
    which: list[RightsizeEntry] = []
    without_metrics: int = 0
    """Groups of which nothing is known."""
    too_little_data: int = 0
    """Groups with less than a week of data, of which nothing is advised."""
    problem: str | None = None
    """Why it could not be found out."""


class RightsizeDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount rightsize --json`."""

    schema: Literal["fargatecount/rightsize"] = "fargatecount/rightsize"
    version: Literal[1] = 1
    account: str
    region: str
    complete: bool
    """Whether every cluster was counted."""
    window_days: float
    margin_percent: float
    reclaimable: ReclaimableDocument
    groups: list[RightsizeEntry]


def entry(advice: SizeAdvice) -> RightsizeEntry:
    """Return the advice on one group as it is printed."""
    held = advice.held
    return RightsizeEntry(
        cluster=held.key.cluster.key,
        group=held.key.group,
        tasks=held.count,
        held=_size(held.cell),
        cpu=_load(advice.load.cpu),
        memory=_load(advice.load.memory),
        source=advice.load.source or None,
        verdict=str(advice.verdict),
        confidence=str(advice.confidence),
        advised=_size(advice.cell),
        freed_vcpu=sum(advice.freed_vcpu.values()),
        freed_usd_month=None if advice.freed_usd is None else round(advice.freed_usd, 2),
        remark=advice.remark,
    )


def reclaimable_document(advice: Sequence[SizeAdvice], settings: AdviceSettings) -> ReclaimableDocument:
    """Return the sum, with the groups that free most."""
    total: Reclaimable = reclaimable(advice)
    shrinking = [each for each in advice if each.verdict is SizeVerdict.SHRINK]
    return ReclaimableDocument(
        as_of=to_iso(settings.until),
        groups=total.groups,
        vcpu=sum(total.vcpu.values()),
        on_demand_vcpu=total.vcpu.get(Capacity.ON_DEMAND, 0.0),
        spot_vcpu=total.vcpu.get(Capacity.SPOT, 0.0),
        usd_month=round(total.usd, 2),
        which=[entry(each) for each in shrinking[:NAMED]],
        without_metrics=sum(each.verdict is SizeVerdict.NO_METRICS for each in advice),
        too_little_data=sum(each.verdict is SizeVerdict.TOO_LITTLE_DATA for each in advice),
    )


def unknown_reclaimable(problem: str, settings: AdviceSettings) -> ReclaimableDocument:
    """Return a sum that could not be found out, with the reason."""
    return ReclaimableDocument(
        as_of=to_iso(settings.until), groups=0, vcpu=0.0, on_demand_vcpu=0.0, spot_vcpu=0.0, usd_month=0.0, problem=problem
    )


def _size(cell: Cell | None) -> SizeDocument | None:
    return None if cell is None else SizeDocument(cell[0] / CPU_UNITS_PER_VCPU, cell[1] / MIB_PER_GIB)


def _load(load: LoadSummary | None) -> LoadDocument | None:
    return None if load is None else LoadDocument(round(load.p50, 1), round(load.p95, 1), round(load.max, 1))
