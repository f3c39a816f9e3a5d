"""Moments: the forms in which vendors write a time, turned into milliseconds and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

from fargatecount.workload import Millis

MINUTE: Millis = 60_000
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR

FIRST_SECOND = -62_135_596_800
"""The beginning of the year 1."""
LAST_SECOND = 253_402_300_800
"""The beginning of the year 10000, as far as texts and datetimes go too: what is beyond is no time, and no number that could be stored."""


def parse_millis(text: str | datetime | float | None) -> Millis | None:
    """Return the moment that a vendor's text, datetime or epoch seconds names; None where there is none or it cannot be read.

    Events carry ISO-8601 with 0 to 9 digits of a second and `Z`; boto3 hands out aware datetimes.
    """
    if isinstance(text, str):
        try:
            text = datetime.fromisoformat(text)
        except ValueError:
            return None
    if isinstance(text, datetime):
        text = (text if text.tzinfo else text.replace(tzinfo=UTC)).timestamp()
    # An offset moves the first and the last hours of the calendar out of it, and `to_iso` has no text for those.
    if isinstance(text, int | float) and FIRST_SECOND <= text < LAST_SECOND:
        return min(round(text * 1000), LAST_SECOND * 1000 - 1)
    return None


@overload
def to_iso(moment: Millis) -> str: ...
@overload
def to_iso(moment: Millis | None) -> str | None: ...
def to_iso(moment: Millis | None) -> str | None:
    """Return `2026-10-01T12:00:31Z`; whole seconds, because nothing here is known more exactly."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
