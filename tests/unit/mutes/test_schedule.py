"""The cron expressions of recurring mutes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fargatecount.mutes.schedule import occurrence, parse_schedule
from fargatecount.timestamps import HOUR, to_iso


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("expression", "now", "begins"),
    [
        ("cron(0 2 * * SUN)", "2026-03-01T02:00", "2026-03-01T02:00:00Z"),
        ("cron(0 2 * * SUN)", "2026-03-01T01:59", "2026-02-22T02:00:00Z"),
        ("cron(30 22 * * MON-FRI)", "2026-03-01T12:00", "2026-02-27T22:30:00Z"),
        ("cron(0,30 8-17 * * *)", "2026-03-01T12:29", "2026-03-01T12:00:00Z"),
        ("cron(0 1 1 * *)", "2026-03-10T00:00", "2026-03-01T01:00:00Z"),
        ("cron(0 1 28-31 feb *)", "2026-03-10T00:00", "2026-02-28T01:00:00Z"),
        ("cron(0 1 1 JAN *)", "2026-03-10T00:00", None),
    ],
)
def test_the_last_beginning(expression: str, now: str, begins: str | None) -> None:
    """Lists, ranges and names, over the ends of days and months; what began more than 15 days ago is over."""
    assert to_iso(parse_schedule(expression).latest(at(now))) == begins


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 2 * * SUN", "expected cron"),
        ("cron(0 2 * *)", "expected cron"),
        ("cron(60 2 * * *)", "'60' is none of 0 to 59"),
        ("cron(0 2 * * 7)", "'7' is none of SUN"),
        ("cron(0 2 1 * SUN)", r"must be \*"),
        ("cron(0 */2 * * *)", r"'\*/2' is none of"),
        ("cron(0 5-2 * * *)", "ends before it begins"),
    ],
)
def test_what_cloudwatch_or_people_could_read_differently_is_refused(text: str, says: str) -> None:
    """With the place; a stored expression that cannot be read mutes nothing."""
    with pytest.raises(ValueError, match=says):
        parse_schedule(text)
    assert occurrence(text, HOUR, at("2026-03-01T02:00")) is None
