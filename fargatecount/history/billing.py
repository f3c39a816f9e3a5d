"""Billing: for which time AWS bills a workload, and what that costs at list price.

Pure. AWS bills a task from the start of its image download to its end, per second, and at least a minute; a Windows task at least five
(https://aws.amazon.com/fargate/pricing/). A pod holds its node, and is billed, from the moment that the kubelet takes it until its object
is deleted, whether its containers still run or not (https://github.com/aws/containers-roadmap/issues/1284).
"""

from __future__ import annotations

import msgspec

from fargatecount.timestamps import HOUR
from fargatecount.usage.prices import PriceSettings, hourly
from fargatecount.workload import Facts, Kind, Millis

LEAST_SECONDS = 60
LEAST_SECONDS_WINDOWS = 300
SECOND: Millis = 1000


class WorkloadBill(msgspec.Struct, frozen=True, kw_only=True):
    """The billed time of one workload and its price."""

    begins: Millis | None
    """When billing began; None if nothing shows that it did: the image of the task was never pulled, or the pod never had a node."""
    ends: Millis | None
    """`begins` and the billed seconds: later than the end of a workload that lived for less than the minimum."""
    seconds: int
    """Billed seconds, rounded up as AWS does; of a living workload, until now."""
    usd: float | None
    """List price of those seconds; None if the size or the price is unknown."""
    uncertain_usd: float
    """The part of `usd` that depends on an end that no source reported: the workload ended within its bounds, and `usd` takes the later."""
    approximate: bool
    """Whether the price rests on another Region's, or on a Spot price, which floats."""


NOT_BILLED = WorkloadBill(begins=None, ends=None, seconds=0, usd=0.0, uncertain_usd=0.0, approximate=False)


def begin_of(facts: Facts, kind: Kind) -> Millis | None:
    """Return when billing began; a task whose pull was not seen is taken to start with its containers."""
    if kind is Kind.EKS:
        return facts.started_at
    return facts.pull_started_at if facts.pull_started_at is not None else facts.started_at


def billed_seconds(begins: Millis, ends: Millis, facts: Facts) -> int:
    """Return the seconds that AWS bills for a workload that lasted from `begins` to `ends`."""
    least = LEAST_SECONDS if facts.os is None else LEAST_SECONDS_WINDOWS
    return max(least, -(-max(ends - begins, 0) // SECOND))


def bill_of(facts: Facts, kind: Kind, region: str, prices: PriceSettings, *, ended_after: Millis | None, until: Millis) -> WorkloadBill:
    """Return the bill of a workload that ended at `until`, or lives then.

    If its end was inferred, it ended between `ended_after` and `until`.
    """
    begins = begin_of(facts, kind)
    if begins is None or begins > until:
        return NOT_BILLED
    seconds = billed_seconds(begins, until, facts)
    price = hourly(facts, region, prices)
    least = seconds if ended_after is None else billed_seconds(begins, max(begins, ended_after), facts)
    return WorkloadBill(
        begins=begins,
        ends=begins + seconds * SECOND,
        seconds=seconds,
        usd=price.amount * seconds * SECOND / HOUR if price.known else None,
        uncertain_usd=price.amount * (seconds - least) * SECOND / HOUR if price.known else 0.0,
        approximate=price.approximate,
    )
