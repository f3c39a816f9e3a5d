"""The page that goes on."""

from __future__ import annotations

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.report.page.live import REFRESH, SLOWLY, Live
from fargatecount.workload import Millis
from tests.support.builders import HOUR
from tests.support.page_sources import Paged
from tests.support.pages import cluster, repair, repaired, usage


@pytest.fixture
def here() -> Paged:
    """Return an account that has been looked at."""
    found = Paged()
    found.account.reconcile()
    return found


def live(here: Paged, length: Millis = HOUR) -> Live:
    return Live(here.sources, here.clock, length)


def test_each_look_reads_the_counters(here: Paged) -> None:
    """A task that has started since the last look is on the page, and every look is a point of the chart."""
    page = live(here)
    assert page.look().headline.running == 0
    here.start("t1")
    here.clock.advance(REFRESH)
    now = page.look()
    assert (now.headline.running, list(now.history.series[0].running)) == (1, [None, 1])


def test_it_asks_to_be_asked_again(here: Paged) -> None:
    """A live page says how often its browser is to ask; a file does not."""
    assert live(here).look().refresh_ms == REFRESH


def test_what_is_dear_is_read_once_a_minute(here: Paged) -> None:
    """Reports and CloudWatch are asked at the first look, and then once a minute however many look."""
    page = live(here)
    page.look()
    here.keep(here.clock.now(), usage(cluster("ECS-web", 3)), repaired("web", repair()))
    here.clock.advance(SLOWLY - 1)
    assert (page.look().digest.reports, here.metrics.asked) == (0, 1)
    here.clock.advance(1)
    assert (page.look().digest.reports, here.metrics.asked) == (1, 2)


def test_costs_are_as_of_the_last_slow_look(here: Paged) -> None:
    """Those by service come from rows, and the page says from when; the total is as fresh as the counts."""
    here.start("t1")
    page = live(here)
    first = page.look()
    assert first.cost is not None
    assert first.headline.cost_per_hour
    here.clock.advance(REFRESH)
    second = page.look()
    assert second.cost is not None
    assert second.cost.at == first.at != second.at
    here.start("t2")
    third = page.look()
    assert third.cost is not None
    assert third.headline.cost_per_hour == pytest.approx(2 * first.headline.cost_per_hour, rel=1e-3)
    assert (third.cost.total_at, third.cost.at) == (third.at, first.at)


def test_what_is_older_than_the_period_leaves_the_page(here: Paged) -> None:
    """Its own points and reports alike: a page that stays open for days does not grow."""
    page = live(here, length=HOUR)
    here.keep(here.clock.now(), usage(cluster("ECS-web", 3)), repaired("web", repair()))
    page.look()
    here.clock.advance(2 * HOUR)
    now = page.look()
    assert (now.digest.reports, now.digest.drift.repaired, len(now.history.times)) == (0, 0, 0)


def test_of_many_looks_the_peaks_are_remembered(here: Paged) -> None:
    """A page of four weeks that is looked at every few seconds keeps one moment of each five minutes: that at which most was held."""
    page = live(here, length=28 * 24 * HOUR)
    stops = []
    for number in range(300):
        if number == 50:
            here.start("t1")
        if number == 53:
            stops.append(here.account.ecs.move("t1", "STOPPED"))
            here.account.deliver(*stops)
        here.clock.advance(REFRESH)
        found = page.look()
    assert len(found.history.times) <= 5
    assert max(value for value in found.history.series[0].running if value is not None) == 1


def test_after_trouble_it_goes_on(here: Paged) -> None:
    """A look that failed is an error, and the next one is as good as ever."""
    page = live(here)
    broken, here.sources.reports.read = here.sources.reports.read, _gone  # type: ignore[method-assign, assignment]
    here.keep(here.clock.now(), usage(cluster("ECS-web", 3)))
    with pytest.raises(MisconfiguredError):
        page.look()
    here.sources.reports.read = broken  # type: ignore[method-assign]
    assert page.look().digest.reports == 1


def _gone(*_: object) -> dict[str, object]:
    raise MisconfiguredError("no report is kept")
