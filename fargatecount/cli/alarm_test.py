"""`fargatecount alarm-test`: does an alarm reach a subscriber; tested on the deployed stack, without a breach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import click
import msgspec

from fargatecount.bootstrap.commands.alarm_test import alarm_test_ports
from fargatecount.bootstrap.commands.connection import connect
from fargatecount.breaches.alarm_test import Step, document, events, find_alarm, list_subscribers, send_events, set_and_watch
from fargatecount.breaches.alarms import Alarm
from fargatecount.breaches.breach import BreachLevel
from fargatecount.cli import options, output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.errors import MisconfiguredError
from fargatecount.workload import Capacity

FAILED = 1


@click.command(name="alarm-test", epilog="Example: fargatecount alarm-test --level warning --yes")
@options.place
@options.output
@click.option("--level", type=click.Choice(["critical", "warning"]), default="critical", show_default=True, help="Which alarm.")
@click.option("--capacity", type=click.Choice(["on-demand", "spot"]), default="on-demand", show_default=True, help="Of which quota.")
@click.option("--wait", type=click.IntRange(0, 600), default=60, show_default=True, metavar="SECONDS", help="Wait for the actions.")
@click.option("--dry-run", is_flag=True, help="Check the alarm and its subscribers; do not set it to ALARM.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(*, level: str, capacity: str, wait: int, dry_run: bool, yes: bool, form: str, as_json: bool, **place: Any) -> int:
    """Set an alarm off on purpose, and check that it notifies someone.

    The alarm is set to ALARM and back. Its real topic gets a real message, so this may wake people. No counter and no metric is touched.
    Exit code 1: an action failed, a topic has no subscriber, or an event was not accepted.
    """
    if not dry_run:
        require_consent(yes=yes)
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    if "PagingTopicArn" not in connection.outputs():
        raise MisconfiguredError(
            f"stack {connection.stack} is not armed, so it has no alarms",
            remedy=f"arm it: fargatecount deploy --stage {connection.stage} --set armed=true",
        )
    ports = alarm_test_ports(connection)
    alarm = find_alarm(ports.alarms, f"{connection.stack}-{level}-{capacity}")
    steps = list_subscribers(ports.alarms, alarm)
    if not dry_run:
        _ask(alarm, steps, yes=yes)
        to_send = events(connection.scope(), alarm, BreachLevel(level), Capacity(capacity), connection.clock.now())
        steps += set_and_watch(ports.alarms, alarm, connection.clock, token=uuid4().hex[:12], wait=wait)
        steps += send_events(ports.bus, to_send)
    _print(alarm, steps, "json" if as_json else form, dry_run=dry_run)
    return FAILED if any(step.passed is False for step in steps) else 0


def _ask(alarm: Alarm, steps: Sequence[Step], *, yes: bool) -> None:
    if yes:
        return
    click.echo(f"{alarm.name} is set to ALARM and back. It notifies:", err=True)
    for step in steps:
        click.echo(f"  {output.plain(step.what.removesuffix(' has a subscriber'))} ({output.plain(step.detail)})", err=True)
    ask("Continue?", yes=yes)


def _print(alarm: Alarm, steps: Sequence[Step], form: str, *, dry_run: bool) -> None:
    if form == "json":
        output.print_json(msgspec.to_builtins(document(alarm, steps, dry_run=dry_run)))
    elif form == "csv":
        output.print_csv([msgspec.to_builtins(step) for step in steps])
    else:
        words = {True: "yes", False: "NO", None: "not known"}
        title = f"{alarm.name}{' (dry run)' if dry_run else ''}"
        table = [[step.what, words[step.passed], step.detail] for step in steps]
        output.show(output.table(title, ["STEP", "PASSED", "DETAIL"], table))
