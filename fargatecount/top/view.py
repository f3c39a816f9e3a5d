"""Views: what a table lists, its columns, and the query that selects and sorts its lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from fargatecount.metrics.points import ServiceKey
from fargatecount.top.snapshot import LedgerRow
from fargatecount.workload import Cluster

Value = str | float | None


class View(StrEnum):
    """What a table lists."""

    CLUSTERS = "clusters"
    SERVICES = "services"
    TASKS = "tasks"
    REFUSED = "refused"
    CHANGES = "changes"
    OWNERS = "owners"
    HANGING = "hanging"


class Format(StrEnum):
    """How a value is written."""

    TEXT = "text"
    NUMBER = "number"
    PERCENT = "percent"
    MONEY = "money"
    AGE = "age"
    """Milliseconds."""


class Column(NamedTuple):
    """One column; the first one of a table has at least its width, and takes the room that is left."""

    title: str
    format: Format = Format.NUMBER
    width: int = 7
    weight: int = 0
    """On a narrow terminal those with the highest weight are left out first."""


class OwnerKey(NamedTuple):
    """An owner, as services name theirs."""

    owner: str


class TopRow(NamedTuple):
    """One line."""

    values: tuple[Value, ...]
    subject: Cluster | ServiceKey | LedgerRow | OwnerKey | None
    """What the line is about, and Enter leads to."""
    is_doubtful: bool = False


class TopQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for."""

    view: View = View.CLUSTERS
    cluster: Cluster | None = None
    service: ServiceKey | None = None
    needle: str = ""
    """Text that a line must contain, whatever its case."""
    sort: int = 0
    """Column."""
    reverse: bool = False


class TopTable(NamedTuple):
    """The answer."""

    columns: Sequence[Column]
    rows: Sequence[TopRow]


COLUMNS: Mapping[View, Sequence[Column]] = {
    View.CLUSTERS: (
        Column("CLUSTER", Format.TEXT, 18),
        Column("RUNNING", weight=1),
        Column("PENDING", weight=4),
        Column("HELD", weight=2),
        Column("VCPU", width=8),
        Column("SPOT", width=8, weight=5),
        Column("SHARE", Format.PERCENT, weight=3),
        Column("USD/H", Format.MONEY, 8, weight=4),
        Column("STATE", Format.TEXT, 10),
    ),
    View.SERVICES: (
        Column("SERVICE", Format.TEXT, 18),
        Column("CLUSTER", Format.TEXT, 16, weight=4),
        Column("RUNNING", weight=1),
        Column("HELD", weight=2),
        Column("VCPU", width=8),
        Column("SHARE", Format.PERCENT, weight=1),
        Column("OLDEST", Format.AGE, weight=3),
        Column("REVISION", Format.TEXT, 9, weight=5),
        Column("OWNER", Format.TEXT, 10, weight=6),
    ),
    View.TASKS: (
        Column("TASK", Format.TEXT, 18),
        Column("SERVICE", Format.TEXT, 20, weight=1),
        Column("CLUSTER", Format.TEXT, 16, weight=3),
        Column("PHASE", Format.TEXT, 9),
        Column("AGE", Format.AGE),
        Column("VCPU"),
        Column("REV", width=5, weight=1),
        Column("STARTED BY", Format.TEXT, 14, weight=2),
    ),
    View.REFUSED: (
        Column("REASON", Format.TEXT, 40),
        Column("CLUSTER", Format.TEXT, 16, weight=2),
        Column("SERVICE", Format.TEXT, 16, weight=1),
        Column("CAPACITY", Format.TEXT, 9, weight=3),
        Column("TIMES", width=6),
        Column("LAST", Format.AGE),
    ),
    View.CHANGES: (
        Column("TASK", Format.TEXT, 18),
        Column("AGO", Format.AGE),
        Column("NOW", Format.TEXT, 9),
        Column("SERVICE", Format.TEXT, 20),
        Column("CLUSTER", Format.TEXT, 16, weight=1),
        Column("WHY", Format.TEXT, 24, weight=2),
    ),
    View.OWNERS: (
        Column("OWNER", Format.TEXT, 18),
        Column("SERVICES", width=8, weight=1),
        Column("RUNNING", weight=2),
        Column("HELD", weight=3),
        Column("VCPU", width=8),
        Column("SPOT", width=8, weight=4),
        Column("SHARE", Format.PERCENT),
    ),
    View.HANGING: (
        Column("TASK", Format.TEXT, 14),
        Column("FOR", Format.AGE),
        Column("PHASE", Format.TEXT, 9),
        Column("SERVICE", Format.TEXT, 16, weight=1),
        Column("CLUSTER", Format.TEXT, 14, weight=2),
        Column("WHY", Format.TEXT, 26),
    ),
}
FIRST_SORT: Mapping[View, tuple[str, bool]] = {
    View.CLUSTERS: ("VCPU", True),
    View.SERVICES: ("VCPU", True),
    View.TASKS: ("AGE", True),
    View.REFUSED: ("LAST", False),
    View.CHANGES: ("AGO", False),
    View.OWNERS: ("VCPU", True),
    View.HANGING: ("FOR", True),
}
"""The column by which a view is sorted at first, and whether downward."""


def opened(view: View, *, cluster: Cluster | None = None, service: ServiceKey | None = None) -> TopQuery:
    """Return the query with which a view begins."""
    title, reverse = FIRST_SORT[view]
    column = next(i for i, each in enumerate(COLUMNS[view]) if each.title == title)
    return TopQuery(view=view, cluster=cluster, service=service, sort=column, reverse=reverse)
