"""`fargatecount report summary`: a week in plain text."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.history import DUCKDB, history_ports
from fargatecount.bootstrap.commands.report import quiet_topic, report_store
from fargatecount.cli import options, output
from fargatecount.cli.periods import period_of, shown, zone_of
from fargatecount.history.answers import ChangesLine, CostLine, ask
from fargatecount.history.coverage import gaps
from fargatecount.history.queries import KEYS, Question
from fargatecount.reconcile.report import report_id
from fargatecount.report.fold import fold, part_of
from fargatecount.report.summary import SummaryFacts, summary_lines
from fargatecount.timestamps import DAY
from fargatecount.usage.prices import label


@click.command("summary", epilog="Examples: fargatecount report summary --by owner; fargatecount report summary --send")
@options.place
@click.option("--since", default="7d", show_default=True, metavar="TIME", help="Begin of the period: 7d for a week ago, or 2026-10-01.")
@click.option("--by", type=click.Choice(list(KEYS)), default="service", show_default=True, help="What costs and moves are grouped by.")
@click.option("--tz", metavar="ZONE", help="Time zone of times, such as Europe/Berlin; default: UTC.")
@click.option("--send", is_flag=True, help="Send it to the deployment's topic for warnings too, and so to quietEmail.")
def command(*, since: str, by: str, tz: str | None, send: bool, **place: Any) -> int:
    """Sum up a week in plain text: cost, movers, waste, refused launches, drift, and what is not known.

    Cost and movers come from the history, the rest from the kept reports. Programs ask for the same with `history cost --json`,
    `history changes --json` and `report --since 7d --json`.
    """
    connection = connect(**place)
    now, zone, scope = connection.clock.now(), zone_of(tz), connection.scope()
    period = period_of(now, zone, since=since, until=None, month=None, default="7d")
    output.note_endpoint(connection.local_endpoint)
    topic = quiet_topic(connection) if send else None  # without one, the questions are not asked
    ports = history_ports(connection, DUCKDB, lambda text: click.echo(text, err=True), several=True)
    before = period.begins - (period.ends - period.begins)

    def costs(begins: int, ends: int) -> list[CostLine]:
        return ask(ports.engine, Question(query="cost", begins=begins, ends=ends, by=by), CostLine)

    store = report_store(connection)
    ids = store.ids(scope, period.begins)
    facts = SummaryFacts(
        where=f"account {scope.account}, {scope.region}",
        begins=shown(period.begins, zone),
        ends=shown(period.ends, zone),
        by=by,
        costs=costs(period.begins, period.ends),
        costs_before=None if gaps(ports.coverage, before, period.begins, now) else costs(before, period.begins),
        changes=ask(ports.engine, Question(query="changes", begins=period.begins, ends=period.ends, by=by), ChangesLine),
        prices=label(connection.terms.prices),
        reconciled=fold(map(part_of, store.read_many(scope, ids)), connection.levels.thresholds),
        first_report=ids[0] if ids and ids[0] > report_id(period.begins + DAY) else None,
        gaps=gaps(ports.coverage, period.begins, period.ends, now),
    )
    text = "\n".join(output.plain(line) for line in summary_lines(facts))
    click.echo(text)
    if topic is not None:
        topic.send(f"Fargate in {facts.where}: {shown(period.begins, zone)} to {shown(period.ends, zone)}", text)
        click.echo("Sent.", err=True)
    return 0
