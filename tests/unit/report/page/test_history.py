"""What clusters held over time, as a chart can show it."""

from __future__ import annotations

from typing import Any

from fargatecount.report.page.history import GOOD_FOR, MAX_SERIES, History, PageSeries, Sample, TimeLevel, history, joined
from fargatecount.workload import Millis
from tests.support.builders import HOUR, MINUTE, NOW


def sample(at: Millis, *, whole: bool = True, **levels: float | TimeLevel) -> Sample:
    """Return what was said at a moment: a number is so many running workloads of one vCPU each."""
    found = {name: level if isinstance(level, TimeLevel) else TimeLevel(level, level) for name, level in levels.items()}
    return Sample(at=at, levels=found, existing=set(levels) if whole else None)


def metric(at: Millis, **running: float) -> Sample:
    """Return a point of CloudWatch: the highest of five minutes."""
    return Sample(at=at, levels={name: TimeLevel(value, value) for name, value in running.items()}, span=5 * MINUTE)


def of(found: History, name: str) -> PageSeries:
    return next(series for series in found.series if series.name == name)


def test_nothing_known_is_an_empty_chart() -> None:
    """Without a sample there is no point, and no series of zeros."""
    assert history([], NOW, NOW + HOUR) == History()


def test_each_sample_is_a_point_in_the_order_of_time() -> None:
    """Samples of several sources come in any order, and only those of the period count."""
    found = history(
        [sample(NOW + MINUTE, web=2), sample(NOW, web=1), sample(NOW - 1, web=9), sample(NOW + HOUR + 1, web=9)], NOW, NOW + HOUR
    )
    assert (list(found.times), list(of(found, "web").running)) == ([NOW, NOW + MINUTE], [1, 2])


def test_two_sources_of_one_moment_are_one_point() -> None:
    """A report and CloudWatch may speak of the same second: what they say is joined."""
    found = history([sample(NOW, web=1), sample(NOW, whole=False, batch=2)], NOW, NOW + HOUR)
    assert (list(found.times), list(of(found, "web").running), list(of(found, "batch").running)) == ([NOW], [1], [2])


def test_a_sample_of_some_clusters_leaves_the_others_as_they_were() -> None:
    """A cluster that a source does not speak of keeps what was last said of it, and that is no doubt as long as it is fresh."""
    found = history([sample(NOW, web=1, batch=5), sample(NOW + MINUTE, whole=False, web=2)], NOW, NOW + HOUR)
    assert list(of(found, "batch").running) == [5, 5]
    assert list(of(found, "batch").doubtful) == []


def test_what_nobody_vouched_for_lately_is_doubtful() -> None:
    """After sixteen minutes a value is the last known one."""
    late = NOW + GOOD_FOR + 1
    found = history([sample(NOW, web=1, batch=5), *(sample(at, whole=False, web=2) for at in (NOW + GOOD_FOR, late))], NOW, NOW + HOUR)
    assert (list(of(found, "batch").running), list(of(found, "batch").doubtful)) == ([5, 5, 5], [2])


def test_a_cluster_that_is_no_more_has_no_value() -> None:
    """A whole sample without a cluster says that it did not exist: that is nothing, and not its last count."""
    found = history([sample(NOW, web=1, batch=5), sample(NOW + MINUTE, web=1)], NOW, NOW + HOUR)
    assert list(of(found, "batch").running) == [5, None]


def test_counts_of_an_unreadable_cluster_are_drawn_and_marked() -> None:
    """The last known counts stay in the stack, as in every total, and are never 0."""
    found = history([sample(NOW, web=3), sample(NOW + MINUTE, web=TimeLevel(3, 3, readable=False))], NOW, NOW + HOUR)
    assert (list(of(found, "web").running), list(of(found, "web").doubtful)) == ([3, 3], [1])


def test_where_nobody_looked_there_is_a_gap() -> None:
    """A gap begins when the last word has ceased to be believed, and has no values."""
    found = history([sample(NOW, web=1), sample(NOW + HOUR, web=2)], NOW, NOW + HOUR)
    assert list(found.times) == [NOW, NOW + GOOD_FOR, NOW + HOUR]
    assert list(of(found, "web").running) == [1, None, 2]


