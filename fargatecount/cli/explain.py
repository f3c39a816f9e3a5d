"""`fargatecount explain`: one alarm in words, who grew, and what to do."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.alarms import AlarmListPorts, alarm_list_ports
from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.breaches.alarm_list import AlarmsDocument, only
from fargatecount.breaches.event import GrewEntry, grew_entry
from fargatecount.breaches.growth import WINDOW, growth
from fargatecount.cli import options, output
from fargatecount.cli.alarms import read_alarms
from fargatecount.errors import MisconfiguredError
from fargatecount.matching import did_you_mean
from fargatecount.mutes.document import headline
from fargatecount.timestamps import MINUTE
from fargatecount.usage.status import scope_usage, workloads
from fargatecount.workload import Capacity

BY_CAPACITY = {f"{level}-{capacity}": capacity for level in ("critical", "warning", "native") for capacity in Capacity}
WITHOUT_STACK = (*BY_CAPACITY, "limit-total", "limit-per-cluster")
"""Alarms that can be explained while the stack is not armed, by the breaches in the table."""


@click.command(epilog="Example: fargatecount explain critical-on-demand")
@click.argument("name", metavar="ALARM")
@options.place
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, name: str, as_json: bool, **place: Any) -> int:
    """Explain one alarm: what it watches, its state and since when, which services grew, and what to do.

    ALARM is a name that `fargatecount alarms --all` lists; the name of the stack may stand before it.
    """
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    ports = alarm_list_ports(connection)
    document = read_alarms(connection, ports)
    short = name.removeprefix(f"{connection.stack}-")
    known = [each.name for each in document.alarms] or [*WITHOUT_STACK]
    if short not in known:
        raise MisconfiguredError(
            f"there is no alarm {name}{did_you_mean(short, known)}", remedy="these are the alarms: fargatecount alarms --all"
        )
    found = msgspec.structs.replace(only(document, short), grew=_grew(connection, ports, short))
    if as_json:
        output.print_json(found)
    else:
        _show(found, short)
    return 0


def _grew(connection: Connection, ports: AlarmListPorts, name: str) -> list[GrewEntry] | None:
    """Return the services that grew, of the capacity that the alarm is about; None for alarms that growth does not explain."""
    capacity = BY_CAPACITY.get(name)
    if capacity is None and not name.startswith("limit-") and name != "launches-refused":
        return None
    now = connection.clock.now()
    usage = scope_usage(ports.ledger, connection.scope(), now)
    return [grew_entry(each) for each in growth(workloads(ports.ledger, usage), now, capacity=capacity)]


def _show(found: AlarmsDocument, name: str) -> None:
    for alarm in found.alarms:
        click.echo(f"{name}: {alarm.state} since {alarm.since or 'an unknown time'}")
        click.echo(f"  {output.plain(alarm.description)}")
        click.echo(f"  CloudWatch: {output.plain(' '.join(alarm.reason.split()))}")
    if not found.alarms:
        click.echo(f"{name}: this stack is not armed, so CloudWatch has no such alarm")
    for mute in found.muted or ():
        click.echo(f"  {output.plain(headline(mute))}")
    for breach in found.breaches:
        where = f" of {output.plain(breach.cluster)}" if breach.cluster else ""
        numbers = f"{output.number(breach.used)} of {output.number(breach.value)} {breach.unit}, {output.number(breach.percent)} %"
        click.echo(f"Crossed{where}: {breach.threshold_percent:g} % since {breach.since}, then {numbers}")
    if found.grew:
        click.echo(f"Started in the last {WINDOW // MINUTE} minutes and still held:")
        for each in found.grew:
            vcpu = f"{output.number(each.started_vcpu)} of {output.number(each.held_vcpu)} vCPU"
            click.echo(
                f"  {output.plain(each.cluster)} {output.plain(each.service or '-')}: {vcpu}, {each.started} of {each.held} workloads"
            )
    elif found.grew is not None:
        click.echo(f"Nothing has started in the last {WINDOW // MINUTE} minutes.")
    for step in dict.fromkeys(step for breach in found.breaches for step in breach.what_to_do):
        click.echo(f"- {step}")
    click.echo(f"More: docs/runbook.md, and docs/alarms.md for {name}")
