"""The drift of a day, hour by hour."""

from __future__ import annotations

from fargatecount.reconcile.drift import Cause, Repair
from fargatecount.reconcile.drift_log import HOURS, DriftLog, with_run
from fargatecount.reconcile.report import ClusterReport, Report
from fargatecount.timestamps import HOUR
from fargatecount.workload import Phase
from tests.support.builders import NOW, SCOPE, WEB


def report(at: int, *causes: Cause, in_flight: bool = False, readable: bool = True) -> Report:
    """Return a run that repaired this."""
    repairs = [
        Repair(workload_id=f"t{n}", cause=cause, before=None, after=Phase.RUNNING, in_flight=in_flight) for n, cause in enumerate(causes)
    ]
    looked = [ClusterReport(cluster=WEB, why="full", readable=readable, repairs=repairs)]
    return Report(id="r", scope=SCOPE, started_at=at, ended_at=at, full=True, dry_run=False, known=1, looked=looked)


def test_runs_of_an_hour_are_one_sum() -> None:
    """Repairs by cause; a run that could not read everything is counted as such."""
    log = with_run(DriftLog(), report(NOW, Cause.MISSED_STOP, Cause.MISSED_STOP))
    log = with_run(log, report(NOW, Cause.MISSED_START, Cause.MISSED_STOP, readable=False))
    (hour,) = log.hours
    assert (hour.hour, hour.runs, hour.incomplete, log.last_at) == (NOW // HOUR, 2, 1, NOW)
    assert hour.causes == {"missed start": 1, "missed stop": 3}


def test_what_made_no_counter_wrong_is_no_drift() -> None:
    """A life that was never seen, and a change whose event may still arrive."""
    log = with_run(DriftLog(), report(NOW, Cause.MISSED_LIFE))
    log = with_run(log, report(NOW, Cause.MISSED_STOP, in_flight=True))
    assert [(hour.runs, hour.causes) for hour in log.hours] == [(2, {})]


def test_hours_of_more_than_a_day_ago_are_dropped() -> None:
    """So that the item stays small, however long the deployment runs."""
    log = DriftLog()
    for hour in range(2 * HOURS):
        log = with_run(log, report(NOW + hour * HOUR, Cause.WRONG_SIZE))
    assert [each.hour for each in log.hours] == [(NOW // HOUR) + hour for hour in range(HOURS, 2 * HOURS)]
