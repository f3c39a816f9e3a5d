"""Forecast and suggestion: when the quota will be full at the present growth, and which quota is needed. Pure.

A straight line through the daily peaks, by least squares, with the uncertainty of its slope: growth is nearly linear over weeks, and a
model with more parameters would promise more than a month of peaks can show. Where the line may as well be level, no date is named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, linear_regression

import msgspec

from fargatecount.increase.peaks import DailyPeak
from fargatecount.timestamps import DAY

LEAST_DAYS = 7
"""Days that a forecast needs: a week has its weekend."""
CONFIDENCE = 1.96
"""Standard errors on both sides: 95 % of a normal distribution (https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm)."""
HORIZON = 365
"""Days beyond which a date says nothing."""
ROUNDING = 10.0
"""vCPU: a quota is requested in round numbers."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """When a quota will be full."""

    per_day: float
    """vCPU by which the daily peak grows each day."""
    per_day_low: float
    per_day_high: float
    soonest_days: int | None
    """From the last day on; None if not within a year."""
    latest_days: int | None
    """None if not within a year, or never."""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which quota is needed."""

    days: int
    """Days with a known peak."""
    days_above: int
    """Days whose peak was at or above the warning threshold of the present quota."""
    highest: float | None
    """vCPU."""
    value: float | None
    """The quota that the highest peak, past or of the next month, does not fill to the warning; None if the present one is enough."""
    forecast: Forecast | None
    """None with less than a week of peaks."""


def suggest(peaks: Sequence[DailyPeak], quota: float | None, *, warning: float) -> Suggestion:
    """Return what past use suggests; `warning` is a percentage, and `quota` None where it is not known."""
    highest = max((peak.vcpu for peak in peaks), default=None)
    found = None if quota is None else forecast(peaks, quota)
    above = 0 if not quota else sum(peak.vcpu >= quota * warning / 100 for peak in peaks)
    value = None
    if highest is not None and quota is not None:
        growth = max(found.per_day_high, 0.0) * 30 if found is not None and found.per_day_low > 0 else 0.0
        needed = math.ceil((highest + growth) / (warning / 100) / ROUNDING) * ROUNDING
        value = needed if needed > quota else None
    return Suggestion(days=len(peaks), days_above=above, highest=highest, value=value, forecast=found)


def forecast(peaks: Sequence[DailyPeak], quota: float) -> Forecast | None:
    """Return when the peaks will reach a quota; None with less than a week of them."""
    if len(peaks) < LEAST_DAYS:
        return None
    days = [(peak.day - peaks[-1].day) / DAY for peak in peaks]
    values = [peak.vcpu for peak in peaks]
    slope, level = linear_regression(days, values)
    margin = CONFIDENCE * _standard_error(days, values, slope, level)
    low, high = slope - margin, slope + margin
    # The level at the last day is as uncertain as the peaks scatter; a quota that is passed already is full now.
    return Forecast(
        per_day=slope, per_day_low=low, per_day_high=high, soonest_days=_days(quota - level, high), latest_days=_days(quota - level, low)
    )


def _days(left: float, per_day: float) -> int | None:
    if left <= 0:
        return 0
    if per_day <= 0 or left / per_day > HORIZON:
        return None
    return math.ceil(left / per_day)


def _standard_error(days: Sequence[float], values: Sequence[float], slope: float, level: float) -> float:
    mean = fmean(days)
    spread = sum((day - mean) ** 2 for day in days)
    rest = sum((value - (level + slope * day)) ** 2 for day, value in zip(days, values, strict=True))
    return math.sqrt(rest / (len(days) - 2) / spread) if spread else math.inf
