"""A graph as SVG: lines or a stack over time, an axis with its label, and the thresholds across it.

Points of adjacent periods are joined; a point without neighbors is a dot, and a missing value is a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from tools.dashboard.queries import Drawn
from tools.dashboard.widgets import Line

LEFT, RIGHT, TOP, BOTTOM = 34, 8, 18, 18
"""Pixels around the plot: for numbers, half a clock time, the label of the axis, and clock times."""
HOURS = 3
"""Between two clock times: eight fit a third of the page."""
TICKS = 5
LETTER, HIGH = 6.5, 14
"""Pixels of a letter, and of a line of words."""
ABOVE = 1.08
"""Factor by which the axis exceeds the largest value, so that a line at the top and a fill above it are visible."""


@dataclass(frozen=True)
class Plot:
    """The area of a graph, in pixels of the page, and in epoch seconds and values."""

    width: float
    height: float
    start: float
    end: float
    top: float
    """The largest value; the smallest is 0."""

    def x(self, at: float) -> float:
        """Return the position of a moment, in pixels from the left."""
        return LEFT + (at - self.start) / (self.end - self.start) * (self.width - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return the position of a value, in pixels from the top."""
        return TOP + (1 - value / self.top) * (self.height - TOP - BOTTOM)


def svg(
    lines: Sequence[Drawn],
    span: tuple[float, float],
    size: tuple[float, float],
    *,
    stacked: bool,
    period: int,
    label: str,
    across: Sequence[Line],
) -> str:
    """Return the graph; every line of `lines` has a color."""
    bands = list(_stack(lines)) if stacked else [({}, line.series) for line in lines]
    highest = max([*(value for _, above in bands for value in above.values()), *(line.value for line in across)], default=0)
    step = _step(highest / TICKS)
    plot = Plot(*size, *span, max(highest * ABOVE, step))
    parts = [*_grid(plot, step, label), *_across(plot, across)]
    for line, (below, above) in zip(lines, bands, strict=True):
        color = escape(line.color or "")
        for piece in _pieces(above, period):
            parts += _area(plot, piece, below, color) if stacked else ()
            parts.append(_stroke(plot, piece, period, color))
    # Last, so that no line crosses the text.
    parts += (_name(plot, line, [above for _, above in bands]) for line in across)
    if not any(line.series for line in lines):
        parts.append(_words(size[0] / 2, size[1] / 2, "No data available.", "middle", "soft"))
    return f'<svg width="{size[0]:.0f}" height="{size[1]:.0f}">{"".join(parts)}</svg>'


def _stack(lines: Sequence[Drawn]) -> Iterator[tuple[dict[int, float], dict[int, float]]]:
    sums: dict[int, float] = {}
    for line in lines:
        below = {at: sums.get(at, 0.0) for at in line.series}
        sums |= {at: below[at] + value for at, value in line.series.items()}
        yield below, {at: sums[at] for at in line.series}


def _step(rough: float) -> float:
    """Return the next of 1, 2, 5, 10, 20, 50 and so on: counts are whole numbers, so none is below 1."""
    power: float = 10 ** math.floor(math.log10(max(rough, 1)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def _grid(plot: Plot, step: float, label: str) -> Iterator[str]:
    yield _words(0, 10, label, "start", "soft")
    for number in range(int(plot.top / step) + 1):
        y = plot.y(number * step)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{plot.width - RIGHT:.0f}"/>'
        yield _words(LEFT - 6, y + 4, _short(number * step), "end", "soft")
    for at in range(int(plot.start), int(plot.end) + 1, HOURS * 3600):
        if plot.start < at < plot.end:
            yield _words(plot.x(at), plot.height - 3, datetime.fromtimestamp(at, UTC).strftime("%H:%M"), "middle", "soft")


def _across(plot: Plot, across: Sequence[Line]) -> Iterator[str]:
    for line in across:
        y, right = plot.y(line.value), plot.width - RIGHT
        if line.fill == "above":
            yield f'<rect x="{LEFT}" y="{TOP}" width="{right - LEFT:.1f}" height="{y - TOP:.1f}" fill="{line.color}" opacity=".12"/>'
        yield f'<path d="M{LEFT} {y:.1f}H{right:.1f}" stroke="{line.color}" stroke-width="1.4" fill="none"/>'


def _name(plot: Plot, line: Line, drawn: Sequence[dict[int, float]]) -> str:
    """Write the label of a threshold above the end with fewer points in the way."""
    words, y = f"{line.label} {_short(line.value)}", plot.y(line.value)
    long = len(words) * LETTER

    def in_the_way(first: float) -> int:
        points = ((plot.x(at), plot.y(value)) for series in drawn for at, value in series.items())
        return sum(first <= x <= first + long and y - HIGH <= at <= y for x, at in points)

    if in_the_way(LEFT) <= in_the_way(plot.width - RIGHT - long):
        return _words(LEFT + 4, y - 4, words, "start", "across", color=line.color)
    return _words(plot.width - RIGHT - 2, y - 4, words, "end", "across", color=line.color)


def _pieces(series: dict[int, float], period: int) -> Iterator[list[tuple[int, float]]]:
    piece: list[tuple[int, float]] = []
    for at, value in sorted(series.items()):
        if piece and at - piece[-1][0] > period:
            yield piece
            piece = []
        piece.append((at, value))
    if piece:
        yield piece


def _stroke(plot: Plot, piece: Sequence[tuple[int, float]], period: int, color: str) -> str:
    if len(piece) == 1:
        ((at, value),) = piece
        return f'<circle cx="{plot.x(at + period / 2):.1f}" cy="{plot.y(value):.1f}" r="2" fill="{color}"/>'
    return f'<path d="M{_path(plot, piece)}" stroke="{color}" stroke-width="1.5" stroke-linejoin="round" fill="none"/>'


def _area(plot: Plot, piece: Sequence[tuple[int, float]], below: dict[int, float], color: str) -> Iterator[str]:
    back = [(at, below[at]) for at, _ in reversed(piece)]
    yield f'<path d="M{_path(plot, piece)}L{_path(plot, back)}Z" fill="{color}" opacity=".55"/>'


def _path(plot: Plot, points: Sequence[tuple[int, float]]) -> str:
    return "L".join(f"{plot.x(at):.1f} {plot.y(value):.1f}" for at, value in points)


def _words(x: float, y: float, words: str, anchor: str, kind: str, *, color: str = "") -> str:
    fill = f' fill="{color}"' if color else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}"{fill}>{escape(words)}</text>'


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"
