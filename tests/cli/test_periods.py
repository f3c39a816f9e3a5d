"""Moments and periods as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
import pytest

from fargatecount.cli.periods import ZonedPeriod, days_of, moment_of, period_of, shown, zone_of

BERLIN = ZoneInfo("Europe/Berlin")


def at(*parts: int, zone: object = UTC) -> int:
    return round(datetime(*parts, tzinfo=zone).timestamp() * 1000)  # type: ignore[arg-type, misc]


NOW = at(2026, 11, 5, 1, 30)

MOMENTS = [
    ("now", UTC, NOW),
    ("2h", UTC, NOW - 7_200_000),
    ("1d ago", UTC, NOW - 86_400_000),
    ("2026-10-01", UTC, at(2026, 10, 1)),
    ("2026-10-01T02:00", UTC, at(2026, 10, 1, 2)),
    ("2026-10-01T02:00+02:00", UTC, at(2026, 10, 1)),
    ("2026-10-01T02:00", BERLIN, at(2026, 10, 1)),
    ("01:00", UTC, at(2026, 11, 5, 1)),
    ("02:00", UTC, at(2026, 11, 4, 2)),
    ("02:00", BERLIN, at(2026, 11, 5, 1)),
]


@pytest.mark.parametrize(("text", "zone", "moment"), MOMENTS)
def test_a_moment(text: str, zone: object, moment: int) -> None:
    """A clock time is the last one; a text without an offset is in the time zone that was named."""
    assert moment_of(text, zone, NOW) == moment  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "25:00", "99999999d"])
def test_what_is_no_moment_is_refused_with_examples(text: str) -> None:
    """The message has each form that is taken."""
    with pytest.raises(click.BadParameter, match="2h"):
        moment_of(text, UTC, NOW)


def test_a_month_ends_where_the_next_begins_or_now() -> None:
    """December has its January, and the running month ends now."""
    whole = period_of(NOW, UTC, since=None, until=None, month="2025-12", default="1d")
    assert (whole.begins, whole.ends) == (at(2025, 12, 1), at(2026, 1, 1))
    assert period_of(NOW, UTC, since=None, until=None, month="2026-11", default="1d").ends == NOW


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"month": "2026-10", "since": "1d"}, "not both"),
        ({"month": "2026-1"}, "no month"),
        ({"month": "2027-01"}, "future"),
        ({"since": "1d", "until": "2d"}, "empty"),
    ],
)
def test_a_period_that_cannot_be_is_refused(options: dict[str, str], error: str) -> None:
    """Each says what is wrong with it."""
    given: dict[str, str | None] = {"since": None, "until": None, "month": None, **options}
    with pytest.raises(click.ClickException, match=error):
        period_of(NOW, UTC, **given, default="1d")


def test_days_follow_the_calendar_where_clocks_change() -> None:
    """On the last Sunday of October a day in Berlin has 25 hours, and the days leave no gap."""
    days = days_of(ZonedPeriod(at(2026, 10, 24, 12, zone=BERLIN), at(2026, 10, 27, zone=BERLIN), BERLIN))
    assert [day.name for day in days] == ["2026-10-24", "2026-10-25", "2026-10-26"]
    assert [(day.ends - day.begins) / 3_600_000 for day in days] == [12, 25, 24]
    assert [day.ends for day in days[:-1]] == [day.begins for day in days[1:]]


def test_an_unknown_zone_is_refused() -> None:
    """Names of the time zone database are taken."""
    assert zone_of(None) is UTC
    with pytest.raises(click.BadParameter, match="Europe/Berlin"):
        zone_of("Middle/Earth")


def test_a_moment_is_shown_with_its_zone() -> None:
    """No time is read in the wrong zone."""
    assert (shown(NOW, UTC), shown(NOW, BERLIN)) == ("2026-11-05 01:30 UTC", "2026-11-05 02:30 CET")
