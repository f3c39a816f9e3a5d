"""The report of the self-test."""

from __future__ import annotations

from fargatecount.errors import DeniedError
from fargatecount.selftest.document import MASK, markdown, selftest_document
from fargatecount.selftest.outcome import ClaimVerdict, Outcome, not_known, proven, refuted, run_checks
from tests.support.builders import NOW, SCOPE


def broken() -> Outcome:
    raise RuntimeError("a defect")


def denied() -> Outcome:
    raise DeniedError("arn:aws:sts::123456789012:assumed-role/x may not", remedy="allow it in 123456789012")


def test_a_check_that_cannot_read_stops_no_other() -> None:
    """A refusal and a defect are both not known, never proven."""
    found = list(run_checks([("clock", denied), ("queue-drains", broken), ("quotas-readable", lambda: proven("both"))]))
    assert [outcome.verdict for _, outcome in found] == [ClaimVerdict.NOT_KNOWN, ClaimVerdict.NOT_KNOWN, ClaimVerdict.PROVEN]
    assert "defect" in found[1][1].remedy


def test_a_masked_report_has_no_number_of_an_account() -> None:
    """Neither in a message of AWS nor in a remedy; other numbers stay."""
    outcomes = [*run_checks([("clock", denied)]), ("queue-drains", proven("1767225600000 ms"))]
    masked = markdown(selftest_document(outcomes, NOW, SCOPE, "1.0", is_masked=True))
    assert "123456789012" not in masked
    assert masked.count(MASK) == 2
    assert "(an ARN) may not" in masked
    assert "1767225600000 ms" in masked
    assert "assumed-role" not in markdown(selftest_document(outcomes, NOW, SCOPE, "1.0", is_masked=False))
    assert "123456789012" in markdown(selftest_document(outcomes, NOW, SCOPE, "1.0", is_masked=False))


def test_hostile_text_stays_in_its_cell() -> None:
    """A message with a bar, a line break or markup does not break the table."""
    outcomes = [("clock", not_known("a|b\n<script>", remedy="x")), ("queue-drains", refuted("y", remedy="z"))]
    document = selftest_document(outcomes, NOW, SCOPE, "1.0", is_masked=False)
    rows = [line for line in markdown(document).splitlines() if line.startswith("| clock")]
    assert rows[0].endswith("| a\\|b &lt;script> | x |")
    assert (document.proven, document.refuted, document.not_known) == (0, 1, 1)
