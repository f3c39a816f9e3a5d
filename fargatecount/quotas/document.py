"""Quotas, limits and AWS's own usage metrics in JSON: parts of the documents of usage and of a report.

Pure. Keys may be added; none is renamed. An unknown number is null, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.quotas.aws_usage import Comparison
from fargatecount.quotas.held import HeldCounts
from fargatecount.quotas.limits import LimitStanding, Measure
from fargatecount.quotas.quota import CODES, NEVER, NOT_YET_READ, VCPU, Origin, Quota, quota_standing, unknown
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity


class QuotaDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One vCPU quota of a scope, and how much of it is used."""

    capacity: Capacity
    code: str
    """Code in Service Quotas."""
    unit: str = VCPU
    value: float | None
    """The quota; null where it is unknown."""
    used: float
    used_at_least: bool = False
    """Whether `used` and `percent` are lower bounds, and `remaining` an upper one."""
    exact: bool = True
    """Whether the three are exact; if not, and no bounds either, they rest on last known counts of unreadable clusters."""
    remaining: float | None
    """Negative when more is held than the quota allows, as after a quota was lowered; null where the quota is unknown, and where only
    selected clusters were counted: what is free belongs to the whole account."""
    percent: float | None
    source: Origin
    reason: str | None = None
    """Why the last read failed; null where it did not."""
    read_at: str | None = None
    """Time of the value, ISO 8601 in UTC; null where the quota was never read."""


class LimitDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of your own, and how much of it is used."""

    cluster: str | None
    """Null for the total."""
    pattern: str | None
    """The glob that gives the cluster this limit; null for the total."""
    measure: Measure
    value: float
    used: float
    used_at_least: bool = False
    """Whether `used` and `percent` are lower bounds, and `remaining` an upper one."""
    exact: bool = True
    """Whether the three are exact; if not, and no bounds either, they rest on last known counts of unreadable clusters."""
    remaining: float | None
    percent: float | None


class ComparisonDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the ledger beside the same one in the AWS/Usage metrics."""

    capacity: Capacity
    measure: Measure
    ours: float
    theirs: float | None
    """Null where AWS has no recent point."""
    difference: float | None
    """`ours` less `theirs`."""
    at: str | None
    """Minute of AWS's point, ISO 8601 in UTC."""
    reason: str | None
    """Why `theirs` is null."""


def quota_documents(quotas: Iterable[Quota], held: HeldCounts, *, whole: bool = True) -> list[QuotaDocument]:
    """Return both quotas, whether or not they were read, and how much of them is held; `whole` if `held` is of the whole scope."""
    known = {quota.capacity: quota for quota in quotas}
    return [_quota(capacity, known.get(capacity), held, whole=whole) for capacity in CODES]


def _quota(capacity: Capacity, kept: Quota | None, held: HeldCounts, *, whole: bool) -> QuotaDocument:
    quota = kept or unknown(capacity, NEVER, NOT_YET_READ)
    standing = quota_standing(quota, held)
    return QuotaDocument(
        capacity=capacity,
        code=quota.code,
        value=quota.value,
        used=standing.used.value or 0.0,
        used_at_least=standing.used.is_at_least,
        exact=standing.used.is_exact,
        remaining=standing.remaining.value if whole else None,
        percent=standing.percent.value,
        source=quota.source,
        reason=quota.reason or None,
        read_at=to_iso(quota.read_at or None),
    )


def limit_documents(standings: Iterable[LimitStanding]) -> list[LimitDocument]:
    """Return limits as they stand in JSON."""
    return [
        LimitDocument(
            cluster=each.cluster.key if each.cluster else None,
            pattern=each.pattern,
            measure=each.measure,
            value=each.value,
            used=each.standing.used.value or 0.0,
            used_at_least=each.standing.used.is_at_least,
            exact=each.standing.used.is_exact,
            remaining=each.standing.remaining.value,
            percent=each.standing.percent.value,
        )
        for each in standings
    ]


def comparison_documents(comparisons: Iterable[Comparison]) -> list[ComparisonDocument]:
    """Return comparisons with the AWS/Usage metrics as they stand in JSON."""
    return [
        ComparisonDocument(
            capacity=each.reading.series.capacity,
            measure=each.reading.series.measure,
            ours=each.ours,
            theirs=each.reading.value,
            difference=each.difference,
            at=to_iso(each.reading.at),
            reason=each.reading.reason or None,
        )
        for each in comparisons
    ]
