"""Cadence: which metrics are due now, given the last publish, and when to check again.

Pure. Everything goes out once a minute. In between, only the high-resolution series do, and only for a reason: they have changed, or they
are above the warning level, where an alarm of 10 s needs a point in each of its periods.

An alarm takes the Maximum of its period, so a fall shows only in a later period than the level it falls from. A rise is put as soon as
`AFTER_CHANGE` allows; a fall waits for the next period. A fall put earlier is hidden, and the alarm stays until the next minute's point.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from fargatecount.metrics.catalog import UTILIZATION
from fargatecount.metrics.series import HIGH, DataPoint
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Millis

AFTER_CHANGE: Millis = 5_000
"""The minimum time between two puts: a storm of changes costs at most 12 calls a minute, and an alarm of 10 s still has a point in every
period."""
ABOVE_WARNING: Millis = 10_000
"""The shortest period of an alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html.
Such periods begin at whole multiples of their length."""
AHEAD: Millis = MINUTE
"""How far the last publish may lie in the future. Clocks of functions differ by less than a second. A publisher whose clock is minutes
ahead must not silence the others for as long, so they publish everything again."""


class LastPublish(msgspec.Struct, frozen=True, kw_only=True):
    """The last publish of a scope."""

    minute: int = -1
    """The minute since the epoch in which everything was last put."""
    at: Millis = 0
    values: Mapping[str, float] = {}
    """The value that each high-resolution series shows in the period of that put: the maximum of the values put in it."""


class PublishDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What is due."""

    everything: bool = False
    high_resolution: bool = False
    """The high-resolution series, without the others."""
    pending: bool = False
    """A change waits until it may be put."""
    again_at: Millis | None = None
    """When to check again; None if the next minute or change is soon enough."""


def high_resolution_of(points: Iterable[DataPoint]) -> list[DataPoint]:
    """Return the points of the high-resolution series."""
    return [point for point in points if point.metric.resolution == HIGH]


def values_of(points: Iterable[DataPoint]) -> Mapping[str, float]:
    """Return the value of each high-resolution series."""
    return {point.series: point.value for point in high_resolution_of(points)}


def period_maxima(last: LastPublish, points: Iterable[DataPoint], now: Millis) -> Mapping[str, float]:
    """Return the value that each high-resolution series shows in the period of `now` after `points` are put in it."""
    values = values_of(points)
    if _period(now) != _period(last.at):
        return values
    return {series: max(value, last.values.get(series, value)) for series, value in values.items()}


def minute_of(now: Millis) -> int:
    """Return the minute since the epoch."""
    return now // MINUTE


def decide(last: LastPublish, points: Iterable[DataPoint], now: Millis, *, warning: float) -> PublishDecision:
    """Return what of `points` is due at `now`; `warning` is the utilization in percent at which a point every 10 s is due."""
    points = list(points)
    above = any(point.metric == UTILIZATION and point.value >= warning for point in points)
    after = now + ABOVE_WARNING if above else None
    if minute_of(now) > last.minute or last.at > now + AHEAD:
        return PublishDecision(everything=True, again_at=after)
    values = values_of(points)
    changed = values != last.values
    if not changed and not above:
        return PublishDecision()
    risen = any(value > last.values.get(series, value) for series, value in values.items()) or values.keys() != last.values.keys()
    if risen:
        due_at = last.at + AFTER_CHANGE
    elif changed:
        due_at = max(last.at + AFTER_CHANGE, (_period(last.at) + 1) * ABOVE_WARNING)
    else:
        due_at = last.at + ABOVE_WARNING
    if now >= due_at:
        return PublishDecision(high_resolution=True, again_at=after)
    return PublishDecision(pending=changed, again_at=due_at)


def _period(at: Millis) -> int:
    return at // ABOVE_WARNING
