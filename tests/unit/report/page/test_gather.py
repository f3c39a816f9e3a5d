"""The page of a period, of a report, and of a day."""

from __future__ import annotations

import pytest

from fargatecount.adapters.memory.pages import MemoryPages
from fargatecount.errors import MisconfiguredError
from fargatecount.report.page.daily import keep_yesterday
from fargatecount.report.page.gather import page_now, page_of_day, page_of_report
from fargatecount.timestamps import DAY
from tests.support.builders import HOUR, MINUTE, NOW, SCOPE
from tests.support.page_sources import Paged
from tests.support.pages import cluster, refusal, report, short, survey, usage, witness

DAYTIME = NOW + 9 * HOUR


@pytest.fixture
def here() -> Paged:
    """Return an account at nine in the morning."""
    found = Paged()
    found.clock.advance(9 * HOUR)
    return found


def test_the_page_of_now_is_what_the_counters_say(here: Paged) -> None:
    """Two tasks of a quarter of a vCPU, their quota, their cost by service, and the last point of the chart."""
    here.start("t1", "t2")
    here.account.reconcile()
    page = page_now(here.sources, here.clock.now(), HOUR)
    assert (page.headline.complete, page.headline.running, page.headline.vcpu) == (True, 2, 0.5)
    assert (page.gauges[0].value, page.gauges[0].used) == (6.0, 0.5)
    assert page.cost is not None
    assert [(group.cluster, group.group) for group in page.cost.groups] == [("ECS-web", "service:web")]
    assert page.history.series[0].running[-1] == 2


def test_before_the_first_look_nothing_is_known(here: Paged) -> None:
    """An empty ledger is unknown, not 0."""
    page = page_now(here.sources, here.clock.now(), HOUR)
    assert (page.headline.complete, page.headline.running) == (False, None)
    assert page.headline.why


def test_the_chart_joins_reports_and_metrics(here: Paged) -> None:
    """CloudWatch has a point a minute and the reports one every five, of the same clusters; the page says what it is drawn from."""
    here.keep(DAYTIME - 5 * MINUTE, usage(cluster("ECS-web", 3), cluster("ECS-batch", 1)))
    here.metrics.put(DAYTIME - 3 * MINUTE, ECS_web=4)
    page = page_now(here.sources, DAYTIME, HOUR)
    web = next(series for series in page.history.series if series.name == "ECS-web")
    assert (list(web.running)[:2], list(page.sources)) == ([3, 4], ["1 kept reports", "CloudWatch"])


def test_refused_metrics_are_a_note(here: Paged) -> None:
    """Without the right to read CloudWatch the page is made from the reports, and says what is missing and why."""
    here.metrics.is_denied = True
    here.keep(DAYTIME - MINUTE, usage(cluster("ECS-web", 3)))
    page = page_now(here.sources, DAYTIME, HOUR)
    assert "cloudwatch:GetMetricData is not allowed" in page.notes[0]
    assert page.history.series[0].running[0] == 3


def test_a_dry_run_hides_nothing(here: Paged) -> None:
    """The limits and the AWS/Usage metrics are those of the newest report that is not a dry run."""
    here.keep(DAYTIME - 2 * MINUTE, usage(), state={"witness": witness(3.0)})
    here.keep(DAYTIME - MINUTE, usage(), dry_run=True)
    page = page_now(here.sources, DAYTIME, HOUR)
    assert (list(page.witness), page.beside_at) == (witness(3.0), "2026-01-01T08:58:01Z")


def test_refusals_of_the_whole_period_are_on_the_page(here: Paged) -> None:
    """Also those that the last report no longer has."""
    here.keep(DAYTIME - 6 * HOUR, usage(), state={"refused": [refusal(DAYTIME - 6 * HOUR)]})
    here.keep(DAYTIME - MINUTE, usage(), state={"refused": []})
    assert page_now(here.sources, DAYTIME, DAY).refused == [refusal(DAYTIME - 6 * HOUR)]


def test_the_newest_survey_of_next_deployments_is_on_the_page(here: Paged) -> None:
    """With its time, because not every report has one."""
    here.keep(DAYTIME - 2 * HOUR, usage(), state={"headroom": survey(short())})
    here.keep(DAYTIME - MINUTE, usage(), state={"headroom": None})
    page = page_now(here.sources, DAYTIME, DAY)
    assert (page.headroom, page.headroom_at) == (survey(short()), "2026-01-01T07:00:01Z")


def test_the_page_of_a_report_is_how_things_stood_then(here: Paged) -> None:
    """Its numbers are the report's, and the chart is of the day before it, whatever came later."""
    here.keep(DAYTIME - 2 * HOUR, usage(cluster("ECS-web", 3)))
    asked = here.keep(DAYTIME - HOUR, usage(cluster("ECS-web", 5)))
    here.keep(DAYTIME, usage(cluster("ECS-web", 7)))
    page = page_of_report(here.sources, asked)
    assert (page.headline.running, page.digest.reports) == (5, 2)
    assert [value for value in page.history.series[0].running if value is not None] == [3, 5]


def test_an_unknown_report_has_no_page(here: Paged) -> None:
    """It is named, as by the command that shows reports."""
    with pytest.raises(MisconfiguredError, match="no report 'x'"):
        page_of_report(here.sources, "x")


def test_a_report_of_an_older_version_has_a_page(here: Paged) -> None:
    """It says that it does not know of all clusters."""
    page = page_of_report(here.sources, here.keep(DAYTIME))
    assert (page.headline.complete, page.headline.running) == (False, None)


def test_the_page_of_a_day_is_of_its_own_reports(here: Paged) -> None:
    """From midnight to midnight, UTC, as things stood at its end."""
    for at, running in ((NOW - DAY - MINUTE, 1), (NOW - DAY, 2), (NOW - MINUTE, 3), (NOW, 4)):
        here.keep(at, usage(cluster("ECS-web", running)))
    page = page_of_day(here.sources, NOW)
    assert page is not None
    assert (page.headline.running, page.digest.reports) == (3, 2)


def test_yesterdays_page_is_kept_once(here: Paged) -> None:
    """The first run of a day keeps it under yesterday's date, and the next finds it there."""
    here.keep(NOW - HOUR, usage(cluster("ECS-web", 3)))
    pages = MemoryPages()
    assert [keep_yesterday(here.sources, pages, DAYTIME + n) for n in range(2)] == ["memory:2025-12-31", None]
    assert pages.kept[SCOPE, "2025-12-31"].startswith("<!doctype html>")


def test_without_a_report_there_is_no_page_of_a_day(here: Paged) -> None:
    """The day before the deployment has none, and none is invented."""
    pages = MemoryPages()
    here.reports.keep(report(DAYTIME, usage()))
    assert (keep_yesterday(here.sources, pages, DAYTIME), pages.kept) == (None, {})
