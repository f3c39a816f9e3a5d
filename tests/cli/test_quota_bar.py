"""Bars of quotas."""

from __future__ import annotations

import pytest

from fargatecount.cli.quota_bar import CRITICAL, WARNING, color_of, quota_bar


@pytest.mark.parametrize(
    ("percent", "bar"),
    [
        pytest.param(0, "░░░░░░░░░░", id="nothing"),
        pytest.param(0.01, "█░░░░░░░░░", id="hardly anything is something"),
        pytest.param(50, "█████░░░░░", id="half"),
        pytest.param(99.99, "█████████░", id="not quite all is not all"),
        pytest.param(100, "██████████", id="all"),
        pytest.param(100.01, "█████████▶", id="just beyond"),
        pytest.param(4000, "█████████▶", id="far beyond"),
        pytest.param(None, "", id="nobody knows"),
    ],
)
def test_a_bar(percent: float | None, bar: str) -> None:
    """It is as long as it is asked to be, and neither hides what is used nor what is beyond."""
    assert quota_bar(percent, 10) == bar


@pytest.mark.parametrize(
    ("percent", "color"),
    [
        (0, "green"),
        (WARNING - 0.01, "green"),
        (WARNING, "yellow"),
        (CRITICAL - 0.01, "yellow"),
        (CRITICAL, "red"),
        (200, "red"),
        (None, ""),
    ],
)
def test_its_color_is_that_of_the_alarms(percent: float | None, color: str) -> None:
    """Yellow from the warning on and red from the critical level on; what is not known has none."""
    assert color_of(percent) == color


def test_the_thresholds_are_those_of_the_deployment() -> None:
    """Whoever is warned at 50 percent and paged at 60 sees 55 in yellow and 60 in red."""
    assert [color_of(percent, 50, 60) for percent in (49.9, 50, 59.9, 60)] == ["green", "yellow", "yellow", "red"]
