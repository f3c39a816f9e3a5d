"""docs/unproven.md and the self-test name the same checks."""

from __future__ import annotations

import re
from pathlib import Path

from fargatecount.selftest.outcome import CLAIMS

ROWS = [line.split(" | ") for line in Path("docs/unproven.md").read_text().splitlines() if re.match(r"\| [A-Z]\d+ \|", line)]
"""Number, claim, relied on by, self-test, what else proves it."""

NONE = "\N{EN DASH}"


def test_every_claim_names_existing_checks() -> None:
    """A claim names checks of the self-test, or none."""
    named = {check for row in ROWS for check in re.findall(r"`([^`]+)`", row[3])}
    assert named - CLAIMS.keys() == set()
    assert all(row[3] == NONE or re.findall(r"`([^`]+)`", row[3]) for row in ROWS)


def test_every_check_proves_a_claim() -> None:
    """Each check has its claim; the clock's belongs to all delays."""
    assert {check for row in ROWS for check in re.findall(r"`([^`]+)`", row[3])} == CLAIMS.keys() - {"clock"}


def test_claims_have_different_numbers() -> None:
    """A number names one claim."""
    numbers = [row[0] for row in ROWS]
    assert len(set(numbers)) == len(numbers) > 30
