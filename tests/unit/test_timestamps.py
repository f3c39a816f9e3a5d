"""Times of vendors, as milliseconds and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fargatecount.timestamps import parse_millis, to_iso


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-01T00:00:00.402Z", 1_767_225_600_402),
        ("2026-01-01T00:00:00.123456789Z", 1_767_225_600_123),
        ("2026-01-01T01:00:00+01:00", 1_767_225_600_000),
        (datetime(2026, 1, 1), 1_767_225_600_000),
        (datetime(2026, 1, 1, tzinfo=UTC), 1_767_225_600_000),
        (1.5, 1500),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        (253_402_300_800, None),
        (float("nan"), None),
        (1e300, None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_every_time_that_is_read_has_a_text(text: str | datetime | float | None, millis: int | None) -> None:
    """A time is within the years 1 to 9999, so that it can be stored and printed; anything else is none."""
    assert parse_millis(text) == millis
    assert (to_iso(millis) is None) is (millis is None)
