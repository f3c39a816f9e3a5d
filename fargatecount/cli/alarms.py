"""`fargatecount alarms`: which alarms ring, since when and why."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import click

from fargatecount.bootstrap.commands.alarms import AlarmListPorts, alarm_list_ports
from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.breaches.alarm_list import AlarmDocument, AlarmsDocument, AlarmStateValue, alarms_document
from fargatecount.cli import options, output
from fargatecount.errors import MalformedError
from fargatecount.mutes.document import headline
from fargatecount.mutes.mute import active

RINGS = 1
COLORS = {AlarmStateValue.ALARM: "red", AlarmStateValue.INSUFFICIENT_DATA: "yellow", AlarmStateValue.OK: "green"}


@click.command(epilog="Example: fargatecount alarms --all")
@options.place
@options.output
@click.option("--all", "every", is_flag=True, help="Those that are OK too.")
def command(*, every: bool, form: str, as_json: bool, **place: Any) -> int:
    """List the alarms that ring, and the quotas and limits that are over their thresholds.

    Exit code 1: at least one rings, or a threshold is crossed. `fargatecount explain ALARM` says what to do.
    """
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    document = read_alarms(connection, alarm_list_ports(connection))
    shown = [each for each in document.alarms if every or each.state is not AlarmStateValue.OK]
    if as_json or form == "json":
        output.print_json(document)
    elif form == "csv":
        output.print_structs_csv(shown, AlarmDocument)
    else:
        _show(document, every=every)
    rings = any(each.state is AlarmStateValue.ALARM for each in document.alarms)
    return RINGS if rings or document.breaches else 0


def read_alarms(connection: Connection, ports: AlarmListPorts) -> AlarmsDocument:
    """Return the alarms of the stack and the open breaches of the scope; errors as for `Connection.ledger`."""
    standings = ports.alarms.standings(connection.stack)
    scope, now = connection.scope(), connection.clock.now()
    muted = None
    with suppress(MalformedError):
        muted = active(ports.mutes.mutes(scope).mutes, now)
    return alarms_document(standings, ports.breaches.breaches(scope), now, muted)


def _show(document: AlarmsDocument, *, every: bool) -> None:
    shown = [each for each in document.alarms if every or each.state is not AlarmStateValue.OK]
    if shown:
        rows: list[list[str | output.Colored]] = [
            [each.name, output.Colored(each.state, COLORS[each.state]), each.since or "?", " ".join(each.reason.split())] for each in shown
        ]
        output.show(output.table("Alarms", ["ALARM", "STATE", "SINCE", "WHY"], rows, texts={"STATE", "SINCE"}))
    if document.breaches:
        cells = [
            [
                each.alarm,
                each.cluster or "-",
                output.number(each.percent),
                output.number(each.threshold_percent),
                output.number(each.used),
                output.number(each.value),
                each.since or "?",
            ]
            for each in document.breaches
        ]
        columns = ["CROSSED", "CLUSTER", "PERCENT", "THRESHOLD", "USED", "OF", "SINCE"]
        output.show(output.table("Thresholds", columns, cells, texts={"CLUSTER"}))
    for mute in document.muted or ():
        click.echo(output.plain(headline(mute)))
    ok = sum(each.state is AlarmStateValue.OK for each in document.alarms)
    if not document.armed:
        click.echo("This stack has no alarms: it is not armed. Crossed thresholds are known all the same.")
    if ok and not every:
        click.echo(f"{output.amount(ok, 'alarm')} OK.")
    if not document.breaches:
        click.echo("No threshold of a quota or limit is crossed.")
