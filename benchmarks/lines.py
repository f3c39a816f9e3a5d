"""A line of the table: what was measured, against what, and whether it is good enough.

Pure. A figure is the median of its runs with the least and the greatest beside it, because a single number from a busy machine says little.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

Progress: TypeAlias = Callable[[str], None]
"""Receives a short text about the current step."""


class Figure(msgspec.Struct, frozen=True):
    """A measured value."""

    median: float
    low: float
    high: float
    unit: str
    runs: int

    @classmethod
    def of(cls, values: Sequence[float], unit: str) -> Figure:
        """Return the figure of several runs.

        Raises:
            ValueError: there was no run.
        """
        if not values:
            raise ValueError("a figure needs at least one run")
        return cls(statistics.median(values), min(values), max(values), unit, len(values))

    def __str__(self) -> str:
        spread = f" ({short(self.low)} to {short(self.high)})" if self.runs > 1 and self.low != self.high else ""
        return f"{short(self.median)} {self.unit}{spread}".replace(" %", "%").strip()


class Bar(msgspec.Struct, frozen=True):
    """The limit for the ratio to the baseline, or for the figure itself."""

    limit: float
    at_least: bool = False
    of_ratio: bool = False

    def is_met(self, value: float) -> bool:
        """Return whether a value is within the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    what: str
    figure: Figure
    baseline: Figure | None = None
    baseline_is: str = ""
    """What the baseline measures."""
    inverse: bool = False
    """Whether the ratio is baseline over figure (times less), instead of figure over baseline."""
    bar: Bar | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The medians' ratio; None without a baseline."""
        if self.baseline is None:
            return None
        above, below = (self.baseline, self.figure) if self.inverse else (self.figure, self.baseline)
        return above.median / below.median if below.median else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without a bar."""
        if self.bar is None:
            return None
        value = self.ratio if self.bar.of_ratio else self.figure.median
        return value is not None and self.bar.is_met(value)

    @property
    def ratio_text(self) -> str:
        """The ratio in words."""
        if self.ratio is None:
            return ""
        return f"{short(self.ratio)} times less" if self.inverse else f"{short(self.ratio)} times"

    @property
    def bar_text(self) -> str:
        """The bar in words."""
        if self.bar is None:
            return ""
        unit = ("times less" if self.inverse else "times") if self.bar.of_ratio else self.figure.unit
        return f"at {'least' if self.bar.at_least else 'most'} {short(self.bar.limit)} {unit}".strip()


def short(value: float) -> str:
    """Return a number with three significant digits."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that this percentage of the values does not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("a percentile needs at least one value")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(percent * len(ordered)) // 100) - 1))]
