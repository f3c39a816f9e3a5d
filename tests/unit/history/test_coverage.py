"""What is known of a period: the table of cases."""

from __future__ import annotations

import pytest

from fargatecount.history.coverage import MAX_HOLES, Coverage, Hole, extended, gaps
from fargatecount.ledger.row import TOMBSTONE_LIFE
from fargatecount.timestamps import DAY
from tests.support.builders import HOUR, NOW

KNOWN = Coverage(since=NOW - 30 * DAY, until=NOW - HOUR, retention_days=400)
HOLED = Coverage(since=NOW - 30 * DAY, until=NOW - HOUR, retention_days=400, holes=(Hole(NOW - 6 * DAY, NOW - 5 * DAY),))

CASES = [
    ("within what is known", KNOWN, NOW - DAY, NOW, []),
    ("before the history began", KNOWN, NOW - 31 * DAY, NOW, ["the history begins then"]),
    ("longer ago than records are kept", Coverage(since=0, until=NOW, retention_days=7), NOW - 8 * DAY, NOW, ["kept for 7 days"]),
    ("across a hole", HOLED, NOW - 7 * DAY, NOW, ["may be missing"]),
    ("beside a hole", HOLED, NOW - 4 * DAY, NOW, []),
    ("no maintenance for four days", Coverage(since=0, until=NOW - 4 * DAY, retention_days=400), NOW - 5 * DAY, NOW, ["may be missing"]),
    ("no maintenance yet, within three days", None, NOW - TOMBSTONE_LIFE, NOW, []),
    ("no maintenance yet, before", None, NOW - TOMBSTONE_LIFE - 1, NOW, ["has not started"]),
    ("into the future", KNOWN, NOW - HOUR, NOW + HOUR, ["future"]),
]


@pytest.mark.parametrize(("coverage", "begins", "ends", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_not_known_is_said(coverage: Coverage | None, begins: int, ends: int, said: list[str]) -> None:
    """Each gap has a sentence of its own; a period without one is known."""
    found = gaps(coverage, begins, ends, NOW)
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


def test_holes_are_remembered_up_to_a_number() -> None:
    """The latest ones stay."""
    coverage = extended(None, NOW, 400)
    for number in range(1, MAX_HOLES + 20):
        coverage = extended(coverage, NOW + number * 4 * DAY, 400)
    assert len(coverage.holes) == MAX_HOLES
    assert coverage.holes[-1].ends == coverage.until - TOMBSTONE_LIFE
