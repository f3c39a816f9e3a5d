"""Moments and periods as people write them on the command line, in UTC unless a time zone is named."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from fargatecount.history.queries import Span
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Millis

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}
MAX_DAYS = 1100
"""Days of a period that are listed one by one: three years."""


class ZonedPeriod(NamedTuple):
    """A period, and the time zone of its days."""

    begins: Millis
    ends: Millis
    zone: tzinfo


def zone_of(name: str | None) -> tzinfo:
    """Return a time zone by its name (`Europe/Berlin`), UTC by default; raises click.BadParameter for an unknown one."""
    if name is None or name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise click.BadParameter(f"{name!r} is no time zone; enter a name such as Europe/Berlin or UTC") from error


def moment_of(text: str, zone: tzinfo, now: Millis) -> Millis:
    """Return the moment that a text names: `2026-10-01T02:00`, `2026-10-01`, `02:00` (the last one), `2h` (ago), `now`.

    Raises:
        click.BadParameter: it names none.
    """
    if text == "now":
        return now
    ago = re.fullmatch(r"(\d{1,6})([mhdw])(?: ?ago)?", text)
    if ago is not None:
        return now - int(ago[1]) * UNITS[ago[2]]
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
    here = datetime.fromtimestamp(now / 1000, zone)
    try:
        if clock is not None:
            found = here.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
            return _millis(found if found <= here else found - timedelta(days=1))
        parsed = datetime.fromisoformat(text)
        return _millis(parsed if parsed.tzinfo else parsed.replace(tzinfo=zone))
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{text!r} is no moment; enter 2026-10-01T02:00, 2026-10-01, 02:00, 2h (two hours ago) or now") from error


def coming_moment_of(text: str, zone: tzinfo, now: Millis) -> Millis:
    """Return the moment to come that a text names: `2026-10-01T02:00`, `18:00` (the next one), `2h` (from now); whole minutes, rounded up.

    Raises:
        click.BadParameter: it names none, or one that has passed.
    """
    after = re.fullmatch(r"(\d{1,6})([mhdw])", text)
    clock = re.fullmatch(r"\d{1,2}:\d{2}", text)
    if after is not None:
        found = now + int(after[1]) * UNITS[after[2]]
    else:
        found = moment_of(text, zone, now)
        if clock is not None and found <= now:
            tomorrow = datetime.fromtimestamp(found / 1000, zone) + timedelta(days=1)  # by the calendar, whatever the clocks do
            found = _millis(tomorrow)
    if found <= now:
        raise click.BadParameter(f"{text!r} has passed; enter a time to come: 18:00, 2h or 2026-10-01T02:00")
    return -(-found // MINUTE) * MINUTE


def period_of(now: Millis, zone: tzinfo, *, since: str | None, until: str | None, month: str | None, default: str) -> ZonedPeriod:
    """Return the period of the options: a month, or from `since` to `until`; the last `default` if none is given."""
    if month is not None:
        if since is not None or until is not None:
            raise click.UsageError("give --month, or --since and --until, not both")
        match = re.fullmatch(r"(\d{4})-(\d{2})", month)
        if match is None or not 1 <= int(match[2]) <= 12 or not 1970 <= int(match[1]) < 9999:  # noqa: PLR2004 - months and years
            raise click.BadParameter(f"{month!r} is no month; enter it as 2026-10")
        first = datetime(int(match[1]), int(match[2]), 1, tzinfo=zone)
        following = datetime(first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=zone)
        begins, ends = _millis(first), min(_millis(following), now)
    else:
        begins, ends = moment_of(since or default, zone, now), moment_of(until or "now", zone, now)
    if begins >= ends:
        raise click.UsageError("the period is empty: it begins at its end or later, or lies in the future")
    return ZonedPeriod(begins, ends, zone)


def days_of(period: ZonedPeriod) -> list[Span]:
    """Return the days of a period in its time zone, the first and the last cut to it; a day has 23 or 25 hours where clocks change."""
    spans = []
    day = datetime.fromtimestamp(period.begins / 1000, period.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while (begins := _millis(day)) < period.ends:
        following = (day + timedelta(days=1)).replace(hour=0)  # by the calendar, whatever the clocks do
        spans.append(Span(day.date().isoformat(), max(begins, period.begins), min(_millis(following), period.ends)))
        day = following
        if len(spans) > MAX_DAYS:
            raise click.UsageError(f"the period has more than {MAX_DAYS} days; leave out --daily")
    return spans


def shown(moment: Millis, zone: tzinfo) -> str:
    """Return a moment as people read it, with its zone: `2026-10-01 02:00 UTC`."""
    return datetime.fromtimestamp(moment / 1000, zone).strftime("%Y-%m-%d %H:%M %Z")


def _millis(moment: datetime) -> Millis:
    return round(moment.timestamp() * 1000)
