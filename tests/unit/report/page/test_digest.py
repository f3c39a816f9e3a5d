"""What the page takes from the kept reports."""

from __future__ import annotations

from typing import Any

from fargatecount.counts import Counts
from fargatecount.reconcile.drift import Cause
from fargatecount.reconcile.report import ClusterReport
from fargatecount.report.page.digest import MAX_REPAIRS, OLD_REPORT, digest, part, usage_of
from tests.support.builders import MINUTE, NOW, PODS, WEB
from tests.support.pages import cluster, repair, repaired, report, unlisted, usage


def digest_of(*reports: dict[str, Any]) -> Any:
    return digest([part(each) for each in reports])


def test_drift_is_counted_by_cause() -> None:
    """What was in flight is a row, and no drift; what made no counter wrong is a cause, and no drift either."""
    found = digest_of(
        report(NOW, None, repaired("web", repair(Cause.MISSED_STOP), repair(Cause.MISSED_LIFE), repair(Cause.MISSED_STOP, in_flight=True))),
        report(NOW + MINUTE, None, repaired("batch", repair(Cause.ORPHAN))),
    ).drift
    assert (found.repaired, found.causes) == (2, {"missed stop": 1, "missed life": 1, "orphan": 1})
    assert len(found.rows) == 4


def test_the_newest_repair_comes_first() -> None:
    """Who is called at night reads from the top."""
    found = digest_of(report(NOW, None, repaired("web", repair())), report(NOW + MINUTE, None, repaired("batch", repair())))
    assert [row.cluster for row in found.drift.rows] == ["ECS-batch", "ECS-web"]


def test_what_was_in_flight_comes_last() -> None:
    """However much of it there is, the drift is at the top of the table."""
    storm = [repair(in_flight=True)] * MAX_REPAIRS
    found = digest_of(report(NOW, None, repaired("web", repair(Cause.ORPHAN))), report(NOW + MINUTE, None, repaired("batch", *storm))).drift
    assert (found.rows[0].cause, len(found.rows), found.left_out) == ("orphan", MAX_REPAIRS, 1)


def test_repairs_beyond_the_table_are_counted() -> None:
    """The table holds the newest, the causes count all, and how many are left out is said."""
    found = digest_of(report(NOW, None, repaired("web", *[repair()] * (MAX_REPAIRS + 3)))).drift
    assert (len(found.rows), found.left_out, found.repaired) == (MAX_REPAIRS, 3, MAX_REPAIRS + 3)


def test_dry_runs_are_counted_and_otherwise_left_out() -> None:
    """They repaired nothing, and the next run saw the same again."""
    found = digest_of(report(NOW, usage(cluster("ECS-web")), repaired("web", repair()), dry_run=True))
    assert (found.reports, found.dry_runs, found.drift.repaired, list(found.samples)) == (0, 1, 0, [])


def test_what_could_not_be_done_is_said_once_with_how_often() -> None:
    """A problem that a hundred reports tell is one line."""
    found = digest_of(*(report(NOW + n, problems=["no quotas"]) for n in range(3)), report(NOW + 9, problems=["no clusters"]))
    assert [(one.problem, one.reports) for one in found.problems] == [("no quotas", 3), ("no clusters", 1)]
    assert found.incomplete == 4


def test_a_report_tells_of_every_cluster() -> None:
    """Also of those that the run had no reason to look into; one of which nothing is known has no level."""
    (sample,) = digest_of(report(NOW, usage(cluster("ECS-web", 3), unlisted("EKS-new")))).samples
    assert (sample.at, sample.existing, set(sample.levels)) == (NOW + 1_000, {"ECS-web", "EKS-new"}, {"ECS-web"})


def test_a_report_of_an_older_version_tells_of_what_it_looked_into() -> None:
    """The others are not known from it, and it is not complete."""
    looked = ClusterReport(cluster=WEB, why="", after=Counts()), ClusterReport(cluster=PODS, why="", readable=False, reason="denied")
    old = report(NOW, None, *looked)
    (sample,) = digest_of(old).samples
    assert (sample.existing, sample.levels["ECS-web"].running, sample.levels["EKS-pods"].readable) == (None, 0, False)
    assert (usage_of(old)["complete"], usage_of(old)["reason"]) == (False, OLD_REPORT)
