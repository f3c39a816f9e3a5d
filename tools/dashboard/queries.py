"""The queries of a metric widget and their results: single metrics, SEARCH, and metric math over both in the same widget."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.aws.metric_math import MetricMath, Series
from tools.dashboard.published import PublishedSeries
from tools.dashboard.widgets import Metrics, Rendering

SEARCH = re.compile(r"""SEARCH\('\{"([^"]+)",([\w,]+)\} MetricName="([^"]+)"', 'Maximum', (\d+)\)""")
PROPERTY = re.compile(r"\$\{PROP\('Dim\.(\w+)'\)\}")
"""A label with placeholders that CloudWatch fills in: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html"""


@dataclass(frozen=True)
class Drawn:
    """One line of a graph, or one number."""

    label: str
    color: str | None
    """None where CloudWatch chooses."""
    series: Series


def _filled(label: str, values: Mapping[str, str]) -> str:
    """Return a label with its dimensions filled in."""
    return PROPERTY.sub(lambda match: values[match[1]], label)


def answers(asked: Metrics, published: PublishedSeries, start: float, end: float) -> list[Drawn]:
    """Return everything visible that a widget shows between two instants, in epoch seconds.

    Raises:
        NotPublishedError: the widget queries a metric that is not in the table of metrics.
        ValueError: the widget has an unsupported query.
    """
    math = MetricMath(list(_named(asked)), start, end, lambda stat, *_: _within(_read(stat, published), start, end), lambda _: None)
    found: list[Drawn] = []
    for entry in asked.metrics:
        how = _rendering(entry)
        if (search := SEARCH.fullmatch(how.expression or "")) is not None:
            namespace, dimensions, name, period = search.groups()
            for at, series in published.every(namespace, name, dimensions.split(","), int(period)).items():
                values = dict(at)
                label = _filled(how.label or "", values)
                found.append(Drawn(label, how.color, _within(series, start, end)))
        else:
            series = math.series(how.id or "") if how.expression else _within(_read(_stat(entry, asked), published), start, end)
            if how.visible:
                found.append(Drawn(how.label or entry[1], how.color, series))  # type: ignore[arg-type]
    return found


def _named(asked: Metrics) -> Iterator[dict[str, Any]]:
    """Yield the queries that expressions may refer to, in the form of GetMetricData."""
    for entry in asked.metrics:
        how = _rendering(entry)
        if how.id is not None and not SEARCH.fullmatch(how.expression or ""):
            yield {"Id": how.id, "Expression": how.expression} if how.expression else {"Id": how.id, "MetricStat": _stat(entry, asked)}


def _rendering(entry: tuple[str | Rendering, ...]) -> Rendering:
    return entry[-1] if isinstance(entry[-1], Rendering) else Rendering()


def _stat(entry: tuple[str | Rendering, ...], asked: Metrics) -> dict[str, Any]:
    namespace, name, *rest = [part for part in entry if isinstance(part, str)]
    dimensions = [{"Name": key, "Value": value} for key, value in zip(rest[::2], rest[1::2], strict=True)]
    return {"Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}, "Period": asked.period, "Stat": asked.stat}


def _read(stat: dict[str, Any], published: PublishedSeries) -> Series:
    metric = stat["Metric"]
    dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
    return published.one(metric["Namespace"], metric["MetricName"], dimensions, stat["Period"])


def _within(series: Series, start: float, end: float) -> Series:
    return {at: value for at, value in series.items() if start <= at < end}
