"""Sizes and profiles of pods in JSON: the document `fargatecount/eks-sizes` version 1. Pure; keys may be added, none is renamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from fargatecount.eks.profiles import Profile
from fargatecount.rightsize.advice import Cell
from fargatecount.rightsize.document import SizeDocument
from fargatecount.rightsize.pods import PodSizing
from fargatecount.workload import CPU_UNITS_PER_VCPU, MIB_PER_GIB


class SelectorDocument(msgspec.Struct, frozen=True):
    """One selector of a profile: a namespace, and labels that a pod must have."""

    namespace: str
    labels: dict[str, str]


class ProfileUse(msgspec.Struct, frozen=True, kw_only=True):
    """One Fargate profile and what lands on it."""

    profile: str
    status: str
    selectors: list[SelectorDocument]
    pods: int
    vcpu: float
    memory_gib: float
    groups: int
    """Owners of these pods."""


class PodSizeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Pods of one owner with the same requests and the same cell."""

    group: str
    profile: str | None
    pods: int
    asked: SizeDocument
    got: SizeDocument
    got_another_cell: bool
    why: str
    smaller: SizeDocument | None
    cut_vcpu: float
    cut_memory_mib: float
    """What the requests must be smaller for it."""
    freed_vcpu: float
    freed_usd_month: float | None
    used_now: SizeDocument | None
    """Of the pod that uses most at this moment; null without metrics-server."""


class EksSizesCluster(msgspec.Struct, frozen=True, kw_only=True):
    """One EKS cluster."""

    cluster: str
    profiles: list[ProfileUse] = []
    pods: list[PodSizeEntry] = []
    error: str | None = None
    remedy: str | None = None


class EksSizesDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount eks sizes --json`."""

    schema: Literal["fargatecount/eks-sizes"] = "fargatecount/eks-sizes"
    version: Literal[1] = 1
    clusters: list[EksSizesCluster]


def sizes_document(cluster: str, profiles: Sequence[Profile], sizings: Sequence[PodSizing]) -> EksSizesCluster:
    """Return one cluster as it is printed."""
    return EksSizesCluster(
        cluster=cluster, profiles=[_profile(profile, sizings) for profile in profiles], pods=[_entry(sizing) for sizing in sizings]
    )


def _profile(profile: Profile, sizings: Sequence[PodSizing]) -> ProfileUse:
    own = [sizing for sizing in sizings if sizing.profile == profile.name]
    totals: Counter[str] = Counter()
    for sizing in own:
        totals.update(pods=sizing.pods, cpu=sizing.pods * sizing.got[0], memory=sizing.pods * sizing.got[1])
    return ProfileUse(
        profile=profile.name,
        status=profile.status,
        selectors=[SelectorDocument(each.namespace, dict(each.labels)) for each in profile.selectors],
        pods=totals["pods"],
        vcpu=totals["cpu"] / CPU_UNITS_PER_VCPU,
        memory_gib=totals["memory"] / MIB_PER_GIB,
        groups=len({sizing.group for sizing in own}),
    )


def _entry(sizing: PodSizing) -> PodSizeEntry:
    return PodSizeEntry(
        group=sizing.group,
        profile=sizing.profile,
        pods=sizing.pods,
        asked=_size(sizing.asked),
        got=_size(sizing.got),
        got_another_cell=sizing.is_other_cell,
        why=sizing.why,
        smaller=None if sizing.smaller is None else _size(sizing.smaller),
        cut_vcpu=round(sizing.cut[0] / CPU_UNITS_PER_VCPU, 3),
        cut_memory_mib=round(sizing.cut[1], 1),
        freed_vcpu=sizing.freed_vcpu,
        freed_usd_month=None if sizing.freed_usd is None else round(sizing.freed_usd, 2),
        used_now=None if sizing.used is None else _size((sizing.used.cpu, sizing.used.memory)),
    )


def _size(cell: tuple[float, float] | Cell) -> SizeDocument:
    return SizeDocument(round(cell[0] / CPU_UNITS_PER_VCPU, 3), round(cell[1] / MIB_PER_GIB, 3))
