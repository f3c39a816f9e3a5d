"""`fargatecount alarm-test`: does an alarm reach somebody; tried on the deployed stack, without a breach."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

from fargatecount.cli import options, output
from fargatecount.errors import MisconfiguredError

if TYPE_CHECKING:
    from fargatecount.breaches.alarm_test import Alarm, Step

FAILED = 1


@click.command(name="alarm-test", epilog="Example: fargatecount alarm-test --level warning --yes")
@options.place
@options.output
@click.option("--level", type=click.Choice(["critical", "warning"]), default="critical", show_default=True, help="Which alarm.")
@click.option("--capacity", type=click.Choice(["on-demand", "spot"]), default="on-demand", show_default=True, help="Of which quota.")
@click.option("--wait", type=click.IntRange(0, 600), default=60, show_default=True, metavar="SECONDS", help="Wait for the actions.")
@click.option("--dry-run", is_flag=True, help="Say what is there and who hears it; set nothing off.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def command(*, level: str, capacity: str, wait: int, dry_run: bool, yes: bool, form: str, as_json: bool, **place: Any) -> int:
    """Set an alarm off on purpose, and say whether it has told anybody.

    The alarm's true topic gets a true message, so this may wake people. No counter and no metric is touched; the alarm is set back. Exit
    code 1: an action failed, nobody is subscribed, or an event was not taken.
    """
    from fargatecount.bootstrap.connection import connect  # noqa: PLC0415 - boto3 costs 150 ms
    from fargatecount.breaches.alarm_test import events, find_alarm, list_subscribers, send_events, set_and_watch  # noqa: PLC0415 - --help does not need it
    from fargatecount.breaches.breach import BreachLevel  # noqa: PLC0415
    from fargatecount.workload import Capacity  # noqa: PLC0415

    connection = connect(**place)
    if "PagingTopicArn" not in connection.outputs():
        raise MisconfiguredError(
            f"stack {connection.stack} is not armed, so it has no alarms",
            remedy=f'arm it: npx osls deploy --stage {connection.stage} --param="armed=true"',
        )
    alarms = connection.alarms()
    alarm = find_alarm(alarms, f"{connection.stack}-{level}-{capacity}")
    steps = list_subscribers(alarms, alarm)
    if not dry_run:
        if not yes and sys.stdin.isatty():
            _ask(alarm, steps)
        sent = events(connection.scope(), alarm, BreachLevel(level), Capacity(capacity), connection.clock.now())
        steps += set_and_watch(alarms, alarm, connection.clock, token=uuid4().hex[:12], wait=wait)
        steps += send_events(connection.limit_events(), sent)
    _print(alarm, steps, "json" if as_json else form, dry_run=dry_run)
    return FAILED if any(step.passed is False for step in steps) else 0


def _ask(alarm: Alarm, steps: Sequence[Step]) -> None:
    click.echo(f"{alarm.name} is set off and back. It tells:", err=True)
    for step in steps:
        click.echo(f"  {output.plain(step.what.removeprefix('somebody hears '))} ({output.plain(step.detail)})", err=True)
    click.confirm("Do this?", default=True, abort=True, err=True)


def _print(alarm: Alarm, steps: Sequence[Step], form: str, *, dry_run: bool) -> None:
    from fargatecount.breaches.alarm_test import SCHEMA, VERSION  # noqa: PLC0415

    rows = [{"step": step.what, "passed": step.passed, "detail": step.detail} for step in steps]
    if form == "json":
        passed = all(step.passed is not False for step in steps)
        output.print_json({"schema": SCHEMA, "version": VERSION, "alarm": alarm.name, "dry_run": dry_run, "passed": passed, "steps": rows})
    elif form == "csv":
        output.print_csv(rows)
    else:
        words = {True: "yes", False: "NO", None: "not known"}
        title = f"{alarm.name}{' (dry run: nothing was set off)' if dry_run else ''}"
        table = [[step.what, words[step.passed], step.detail] for step in steps]
        output.show(output.table(title, ["STEP", "PASSED", "DETAIL"], table))
