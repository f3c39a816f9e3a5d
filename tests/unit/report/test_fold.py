"""What many reports say together, before it becomes a range or a page."""

from __future__ import annotations

from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.drift import Cause
from fargatecount.report.fold import MAX_REPAIRS, Folded, fold, part_of
from tests.support.builders import HOUR, MINUTE, NOW
from tests.support.pages import cluster, refusal, repair, repaired, report, short, survey, usage


def folded(*reports: ReconcileDocument) -> Folded:
    return fold(map(part_of, reports))


def test_no_report_says_nothing() -> None:
    """A period without reports has no drift and rests on no report; what was refused is not known."""
    empty = folded()
    assert (empty.reports, empty.drifted, empty.clusters, empty.causes, empty.refused, empty.headroom) == (0, 0, {}, {}, None, None)


def test_drift_is_counted_by_cause() -> None:
    """A repair in flight is a row and not drift; a cause that made no counter wrong is a cause and not drift."""
    found = folded(
        report(NOW, None, repaired("web", repair(Cause.MISSED_STOP), repair(Cause.MISSED_LIFE), repair(Cause.MISSED_STOP, in_flight=True))),
        report(NOW + MINUTE, None, repaired("batch", repair(Cause.ORPHAN))),
    )
    assert (found.drifted, found.causes) == (2, {"missed stop": 1, "missed life": 1, "orphan": 1})
    assert len(found.repairs) == 4


def test_drift_is_summed_by_cluster() -> None:
    """Each repair counts once, in its cluster and in the total."""
    first = report(NOW, None, repaired("web", repair(Cause.MISSED_STOP), repair(Cause.MISSED_START)))
    second = report(NOW, None, repaired("web", repair(Cause.MISSED_STOP)), repaired("batch", repair(Cause.ORPHAN)))
    found = folded(first, second)
    assert {name: (cluster.looks, cluster.drifted) for name, cluster in found.clusters.items()} == {"ECS-web": (2, 3), "ECS-batch": (1, 1)}
    assert (found.reports, found.drifted) == (2, 4)


def test_the_newest_repair_comes_first() -> None:
    """An operator who is called at night reads from the top."""
    found = folded(report(NOW, None, repaired("web", repair())), report(NOW + MINUTE, None, repaired("batch", repair())))
    assert [row.cluster for row in found.repairs] == ["ECS-batch", "ECS-web"]


def test_what_was_in_flight_comes_last() -> None:
    """However many repairs were in flight, drift is at the top of the table."""
    storm = [repair(in_flight=True)] * MAX_REPAIRS
    found = folded(report(NOW, None, repaired("web", repair(Cause.ORPHAN))), report(NOW + MINUTE, None, repaired("batch", *storm)))
    assert (found.repairs[0].cause, len(found.repairs), found.left_out) == ("orphan", MAX_REPAIRS, 1)


def test_repairs_beyond_the_table_are_counted() -> None:
    """The table has the newest repairs, the causes count all, and the number left out is known."""
    found = folded(report(NOW, None, repaired("web", *[repair()] * (MAX_REPAIRS + 3))))
    assert (len(found.repairs), found.left_out, found.drifted) == (MAX_REPAIRS, 3, MAX_REPAIRS + 3)


def test_dry_runs_are_counted_and_otherwise_left_out() -> None:
    """A dry run repaired nothing, and the next run saw the same again."""
    found = folded(report(NOW, usage(cluster("ECS-web")), repaired("web", repair()), dry_run=True))
    assert (found.reports, found.dry_runs, found.drifted, found.clusters, found.peaks) == (0, 1, 0, {}, [])


def test_a_problem_is_counted_by_its_reports() -> None:
    """A problem of a hundred reports is one line, the most frequent first."""
    found = folded(*(report(NOW + n, problems=["no quotas"]) for n in range(3)), report(NOW + 9, problems=["no clusters"]))
    assert (list(found.problems), found.incomplete) == ([("no quotas", 3), ("no clusters", 1)], 4)


def test_refused_launches_are_joined_over_the_reports() -> None:
    """Two reports of the same hour have one episode; that nothing was refused is known only from a report with that key."""
    with_refusal = report(NOW, state={"refused": [refusal(NOW)]})
    assert folded(with_refusal, with_refusal, report(NOW)).refused == [refusal(NOW)]
    assert folded(report(NOW, state={"refused": []})).refused == []
    assert folded(report(NOW)).refused is None


def test_the_newest_survey_is_kept() -> None:
    """Most reports have none, and null is not one either."""
    found = folded(
        report(NOW, state={"headroom": survey(short())}),
        report(NOW + HOUR, state={"headroom": survey()}),
        report(NOW + 2 * HOUR, state={"headroom": None}),
        report(NOW + 3 * HOUR),
    )
    assert found.headroom == ("2026-01-01T01:00:01Z", survey())
