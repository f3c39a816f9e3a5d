"""Schedules of recurring mutes: the cron expressions of CloudWatch's mute rules, in UTC. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Schedule.html: `cron(Minutes Hours Day-of-month Month Day-of-week)`
with `*`, `-` and `,`, and English names of months and days. Days of the week have names only here, and one of the two fields for days is
`*`: what numbers mean, and whether one day or both must fit, differs between implementations of cron.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from fargatecount.timestamps import MINUTE
from fargatecount.workload import Millis

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_CRON = re.compile(r"cron\(\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s*\)")
LOOK_BACK = timedelta(days=15)
"""The longest duration of a mute rule: an occurrence that began earlier is over."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When a recurring mute begins."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""

    def latest(self, now: Millis) -> Millis | None:
        """Return its last beginning up to `now`, in the last 15 days; None if there is none."""
        moment = datetime.fromtimestamp(now / 1000, UTC)
        day = moment.date()
        while day >= moment.date() - LOOK_BACK:
            if self._has(day):
                for hour in sorted(self.hours, reverse=True):
                    for minute in sorted(self.minutes, reverse=True):
                        begins = datetime.combine(day, time(hour, minute), UTC)
                        if begins <= moment:
                            return round(begins.timestamp()) * 1000
            day -= timedelta(days=1)
        return None

    def _has(self, day: date) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays


def parse_schedule(text: str) -> Schedule:
    """Return the schedule of an expression such as `cron(0 2 * * SUN)`; raises ValueError for any other text."""
    match = _CRON.fullmatch(text)
    if match is None:
        raise ValueError("expected cron(Minutes Hours Day-of-month Month Day-of-week), such as cron(0 2 * * SUN)")
    minutes, hours, days, months, weekdays = match.groups()
    if days != "*" and weekdays != "*":
        raise ValueError("either the day of the month or the day of the week must be *")
    return Schedule(
        minutes=_field(minutes, range(60)),
        hours=_field(hours, range(24)),
        days=_field(days, range(1, 32)),
        months=_field(months, range(1, 13), MONTHS),
        weekdays=_field(weekdays, range(7), WEEKDAYS, numbers=False),
    )


def occurrence(text: str, length: Millis, now: Millis) -> tuple[Millis, Millis] | None:
    """Return begin and end of the last occurrence that began up to `now`, over or not.

    None if there was none lately, or the text is that of a later version: then nothing is muted.
    """
    try:
        begins = parse_schedule(text).latest(now)
    except ValueError:
        return None
    return None if begins is None else (begins, begins + max(length, MINUTE))


def _field(text: str, allowed: range, names: tuple[str, ...] = (), *, numbers: bool = True) -> frozenset[int]:
    if text == "*":
        return frozenset(allowed)
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin, end = _value(first, allowed, names, numbers=numbers), _value(last if dash else first, allowed, names, numbers=numbers)
        if begin > end:
            raise ValueError(f"{part!r} ends before it begins")
        found.update(range(begin, end + 1))
    return frozenset(found)


def _value(text: str, allowed: range, names: tuple[str, ...], *, numbers: bool) -> int:
    if text.upper() in names:
        return allowed[names.index(text.upper())]
    if numbers and text.isascii() and text.isdigit() and int(text) in allowed:
        return int(text)
    spoken = ", ".join(names) if names else f"{allowed[0]} to {allowed[-1]}"
    raise ValueError(f"{text!r} is none of {spoken}")