def test_thinning_keeps_the_peak_of_each_slot_as_it_was() -> None:
    """A quota is about peaks: of each slot the moment at which most was held is kept, whole, and the last moment with it."""
    samples = [sample(NOW + n * MINUTE, web=n % 5, batch=9 if n == 13 else 0) for n in range(60)]
    found = history(samples, NOW, NOW + HOUR, points=6)
    assert len(found.times) <= 7
    at = list(found.times).index(NOW + 13 * MINUTE)
    assert (of(found, "web").running[at], of(found, "batch").running[at]) == (3, 9)
    assert found.times[-1] == NOW + 59 * MINUTE


def test_the_chart_of_a_month_shows_its_gap() -> None:
    """A day without a look is a gap in a thinned chart too."""
    day = 24 * HOUR
    samples = [sample(NOW + n * 5 * MINUTE, web=1) for n in range(30 * 288) if not 10 <= n // 288 < 11]
    found = history(samples, NOW, NOW + 30 * day)
    gaps = [at for at, value in zip(found.times, of(found, "web").running, strict=True) if value is None]
    assert [(at - NOW) // day for at in gaps] == [10]


def test_the_smallest_clusters_are_one_series_together() -> None:
    """With more clusters than series the last one is the sum of all others, and nothing is lost from the stack."""
    levels: dict[str, Any] = {f"c{n:02}": float(n) for n in range(1, 31)}
    found = history([sample(NOW, **levels)], NOW, NOW + HOUR)
    assert len(found.series) == MAX_SERIES
    others = found.series[-1]
    assert (others.name, others.clusters) == ("6 other clusters", 6)
    assert sum(series.running[0] or 0 for series in found.series) == sum(levels.values())


def test_the_series_are_in_the_order_of_their_peaks() -> None:
    """The cluster with the highest peak comes first, whatever it holds now."""
    found = history([sample(NOW, web=1, batch=5), sample(NOW + MINUTE, web=4, batch=0)], NOW, NOW + HOUR)
    assert [series.name for series in found.series] == ["batch", "web"]


def test_a_measure_that_is_not_known_is_no_zero() -> None:
    """CloudWatch may have the workloads of a minute without their vCPU."""
    found = history([sample(NOW, web=TimeLevel(3, None))], NOW, NOW + HOUR)
    assert (list(of(found, "web").running), list(of(found, "web").vcpu)) == ([3], [None])


def test_each_moment_is_told_by_one_source() -> None:
    """Where CloudWatch has the highest of five minutes, a report of an instant within them is no second word on the same cluster."""
    told = joined([sample(NOW + MINUTE, web=1, batch=2)], [metric(NOW, web=4)])
    found = history(told, NOW, NOW + HOUR)
    assert (list(of(found, "web").running), list(of(found, "batch").running)) == ([4, 4], [None, 2])


def test_a_report_speaks_where_metrics_are_silent() -> None:
    """Before the deployment was armed, and of a cluster that could not be read, of which there are no points."""
    told = joined([sample(NOW, web=1), sample(NOW + 6 * MINUTE, web=TimeLevel(3, 3, readable=False))], [metric(NOW + 5 * MINUTE, web=4)])
    found = history(told, NOW, NOW + HOUR)
    assert (list(of(found, "web").running), list(of(found, "web").doubtful)) == ([1, 4, 3], [2])


def test_what_was_seen_goes_before_metrics() -> None:
    """A live page has looked itself since it was opened, oftener than once a minute."""
    told = joined(
        [], [metric(NOW, web=9), metric(NOW + 5 * MINUTE, web=9)], [sample(NOW + 2 * MINUTE, web=3), sample(NOW + 6 * MINUTE, web=4)]
    )
    assert list(of(history(told, NOW, NOW + HOUR), "web").running) == [9, 3, 4]


def test_a_report_that_was_told_over_still_says_what_exists() -> None:
    """A cluster that is gone ends there, though others go on."""
    told = joined([sample(NOW, web=1, batch=2), sample(NOW + 6 * MINUTE, web=1)], [metric(NOW + 5 * MINUTE, web=4)])
    assert list(of(history(told, NOW, NOW + HOUR), "batch").running) == [2, 2, None]
