"""Quota bars."""

from __future__ import annotations

import pytest

from fargatecount.cli.quota_bar import color_of, quota_bar
from fargatecount.quotas.thresholds import Grade


@pytest.mark.parametrize(
    ("percent", "bar"),
    [
        pytest.param(0, "░░░░░░░░░░", id="nothing"),
        pytest.param(0.01, "█░░░░░░░░░", id="little is not nothing"),
        pytest.param(50, "█████░░░░░", id="half"),
        pytest.param(99.99, "█████████░", id="nearly full is not full"),
        pytest.param(100, "██████████", id="all"),
        pytest.param(100.01, "█████████▶", id="just beyond"),
        pytest.param(4000, "█████████▶", id="far beyond"),
        pytest.param(None, "", id="unknown"),
    ],
)
def test_a_bar(percent: float | None, bar: str) -> None:
    """A bar has the width that was asked for, and hides neither small use nor use beyond the quota."""
    assert quota_bar(percent, 10) == bar


@pytest.mark.parametrize(("grade", "color"), [(Grade.OK, "green"), (Grade.WARNING, "yellow"), (Grade.CRITICAL, "red"), (Grade.UNKNOWN, "")])
def test_every_grade_has_its_color(grade: Grade, color: str) -> None:
    """A bar is yellow at the warning threshold and red at the critical one; an unknown percentage has no color."""
    assert color_of(grade) == color
