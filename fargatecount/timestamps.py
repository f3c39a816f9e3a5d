"""Timestamps: the forms in which vendors write a time, converted to milliseconds and back."""

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
"""The beginning of the year 10000, the end of ISO-8601 texts and of Python's datetimes: a later number is not a valid time."""


def parse_millis(text: str | datetime | float | None) -> Millis | None:
    """Return the time of a vendor's text, datetime or epoch seconds; None if there is none, or it is not valid.

    Events have ISO-8601 texts with 0 to 9 digits of a second and `Z`; boto3 returns aware datetimes.
    """
    if isinstance(text, str):
        try:
            text = datetime.fromisoformat(text)
        except ValueError:
            return None
    if isinstance(text, datetime):
        text = (text if text.tzinfo else text.replace(tzinfo=UTC)).timestamp()
    # A time zone offset can move a time before the year 1 or after 9999, for which `to_iso` has no text.
    if isinstance(text, int | float) and FIRST_SECOND <= text < LAST_SECOND:
        return min(round(text * 1000), LAST_SECOND * 1000 - 1)
    return None


@overload
def to_iso(moment: Millis) -> str: ...
@overload
def to_iso(moment: Millis | None) -> str | None: ...
def to_iso(moment: Millis | None) -> str | None:
    """Return a text such as `2026-10-01T12:00:31Z`, in whole seconds: the times of the sources are no more exact."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
