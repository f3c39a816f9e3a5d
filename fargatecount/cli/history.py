"""`fargatecount history`: what ran, who grew, why it stopped, how long launches took, what Spot took back, what it cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.bootstrap.commands.history import ATHENA, DUCKDB, HistoryPorts, history_ports
from fargatecount.cli import history_tables, options, output
from fargatecount.cli.periods import ZonedPeriod, days_of, moment_of, period_of, shown, zone_of
from fargatecount.history.answers import (
    AtLine,
    ChangesLine,
    CostLine,
    HistoryAtDocument,
    HistoryChangesDocument,
    HistoryCostDocument,
    HistoryLaunchesDocument,
    HistorySpotDocument,
    HistoryStopsDocument,
    LaunchesLine,
    Line,
    SpotLine,
    StopsLine,
    ask,
)
from fargatecount.history.coverage import gaps
from fargatecount.history.queries import KEYS, Question
from fargatecount.timestamps import to_iso
from fargatecount.usage.prices import label

F = TypeVar("F", bound=Callable[..., Any])


def _common(by: str) -> Callable[[F], F]:
    def add(function: F) -> F:
        for option in (
            click.option(
                "--engine",
                type=click.Choice([DUCKDB, ATHENA]),
                default=DUCKDB,
                show_default=True,
                help="What runs the query: DuckDB here, or Athena.",
            ),
            click.option("--tz", metavar="ZONE", help="Time zone of times and days, such as Europe/Berlin; default: UTC."),
            click.option("--by", type=click.Choice(list(KEYS)), default=by, show_default=True, help="What the answer is grouped by."),
            options.output,
            options.clusters,
            options.place,
        ):
            function = option(function)
        return function

    return add


def _period(function: F) -> F:
    for option in (
        click.option("--until", metavar="TIME", help="End of the period, likewise; default: now."),
        click.option("--since", metavar="TIME", help="Begin of the period: 2026-10-01, 2026-10-01T02:00, 02:00, or 7d for a week ago."),
    ):
        function = option(function)
    return function


@click.group(epilog="Example: fargatecount history cost --month 2026-10 --by owner -o csv")
def command() -> None:
    """Ask what ran, when, whose, why it stopped, and what it cost."""


@command.command("at", epilog="Example: fargatecount history at 02:00 --by owner")
@click.argument("moment", metavar="TIME")
@_common("service")
def at_moment(*, moment: str, **given: Any) -> int:
    """Show what ran at a moment: 2026-10-01T02:00, 02:00 (the last one), or 2h for two hours ago."""
    asked = _Asked(given)
    at = moment_of(moment, asked.zone, asked.now)
    if at > asked.now:
        raise click.UsageError("that moment lies in the future")
    lines = asked.lines("at", ZonedPeriod(at, at, asked.zone), AtLine)
    return asked.show(lines, HistoryAtDocument, f"What ran at {shown(at, asked.zone)}")


@command.command("changes", epilog="Example: fargatecount history changes --since 1h")
@_period
@_common("service")
def changes(**given: Any) -> int:
    """Show who started and stopped how much, the largest changes first; default: the last hour."""
    asked = _Asked(given)
    lines = asked.lines("changes", asked.period("1h"), ChangesLine)
    return asked.show(lines, HistoryChangesDocument, f"Starts and stops {asked.when}")


@command.command("stops", epilog="Example: fargatecount history stops --since 1d --cluster 'web*'")
@_period
@_common("service")
def stops(**given: Any) -> int:
    """Show why workloads ended, the most frequent reason first; default: the last day."""
    asked = _Asked(given)
    lines = asked.lines("stops", asked.period("1d"), StopsLine)
    return asked.show(lines, HistoryStopsDocument, f"Stops {asked.when}")


@command.command("launches", epilog="Example: fargatecount history launches --since 7d --by revision")
@_period
@_common("family")
def launches(**given: Any) -> int:
    """Show how long launches took, from creation to start; default: the last day."""
    asked = _Asked(given)
    lines = asked.lines("launches", asked.period("1d"), LaunchesLine)
    return asked.show(lines, HistoryLaunchesDocument, f"Launches {asked.when}")


@command.command("spot", epilog="Example: fargatecount history spot --since 30d")
@_period
@_common("service")
def spot(**given: Any) -> int:
    """Show how often Spot took tasks back, after how long, and what they had cost; default: the last week."""
    asked = _Asked(given)
    lines = asked.lines("spot", asked.period("7d"), SpotLine)
    return asked.show(lines, HistorySpotDocument, f"Spot tasks that ended {asked.when}")


@command.command("cost", epilog="Example: fargatecount history cost --month 2026-10 --by owner -o csv")
@click.option("--month", metavar="YYYY-MM", help="A calendar month in the time zone; of the running one, until now.")
@click.option("--daily", is_flag=True, help="A line for each day.")
@_period
@_common("service")
def cost(*, month: str | None, daily: bool, **given: Any) -> int:
    """Show what workloads cost at list price within a period; default: the last day."""
    asked = _Asked(given)
    period = asked.period("1d", month)
    lines = asked.lines("cost", period, CostLine, spans=days_of(period) if daily else ())
    return asked.show(lines, HistoryCostDocument, f"Cost {asked.when}", prices=label(asked.connection.terms.prices))


class _Asked:
    """One question with its options."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._by, self._engine, self._globs = given.pop("by"), given.pop("engine"), given.pop("cluster_globs")
        self._form = "json" if given.pop("as_json") else given["form"]
        given.pop("form")
        self._since, self._until = given.pop("since", None), given.pop("until", None)
        self.zone = zone_of(given.pop("tz"))
        self.connection: Connection = connect(**given)
        self.now = self.connection.clock.now()
        self._asked = ZonedPeriod(self.now, self.now, self.zone)
        self._gaps: list[str] = []
        self._ports: HistoryPorts | None = None

    def period(self, default: str, month: str | None = None) -> ZonedPeriod:
        """Return the period of the options."""
        return period_of(self.now, self.zone, since=self._since, until=self._until, month=month, default=default)

    @property
    def when(self) -> str:
        """The period in words."""
        return f"from {shown(self._asked.begins, self.zone)} to {shown(self._asked.ends, self.zone)}"

    def lines(self, query: str, period: ZonedPeriod, line: type[Any], spans: Sequence[Any] = ()) -> list[Any]:
        """Ask the engine."""
        output.note_endpoint(self.connection.local_endpoint)
        self._asked, self._kind = period, line
        ports = history_ports(self.connection, self._engine, lambda text: click.echo(text, err=True))
        self._ports = ports
        self._gaps = list(gaps(ports.coverage, period.begins, period.ends, self.now))
        if not ports.is_fresh:
            as_of = "yet" if ports.coverage is None else f"since the last maintenance, {to_iso(ports.coverage.until)}"
            self._gaps.append(f"Athena does not know what has started {as_of}; DuckDB does")
        question = Question(query=query, begins=period.begins, ends=period.ends, by=self._by, clusters=self._globs, spans=spans)
        return ask(ports.engine, question, line)

    def show(self, lines: Sequence[Line], document: type[Any], title: str, **more: str) -> int:
        """Print the answer and what is not known of it; return the exit code."""
        assert self._ports is not None
        if self._form == "json":
            output.print_json(
                document(
                    account=self._ports.scope.account,
                    region=self._ports.scope.region,
                    begins=to_iso(self._asked.begins),
                    ends=to_iso(self._asked.ends),
                    by=self._by,
                    complete=not self._gaps,
                    gaps=self._gaps,
                    lines=lines,
                    **more,
                )
            )
        elif self._form == "csv":
            output.print_structs_csv(lines, self._kind)
        elif lines:
            output.show(history_tables.table_of(title, lines, self._by, self.zone, wide=self._form == "wide"))
            for text in more.values():
                click.echo(f"Prices: {text}.")
        else:
            known = "is not known completely" if self._gaps else "is known completely"
            click.echo(f"Nothing: {title[0].lower()}{title[1:]}. The period {known}.")
        for gap in self._gaps:
            output.warn(gap)
        return 0
