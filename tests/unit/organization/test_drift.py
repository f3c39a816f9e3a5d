"""Drift from a member to the answer of the hub."""

from __future__ import annotations

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.organization.drift import DriftReport, drift_report
from fargatecount.organization.drift_view import OrganizationDrift, organization_drift
from fargatecount.organization.report import decode, encode
from fargatecount.organization.scopes import ScopeRecord
from fargatecount.organization.selection import ScopeSelection
from fargatecount.reconcile.drift_log import DriftHour, DriftLog
from fargatecount.timestamps import HOUR
from fargatecount.workload import Scope
from tests.support.builders import MINUTE, NOW
from tests.support.reports import report

ONE, TWO, OLD = Scope("111111111111", "eu-west-1"), Scope("111111111111", "us-east-1"), Scope("222222222222", "eu-west-1")


def drift(**causes: int) -> DriftReport:
    """Return the drift of a day with 96 runs."""
    named = {name.replace("_", " "): number for name, number in causes.items()}
    return DriftReport(since=NOW - 23 * HOUR, runs=96, incomplete=1, causes=named, last_at=NOW)


def record(scope: Scope, found: DriftReport | None, at: int = NOW) -> ScopeRecord:
    return ScopeRecord(scope=scope, as_of=at, report=decode(encode(report(1, scope=scope, at=at, drift=found))))


RECORDS = [record(ONE, drift()), record(TWO, drift(missed_stop=2, orphan=1), NOW - 5 * MINUTE), record(OLD, None)]


def answer(**selection: tuple[str, ...]) -> OrganizationDrift:
    return organization_drift(RECORDS, None, NOW, ScopeSelection(**selection))


def test_a_member_reports_the_hours_of_a_day() -> None:
    """Older hours are left out, also where no run has dropped them; before the first run there is nothing to report."""
    hours = [DriftHour(hour=NOW // HOUR - ago, runs=2, incomplete=1, causes={"orphan": 1}) for ago in (30, 23, 0)]
    found = drift_report(DriftLog(hours=hours, last_at=NOW), NOW)
    assert found is not None
    assert (found.runs, found.incomplete, found.causes, found.last_at) == (4, 2, {"orphan": 2}, NOW)
    assert drift_report(DriftLog(), NOW) is None


def test_the_hub_adds_up_what_is_known() -> None:
    """The most repairs first; an older member's drift is not known, and never 0."""
    found = answer()
    assert [(each.region, each.drifted) for each in found.scopes] == [("us-east-1", 3), ("eu-west-1", 0), ("eu-west-1", None)]
    assert (found.total.drifted, found.total.runs, found.total.causes) == (3, 192, {"missed stop": 2, "orphan": 1})
    assert (found.total.scopes, found.total.known, found.total.drifted_scopes, found.complete) == (3, 2, 1, False)
    assert [each.silent for each in found.scopes] == [True, False, False]


def test_a_part_may_be_complete() -> None:
    """By account and Region; a name that is not there is refused."""
    assert answer(accounts=("111111111111",), regions=("eu-west-1",)).complete
    with pytest.raises(MisconfiguredError, match="no Region is 'mars-1'"):
        answer(regions=("mars-1",))
