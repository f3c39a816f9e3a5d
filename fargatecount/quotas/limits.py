"""Limits: what the user allows himself, in total and per cluster, and how near what is held is to it.

Pure. Owns the arithmetic of standing against any ceiling; the ceilings that AWS enforces are `quotas`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec

from fargatecount.counts import Counts, Tally
from fargatecount.workload import CPU_UNITS_PER_VCPU, Cluster


class Standing(msgspec.Struct, frozen=True):
    """How much of a quota or limit is used."""

    used: float
    remaining: float | None
    """Negative when more is held than allowed, as after a quota was lowered; None when the ceiling is not known."""
    percent: float | None
    """None when the ceiling is not known, and when it is 0: then nothing may run, and no percentage says how far above that one is."""
    at_least: bool = False
    """Some workloads have no known size, so more is used."""


def standing(ceiling: float | None, used: float, *, at_least: bool = False) -> Standing:
    """Return how much of `ceiling` is used; both in the same unit."""
    if ceiling is None:
        return Standing(used, None, None, at_least)
    return Standing(used, ceiling - used, used / ceiling * 100 if ceiling else None, at_least)


class Measure(StrEnum):
    """What a limit counts; both of what is held."""

    WORKLOADS = "workloads"
    VCPU = "vcpu"


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is allowed; None is no limit."""

    workloads: Annotated[int, msgspec.Meta(ge=1)] | None = None
    vcpu: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All limits of a user."""

    total: Limit = Limit()
    """Over all clusters of a scope together."""
    clusters: Mapping[str, Limit] = {}
    """Per glob over a cluster's name (`web`) or key (`ECS-web`); each cluster that matches has the limit for itself."""


class LimitStanding(msgspec.Struct, frozen=True):
    """How one limit stands."""

    cluster: Cluster | None
    """None for the total."""
    pattern: str | None
    """The glob by which the cluster has the limit; None for the total."""
    measure: Measure
    value: float
    standing: Standing


def read_limits(text: str) -> Limits:
    """Return the limits in a JSON text such as `{"total": {"vcpu": 200}, "clusters": {"ECS-prod-*": {"workloads": 100}}}`.

    Raises:
        ValueError: it is not that; the text says where.
    """
    try:
        return msgspec.json.decode(text, type=Limits)
    except msgspec.MsgspecError as error:
        raise ValueError(f"expected limits as JSON: {error}") from error


def limit_standings(limits: Limits, usage: Mapping[Cluster, Counts]) -> list[LimitStanding]:
    """Return how every limit stands, the total first; `usage` is what is known of each cluster of one scope."""
    total = Counts.total(usage.values()).held
    found = [LimitStanding(None, None, *each) for each in _measured(limits.total, total)]
    for cluster, counts in usage.items():
        for pattern, limit in limits.clusters.items():
            if any(fnmatchcase(name, pattern) for name in (cluster.name, cluster.key)):
                found += [LimitStanding(cluster, pattern, *each) for each in _measured(limit, counts.held)]
    return found


def worst(standings: Iterable[LimitStanding], cluster: Cluster | None = None) -> float | None:
    """Return the highest percentage among the limits of a cluster, or of the total; None where there is no limit."""
    percents = (each.standing.percent for each in standings if each.cluster == cluster)
    return max((percent for percent in percents if percent is not None), default=None)


def _measured(limit: Limit, held: Tally) -> list[tuple[Measure, float, Standing]]:
    found: list[tuple[Measure, float, Standing]] = []
    if limit.workloads is not None:
        found.append((Measure.WORKLOADS, limit.workloads, standing(limit.workloads, held.count)))
    if limit.vcpu is not None:
        found.append((Measure.VCPU, limit.vcpu, standing(limit.vcpu, held.cpu / CPU_UNITS_PER_VCPU, at_least=held.unsized > 0)))
    return found
