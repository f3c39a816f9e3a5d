"""The lines in which a period is summed up for people."""

from __future__ import annotations

import pytest

from fargatecount.cli.range_tables import peak_lines
from fargatecount.quotas.document import QuotaDocument
from fargatecount.report.fold import fold, part_of
from fargatecount.report.range import range_document
from tests.support.builders import HOUR, MINUTE, NOW, SCOPE
from tests.support.pages import quota, report


def lines(*quotas: QuotaDocument) -> list[str]:
    """Return the lines of reports five minutes apart, each with one quota."""
    reports = [report(NOW + n * 5 * MINUTE, state={"quotas": [each]}) for n, each in enumerate(quotas)]
    return peak_lines(range_document(SCOPE, fold(map(part_of, reports)), NOW - HOUR, NOW + HOUR))


@pytest.mark.parametrize(
    ("quotas", "line"),
    [
        pytest.param([quota(30.0)], "Highest use, on-demand quota: 20 % (30 of 150) at 2026-01-01T00:00:01Z.", id="well below"),
        pytest.param(
            [quota(30.0), quota(150.0), quota(130.0)],
            "Highest use, on-demand quota: 100 % (150 of 150) at 2026-01-01T00:05:01Z; "
            "at or above the warning threshold in 2 of 3 reports, at or above the critical one in 1.",
            id="full for a while",
        ),
        pytest.param(
            [quota(60.0, used_at_least=True)], "Highest use, on-demand quota: ≥40 % (≥60 of 150) at 2026-01-01T00:00:01Z.", id="a bound"
        ),
        pytest.param([quota(60.0, value=None, percent=None)], "Highest use, on-demand quota: not known.", id="unknown quota"),
    ],
)
def test_a_period_says_how_full_the_quotas_were(quotas: list[QuotaDocument], line: str) -> None:
    """A period without drift may have been one at the quota."""
    assert lines(*quotas) == [line]


def test_reports_without_quotas_know_nothing_of_them() -> None:
    """Unknown is said."""
    assert lines() == ["Highest use of the quotas: not known: no report of the period has them."]
