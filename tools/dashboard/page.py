"""The dashboard as a page: each widget in its place on CloudWatch's grid, as far as its definition determines its look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from local.aws.alarm_state import State
from tools.dashboard.graph import svg
from tools.dashboard.published import PublishedSeries
from tools.dashboard.queries import Drawn, answers
from tools.dashboard.widgets import COLUMNS, DAY, AlarmWidget, Dashboard, MetricWidget, TextWidget

STYLE = (Path(__file__).parent / "page.css").read_text()
COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
"""CloudWatch's own colors for a widget that names none."""
CELL = 45.0
"""Pixels of a column and of a row."""
HEAD = 44
"""Pixels above the grid."""
GAP = 8
PADDING = 10
TITLE, ENTRY = 22, 17
"""Pixels of a widget's title and of a line of its legend."""
LETTER, SWATCH = 6.6, 26
"""Pixels of a letter of the legend, and around each of its entries."""
SIGNS: Mapping[State, str] = {"OK": "✓", "ALARM": "!", "INSUFFICIENT_DATA": "…"}


def page(name: str, dashboard: Dashboard, published: PublishedSeries, states: Mapping[str, State], now: float) -> str:
    """Return the page; `states` are the alarms' by ARN, and `now` is in epoch seconds.

    Raises:
        NotPublishedError: a widget shows a metric that is not in the table of metrics.
        ValueError: a widget has a property that cannot be drawn.
    """
    span = (now - DAY, now)
    widgets = "".join(_placed(widget, published, states, span) for widget in dashboard.widgets)
    size = f"width:{COLUMNS * CELL:.0f}px;height:{dashboard.rows * CELL:.0f}px"
    head = f"<header><b>{escape(name)}</b><span>1 day, UTC</span><i>the deployed definition, drawn with made-up data</i></header>"
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><main>{head}<section style="{size}">{widgets}</section></main>'


def height_of(rows: int) -> float:
    """Return the height of the page down to the end of a row of the grid, in pixels."""
    return HEAD + rows * CELL


def _placed(
    widget: MetricWidget | AlarmWidget | TextWidget, published: PublishedSeries, states: Mapping[str, State], span: tuple[float, float]
) -> str:
    width, height = widget.width * CELL - GAP, widget.height * CELL - GAP
    if isinstance(widget, TextWidget):
        inside, kind = _markdown(widget.properties.markdown), "text"
    elif isinstance(widget, AlarmWidget):
        inside, kind = f"<h2>{escape(widget.properties.title)}</h2>{_alarms(widget.properties.alarms, states)}", "alarms"
    else:
        asked = widget.properties
        drawn = list(_colored(answers(asked, published, *span)))
        room = (width - 2 * PADDING, height - 2 * PADDING - TITLE)
        shown = _graph(widget, drawn, span, room) if asked.view == "timeSeries" else _numbers(drawn, span, room, sparkline=asked.sparkline)
        inside, kind = f"<h2>{escape(asked.title)}</h2>{shown}", asked.view
    place = f"left:{widget.x * CELL:.0f}px;top:{widget.y * CELL:.0f}px;width:{width:.0f}px;height:{height:.0f}px"
    return f'<article class="{kind}" style="{place}">{inside}</article>'


def _colored(lines: Sequence[Drawn]) -> Iterator[Drawn]:
    for number, line in enumerate(lines):
        yield Drawn(line.label, line.color or COLORS[number % len(COLORS)], line.series)


def _graph(widget: MetricWidget, lines: Sequence[Drawn], span: tuple[float, float], room: tuple[float, float]) -> str:
    asked = widget.properties
    rows, used = 1, 0.0
    for line in lines:
        needs = len(line.label) * LETTER + SWATCH
        rows, used = (rows + 1, needs) if used and used + needs > room[0] else (rows, used + needs)
    legend = "".join(f'<li><i style="background:{line.color}"></i>{escape(line.label)}</li>' for line in lines)
    label = asked.y_axis.left.label if asked.y_axis is not None else ""
    across = asked.annotations.horizontal if asked.annotations is not None else ()
    size = (room[0], room[1] - rows * ENTRY)
    return svg(lines, span, size, stacked=asked.stacked, period=asked.period, label=label, across=across) + f"<ul>{legend}</ul>"


def _numbers(lines: Sequence[Drawn], span: tuple[float, float], room: tuple[float, float], *, sparkline: bool) -> str:
    across = max(1, min(len(lines), int(room[0] // 105)))
    parts = []
    for line in lines:
        last = f"{line.series[max(line.series)]:,.4g}" if line.series else "--"
        small = _spark(line, span, room[0]) if sparkline else ""
        parts.append(f'<div><b>{last}</b><span><i style="background:{line.color}"></i>{escape(line.label)}</span>{small}</div>')
    return f'<div class="numbers" style="grid-template-columns:repeat({across},1fr);height:{room[1]:.0f}px">{"".join(parts)}</div>'


def _spark(line: Drawn, span: tuple[float, float], width: float) -> str:
    highest = max(line.series.values(), default=1) or 1
    points = " ".join(
        f"{(at - span[0]) / (span[1] - span[0]) * width:.1f},{40 - value / highest * 38:.1f}" for at, value in sorted(line.series.items())
    )
    return f'<svg width="{width:.0f}" height="42"><polyline points="{points}" fill="none" stroke="{line.color}" stroke-width="1.5"/></svg>'


def _alarms(arns: Sequence[str], states: Mapping[str, State]) -> str:
    cells = ((arn.rpartition(":")[2], states[arn]) for arn in arns)
    return f'<ol>{"".join(f"""<li class="{state}"><i>{SIGNS[state]}</i>{escape(name)}</li>""" for name, state in cells)}</ol>'


def _markdown(text: str) -> str:
    """Return the HTML of the small part of Markdown that the text widgets use.

    Raises:
        ValueError: the text uses more of it.
    """
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", escape(text)))
    if re.search(r"[`*#\[\]|_]|^[-+>]", html):
        raise ValueError(f"the text {text!r} has more Markdown than bold and code: teach it to this page")
    return f"<p>{html}</p>"
