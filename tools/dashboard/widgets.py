"""The parts of a dashboard that this package can draw; reading a body refuses anything else by name.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from typing import Literal

import msgspec

DAY = 86_400
"""Seconds."""
COLUMNS = 24
"""Of the grid; a row is as high as a column is wide in a window of 1,440 pixels."""


class Known(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Other values cannot be drawn."""


class Rendering(Known, frozen=True):
    """How one metric or expression is drawn."""

    label: str | None = None
    color: str | None = None
    id: str | None = None
    visible: bool = True
    expression: str | None = None


class Line(Known, frozen=True):
    """A horizontal annotation."""

    label: str
    value: float
    color: str
    fill: Literal["above"] | None = None


class Annotations(Known, frozen=True):
    """Lines across a graph."""

    horizontal: tuple[Line, ...]


class Axis(Known, frozen=True):
    """The left axis of a graph with its label: without one CloudWatch shows `No unit` for unit None."""

    min: Literal[0]
    label: str
    show_units: Literal[False]


class Axes(Known, frozen=True):
    """There is one."""

    left: Axis


class Metrics(Known, frozen=True):
    """The properties of a metric widget. The statistic of all metrics is Maximum."""

    title: str
    region: str
    view: Literal["timeSeries", "singleValue"]
    stacked: bool
    stat: Literal["Maximum"]
    period: int
    metrics: tuple[tuple[str | Rendering, ...], ...]
    y_axis: Axes | None = None
    annotations: Annotations | None = None
    sparkline: bool = False
    live_data: bool = False
    """Whether the newest period is shown before it has passed: in a picture there is no such period."""


class Alarms(Known, frozen=True):
    """The properties of an alarm widget."""

    title: str
    alarms: tuple[str, ...]


class Text(Known, frozen=True):
    """The properties of a text widget."""

    markdown: str
    background: Literal["transparent"]


class Placed(Known, tag_field="type", frozen=True):
    """Anything on the grid."""

    x: int
    y: int
    width: int
    height: int


class MetricWidget(Placed, frozen=True, tag="metric"):
    """A graph, or numbers."""

    properties: Metrics


class AlarmWidget(Placed, frozen=True, tag="alarm"):
    """The states of alarms."""

    properties: Alarms


class TextWidget(Placed, frozen=True, tag="text"):
    """Words."""

    properties: Text


class Dashboard(Known, frozen=True):
    """The whole."""

    start: Literal["-P1D"]
    """The time range when it is opened."""
    widgets: tuple[MetricWidget | AlarmWidget | TextWidget, ...]

    @property
    def rows(self) -> int:
        """The number of rows of the grid."""
        return max(widget.y + widget.height for widget in self.widgets)


def read(body: str) -> Dashboard:
    """Return the dashboard of a body.

    Raises:
        msgspec.ValidationError: it has something that cannot be drawn; the message says what and where.
    """
    return msgspec.json.decode(body, type=Dashboard)
