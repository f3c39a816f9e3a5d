"""The table's arithmetic: medians, ratios, bars."""

from __future__ import annotations

import pytest

from benchmarks.lines import Bar, Figure, Line, percentile, short


def line(bar: Bar | None = None, *, inverse: bool = False) -> Line:
    """Return a line of 2 s against 8 s."""
    figure, baseline = Figure.of([3, 1, 2], "s"), Figure.of([8], "s")
    return Line(what="work", figure=figure, baseline=baseline, baseline_is="theirs", inverse=inverse, bar=bar)


def test_a_figure_is_the_median_with_its_spread() -> None:
    """Three runs are reported by the middle one, with the least and the greatest beside it."""
    assert str(Figure.of([3, 1, 2], "s")) == "2.00 s (1.00 to 3.00)"


def test_no_run_is_no_figure() -> None:
    """Nothing measured is an error, not a zero."""
    with pytest.raises(ValueError, match="at least one run"):
        Figure.of([], "s")


def test_the_ratio_is_to_the_baseline() -> None:
    """Two of eight are a quarter."""
    assert line().ratio == 0.25


def test_less_is_told_the_other_way_round() -> None:
    """Two instead of eight is four times less."""
    assert line(inverse=True).ratio_text == "4.00 times less"


@pytest.mark.parametrize(
    ("bar", "inverse", "met"),
    [
        (Bar(2.0), False, True),
        (Bar(1.9), False, False),
        (Bar(0.25, of_ratio=True), False, True),
        (Bar(0.2, of_ratio=True), False, False),
        (Bar(4, at_least=True, of_ratio=True), True, True),
        (Bar(5, at_least=True, of_ratio=True), True, False),
        (None, False, None),
    ],
)
def test_a_bar_is_met_or_not(bar: Bar | None, *, inverse: bool, met: bool | None) -> None:
    """A bar speaks of the figure or of the ratio, from above or from below."""
    assert line(bar, inverse=inverse).met is met


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (1, 1), (0, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: float) -> None:
    """Of one to a hundred, the n-th percentile is n."""
    assert percentile(range(1, 101), percent) == value


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (0.01234, "0.0123"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234")])
def test_numbers_are_short(value: float, text: str) -> None:
    """Three figures are as many as a busy machine can vouch for."""
    assert short(value) == text
