"""The tables of `fargatecount history`: which columns people see, and how times and amounts are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

from fargatecount.cli import output
from fargatecount.cli.periods import shown
from fargatecount.history.answers import AtLine, ChangesLine, CostLine, LaunchesLine, Line, SpotLine, StopsLine
from fargatecount.workload import Millis


class AnswerColumn(NamedTuple):
    """One column: its heading, the field, and how the field is written."""

    heading: str
    field: str
    form: Callable[[Any], str]
    wide: bool = False
    """Only with `-o wide`."""


def seconds(millis: Millis | None) -> str:
    """Return a duration: `12.3 s`, `4 min`, `2.5 h`."""
    if millis is None:
        return "-"
    if millis < 100_000:  # noqa: PLR2004 - below it seconds say more
        return f"{millis / 1000:.1f} s"
    return f"{millis / 60_000:.0f} min" if millis < 6_000_000 else f"{millis / 3_600_000:.1f} h"  # noqa: PLR2004 - 100 minutes


def usd(amount: float) -> str:
    """Return an amount of money: cents, and below a dollar more digits, because the smallest task costs a fiftieth of a cent a minute."""
    return f"{amount:,.2f}" if amount >= 1 or not amount else f"{amount:.4f}"


def _count(value: int) -> str:
    return output.number(value) if value else "-"


def _signed(value: float) -> str:
    return f"{value:+,.2f}".rstrip("0").rstrip(".") if value else "0"


def _percent(value: float) -> str:
    return f"{value:.1f} %"


COLUMNS: Mapping[type[Line], Sequence[AnswerColumn]] = {
    AtLine: (
        AnswerColumn("RUNNING", "running", _count),
        AnswerColumn("PENDING", "pending", _count),
        AnswerColumn("STOPPING", "stopping", _count),
        AnswerColumn("WAITING", "waiting", _count),
        AnswerColumn("UNCERTAIN", "uncertain", _count),
        AnswerColumn("VCPU", "vcpu", output.number),
        AnswerColumn("GIB", "memory_gib", output.number),
    ),
    ChangesLine: (
        AnswerColumn("STARTED", "started", _count),
        AnswerColumn("STOPPED", "stopped", _count),
        AnswerColumn("NET", "net", _signed),
        AnswerColumn("VCPU STARTED", "vcpu_started", output.number, wide=True),
        AnswerColumn("VCPU STOPPED", "vcpu_stopped", output.number, wide=True),
        AnswerColumn("VCPU NET", "vcpu_net", _signed),
    ),
    LaunchesLine: (
        AnswerColumn("LAUNCHES", "launches", _count),
        AnswerColumn("P50", "p50_ms", seconds),
        AnswerColumn("P95", "p95_ms", seconds),
        AnswerColumn("P99", "p99_ms", seconds),
        AnswerColumn("LONGEST", "max_ms", seconds),
        AnswerColumn("PULL, MEAN", "pull_mean_ms", seconds),
    ),
    SpotLine: (
        AnswerColumn("ENDED", "stopped", _count),
        AnswerColumn("INTERRUPTED", "interrupted", _count),
        AnswerColumn("SHARE", "percent", _percent),
        AnswerColumn("HALF RAN FOR", "ran_p50_ms", seconds),
        AnswerColumn("COST OF THOSE", "interrupted_cost", usd),
        AnswerColumn("COST OF ALL", "cost", usd),
    ),
    CostLine: (
        AnswerColumn("WORKLOADS", "workloads", _count),
        AnswerColumn("VCPU HOURS", "vcpu_hours", output.number),
        AnswerColumn("GIB HOURS", "gib_hours", output.number),
        AnswerColumn("USD", "cost", usd),
        AnswerColumn("UNCERTAIN USD", "cost_uncertain", usd, wide=True),
        AnswerColumn("UNPRICED", "unpriced", _count),
    ),
}


def table_of(title: str, lines: Sequence[Line], by: str, zone: tzinfo, *, wide: bool) -> Any:
    """Return the table of an answer; of costs and starts with a sum."""
    if isinstance(lines[0], StopsLine):
        return _stops(title, [line for line in lines if isinstance(line, StopsLine)], by, zone)
    columns = [column for column in COLUMNS[type(lines[0])] if wide or not column.wide]
    named = ["DAY"] if isinstance(lines[0], CostLine) and lines[0].span else []
    rows = [
        [
            *([line.span] if named and isinstance(line, CostLine) else []),
            _name(line),
            *(column.form(getattr(line, column.field)) for column in columns),
        ]
        for line in lines
    ]
    footer = None
    if isinstance(lines[0], AtLine | ChangesLine | CostLine):
        sums = [column.form(sum(getattr(line, column.field) for line in lines)) for column in columns]
        footer = [*([""] if named else []), "all", *sums] if named else ["all", *sums]
    # The last column of a table is text by default; here it is a number, so an empty column follows.
    headings = [*named, by.upper(), *(column.heading for column in columns), ""]
    return output.table(title, headings, [[*row, ""] for row in rows], footer=[*footer, ""] if footer else None, texts=(by.upper(), "DAY"))


def _name(line: Line) -> str:
    return "" if isinstance(line, StopsLine) else line.name


def _stops(title: str, lines: Sequence[StopsLine], by: str, zone: tzinfo) -> Any:
    rows = [
        [
            line.stop_code,
            output.number(line.stopped),
            _count(line.never_started),
            _count(line.inferred),
            shown(line.last_at, zone),
            line.first_name if line.groups == 1 else f"{line.first_name} and {line.groups - 1} more",
            line.reason,
        ]
        for line in lines
    ]
    headings = ["CODE", "STOPPED", "NEVER STARTED", "INFERRED", "LAST", by.upper(), "REASON"]
    return output.table(title, headings, rows, texts=("LAST", by.upper()))
