"""The accepted findings of the security scan of the template."""

from __future__ import annotations

import re
from itertools import pairwise

from tests.rules.tracked import ROOT

CONFIG = (ROOT / "infra" / "checkov.yml").read_text().splitlines()


def test_every_accepted_finding_has_its_reason() -> None:
    """Each skipped check has a comment of its own above it, and is skipped once."""
    skipped = [(above, line.strip("- ")) for above, line in pairwise(CONFIG) if re.match(r"  - CKV", line)]
    assert skipped
    assert [check for above, check in skipped if not above.startswith("  # ")] == []
    assert len({check for _, check in skipped}) == len(skipped)


def test_the_scan_is_part_of_what_a_change_must_pass() -> None:
    """It runs where the tests run, and a finding fails it."""
    assert "make scan" in (ROOT / ".ci" / "run").read_text().splitlines()
    assert not [line for line in CONFIG if line.startswith(("soft-fail", "check:"))]


def test_the_scan_lints_every_iam_policy() -> None:
    """`make scan` runs the IAM linters on the packaged template, in the environment of their lock file."""
    recipe = (ROOT / "Makefile").read_text()
    assert "$(IAM)/bin/python -m tools.iam_lint $(SCAN)/package/cloudformation-template-update-stack.json" in recipe
    assert "$(BIN)/uv pip sync --quiet requirements-iam.txt" in recipe
