"""What pods ask for, which cell of the Fargate grid they got for it, and what a slightly smaller request would save. Pure.

Fargate adds 256 MiB for its own components and rounds up to the next cell. So a pod that asks for exactly a cell gets the next one, and
some MiB less would often do. https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec

from fargatecount.eks.pod import Pod
from fargatecount.eks.pod_size import MIB, RESERVED_MIB, fit, requested
from fargatecount.eks.quantity import quantity
from fargatecount.eks.workload import facts_of, phase_of
from fargatecount.rightsize.advice import HOURS_PER_MONTH, Cell, cells
from fargatecount.usage.prices import LIST_PRICES, PriceSettings, hourly
from fargatecount.workload import CPU_UNITS_PER_VCPU, HELD, Facts

SLIGHT = 0.25
"""Part of a request that may go for a saving to be called slight; a larger cut needs a look at what is used."""


class PodUse(msgspec.Struct, frozen=True):
    """What a pod uses at one moment: CPU units and MiB."""

    cpu: float
    memory: float


class PodSizing(msgspec.Struct, frozen=True, kw_only=True):
    """Pods of one owner with the same requests and the same cell."""

    group: str
    profile: str | None
    pods: int
    asked: tuple[float, float]
    """CPU units and MiB of the requests."""
    got: Cell
    meant: Cell | None
    """The cell that would hold the requests alone; None beyond the grid."""
    smaller: Cell | None = None
    """The cheaper cell that a slightly smaller request gets, with the smallest cut."""
    cut: tuple[float, float] = (0.0, 0.0)
    """CPU units and MiB that the requests must be smaller for it."""
    freed_vcpu: float = 0.0
    """vCPU of quota that it frees, of all pods together."""
    freed_usd: float | None = None
    """USD a month at list price; None if it is not known."""
    used: PodUse | None = None
    """Of the pod that uses most now, by metrics-server; None without one."""

    @property
    def is_other_cell(self) -> bool:
        """Whether the pods got another cell than their requests name."""
        return self.meant is not None and self.meant != self.got

    @property
    def why(self) -> str:
        """Why the cell is another one, in words; empty if it is not."""
        if not self.is_other_cell:
            return ""
        fitted = fit(Fraction(self.asked[0]), Fraction(self.asked[1]) + RESERVED_MIB)
        return f"{RESERVED_MIB} MiB for Fargate's components come on top" if fitted == self.got else "Fargate chose another cell"


def size_pods(
    pods: Iterable[Pod], region: str, use: Mapping[tuple[str, str], PodUse], prices: PriceSettings = LIST_PRICES
) -> list[PodSizing]:
    """Return the pods that hold capacity by owner, what saves most first; `use` is by namespace and name."""
    found: dict[_Alike, list[Pod]] = defaultdict(list)
    for pod in pods:
        facts, asked = facts_of(pod), None if pod.unread else requested(pod.spec)
        if phase_of(pod) in HELD and asked is not None and facts.cpu and facts.memory:
            alike = _Alike(facts.group or "", facts.profile, (float(asked[0]), float(asked[1])), (facts.cpu, facts.memory))
            found[alike].append(pod)
    rates = _Rates(region, prices)
    sizings = [_sizing(alike, of_alike, use, rates) for alike, of_alike in found.items()]
    return sorted(sizings, key=lambda each: (-each.freed_vcpu, -(each.freed_usd or 0.0), each.group, each.got))


def pod_use(items: Iterable[object]) -> dict[tuple[str, str], PodUse]:
    """Return what pods use, from a list of metrics-server; an item of another shape is skipped.

    https://kubernetes.io/docs/reference/external-api/metrics.v1beta1/
    """
    return {key: used for item in items for key, used in _used(item)}


def _used(item: object) -> Iterator[tuple[tuple[str, str], PodUse]]:
    try:
        found = msgspec.convert(item, _PodMetrics)
        cpu = sum(quantity(each.usage.get("cpu", "0")) for each in found.containers)
        memory = sum(quantity(each.usage.get("memory", "0")) for each in found.containers)
    except (msgspec.ValidationError, ValueError):
        return
    yield (found.metadata.namespace, found.metadata.name), PodUse(float(cpu * CPU_UNITS_PER_VCPU), float(memory / MIB))


class _Alike(NamedTuple):
    """What pods have in common."""

    group: str
    profile: str | None
    asked: tuple[float, float]
    got: Cell


class _Rates(NamedTuple):
    """Where prices come from."""

    region: str
    prices: PriceSettings

    def of(self, cell: Cell) -> float | None:
        """Return USD an hour of a cell; None if it is not known."""
        price = hourly(Facts(cpu=cell[0], memory=cell[1]), self.region, self.prices)
        return price.amount if price.known else None


def _sizing(alike: _Alike, pods: Sequence[Pod], use: Mapping[tuple[str, str], PodUse], rates: _Rates) -> PodSizing:
    used = [each for pod in pods if (each := use.get((pod.metadata.namespace, pod.metadata.name))) is not None]
    sizing = PodSizing(
        group=alike.group,
        profile=alike.profile,
        pods=len(pods),
        asked=alike.asked,
        got=alike.got,
        meant=fit(Fraction(alike.asked[0]), Fraction(alike.asked[1])),
        used=PodUse(max(each.cpu for each in used), max(each.memory for each in used)) if used else None,
    )
    smaller = _smaller(alike, rates)
    if smaller is None:
        return sizing
    now, then = rates.of(alike.got), rates.of(smaller)
    return msgspec.structs.replace(
        sizing,
        smaller=smaller,
        cut=_cut(alike.asked, smaller),
        freed_vcpu=len(pods) * (alike.got[0] - smaller[0]) / CPU_UNITS_PER_VCPU,
        freed_usd=None if now is None or then is None else len(pods) * (now - then) * HOURS_PER_MONTH,
    )


def _smaller(alike: _Alike, rates: _Rates) -> Cell | None:
    """Return the cheaper cell that needs the smallest cut of the requests; None if none is cheaper, or the cut is not slight."""

    def cost(cell: Cell) -> float:
        return rates.of(cell) or cell[0] + cell[1] / 9

    def part(cell: Cell) -> float:
        """Return the larger part of a request that must go."""
        return max(cut / amount if amount else 0.0 for cut, amount in zip(_cut(alike.asked, cell), alike.asked, strict=True))

    cheaper = [cell for cell in cells() if cost(cell) < cost(alike.got) and part(cell) <= SLIGHT]
    return min(cheaper, key=lambda cell: (part(cell), cost(cell), cell), default=None)


def _cut(asked: tuple[float, float], cell: Cell) -> tuple[float, float]:
    return max(asked[0] - cell[0], 0.0), max(asked[1] - (cell[1] - RESERVED_MIB), 0.0)


class _MetricsMetadata(msgspec.Struct):
    name: str
    namespace: str


class _ContainerMetrics(msgspec.Struct):
    usage: dict[str, str] = {}


class _PodMetrics(msgspec.Struct):
    metadata: _MetricsMetadata
    containers: list[_ContainerMetrics] = []
