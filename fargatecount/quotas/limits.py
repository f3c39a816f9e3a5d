"""Limits: ceilings of your own, in total and per cluster, and how much of them is used.

Pure. Owns the arithmetic of usage against any ceiling; the ceilings that AWS enforces are quotas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec

from fargatecount.bounds import UNKNOWN, Bounded
from fargatecount.quotas.held import HeldCounts, total_of
from fargatecount.workload import Cluster


class Standing(msgspec.Struct, frozen=True):
    """How much of a quota or limit is used."""

    used: Bounded
    remaining: Bounded
    """Negative when more is held than allowed, as after a quota was lowered; unknown when the ceiling is."""
    percent: Bounded
    """Unknown when the ceiling is, and when it is 0: no percentage of 0 expresses how far usage is above it."""


def standing(ceiling: float | None, used: Bounded) -> Standing:
    """Return how much of `ceiling` is used; both in the same unit."""
    if ceiling is None:
        return Standing(used, UNKNOWN, UNKNOWN)
    return Standing(used, Bounded.exact(ceiling) - used, used.percent_of(ceiling))


class Measure(StrEnum):
    """What a limit counts: both count what is held."""

    WORKLOADS = "workloads"
    VCPU = "vcpu"


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The allowed amount; None is no limit."""

    workloads: Annotated[int, msgspec.Meta(ge=1)] | None = None
    vcpu: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All limits of a deployment."""

    total: Limit = Limit()
    """For all clusters of a scope together."""
    clusters: Mapping[str, Limit] = {}
    """By glob over a cluster's name (`web`) or key (`ECS-web`); the limit applies to each matching cluster separately."""


class LimitStanding(msgspec.Struct, frozen=True):
    """How much of one limit is used."""

    cluster: Cluster | None
    """None for the total."""
    pattern: str | None
    """The glob that gives the cluster this limit; None for the total."""
    measure: Measure
    value: float
    standing: Standing


def read_limits(text: str) -> Limits:
    """Return the limits in a JSON text such as `{"total": {"vcpu": 200}, "clusters": {"ECS-prod-*": {"workloads": 100}}}`.

    Raises:
        ValueError: the text is not valid; the message says where.
    """
    try:
        return msgspec.json.decode(text, type=Limits)
    except msgspec.MsgspecError as error:
        raise ValueError(f"expected limits as JSON: {error}") from error


def limit_standings(limits: Limits, usage: Mapping[Cluster, HeldCounts], *, complete: bool = True) -> list[LimitStanding]:
    """Return how much of every limit is used, the total first.

    `usage` is what the clusters of one scope hold; `complete` says whether it has all of them.
    """
    total = total_of(usage.values())
    found = [LimitStanding(None, None, *each) for each in _measured(limits.total, total if complete else total.incomplete())]
    for cluster, held in usage.items():
        for pattern, limit in limits.clusters.items():
            if any(fnmatchcase(name, pattern) for name in (cluster.name, cluster.key)):
                found += [LimitStanding(cluster, pattern, *each) for each in _measured(limit, held)]
    return found


def worst(standings: Iterable[LimitStanding], cluster: Cluster | None = None) -> float | None:
    """Return the highest percentage among the limits of a cluster, or of the total; None where there is no limit."""
    percents = (each.standing.percent.value for each in standings if each.cluster == cluster)
    return max((percent for percent in percents if percent is not None), default=None)


def _measured(limit: Limit, held: HeldCounts) -> list[tuple[Measure, float, Standing]]:
    found: list[tuple[Measure, float, Standing]] = []
    if limit.workloads is not None:
        found.append((Measure.WORKLOADS, limit.workloads, standing(limit.workloads, held.workloads)))
    if limit.vcpu is not None:
        found.append((Measure.VCPU, limit.vcpu, standing(limit.vcpu, held.vcpu())))
    return found
