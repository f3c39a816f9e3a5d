"""`fargatecount mute`: hold messages back until a time; counting, metrics and the states of alarms go on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.mute import MuteDesk
from fargatecount.breaches.alarm_list import GAUGE_ALARMS
from fargatecount.cli import options, output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.cli.periods import UNITS, coming_moment_of, zone_of
from fargatecount.errors import DeniedError, MisconfiguredError
from fargatecount.matching import did_you_mean
from fargatecount.mutes.alarm_rules import MAX_LENGTH
from fargatecount.mutes.change import begin, finish, planned_of
from fargatecount.mutes.document import MuteDocument, headline, mute_documents, mutes_document
from fargatecount.mutes.mute import MAX_REASON, Mute
from fargatecount.mutes.schedule import parse_schedule
from fargatecount.timestamps import DAY, HOUR

MAX_RECURRING = 366 * DAY
"""Milliseconds: a year. What is meant for longer is a setting of the pager."""
USUAL = 24 * HOUR
"""Milliseconds: a longer mute than a day is rather forgotten than meant, and needs --long."""


@click.group(invoke_without_command=True, epilog="Example: fargatecount mute --until 18:00 --reason 'load test'")
@options.place
@click.option("--until", metavar="TIME", help="When it ends: 18:00, 2h (from now) or 2026-10-01T02:00. Required.")
@click.option("--reason", metavar="TEXT", help="Why; shown wherever the mute is. Required.")
@click.option("--every", metavar="CRON", help="Recurring: when it begins, as cron(0 2 * * SUN), in UTC; --until then ends it for good.")
@click.option("--for", "length", metavar="DURATION", help="How long each time of --every is: 90m, 4h, 2d.")
@click.option("--alarm", metavar="NAME", help="Only this alarm, as `fargatecount alarms --all` names it.")
@click.option("--cluster", metavar="KEY", help="Only what comes from this cluster, such as ECS-web.")
@click.option("--owner", metavar="NAME", help="Only what comes from workloads of this owner.")
@click.option("--timezone", metavar="ZONE", help="Time zone of --until, such as Europe/Berlin; default: UTC.")
@click.option("--long", "is_long", is_flag=True, help="Allow more than 24 hours, up to 15 days.")
@click.option("--dry-run", is_flag=True, help="Show what would be muted.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    until: str | None,
    reason: str | None,
    every: str | None,
    length: str | None,
    alarm: str | None,
    cluster: str | None,
    owner: str | None,
    timezone: str | None,
    is_long: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **place: Any,
) -> int | None:
    """Hold messages back until a time.

    CloudWatch mutes the actions of its alarms, and this tool holds its limit events and sends one summary at the end; what is still open
    then is reported. Counting, metrics and the states of alarms go on. Without --alarm, --cluster or --owner everything is muted but
    `liveness`. CloudWatch knows neither clusters nor owners, so with these its own alarms still ring.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return None
    if not until or not reason or not reason.strip():
        raise click.UsageError("--until and --reason are required: every mute has an end and a reason")
    if len(reason) > MAX_REASON:
        raise click.BadParameter(f"--reason has {len(reason)} characters: at most {MAX_REASON}")
    if not dry_run:
        require_consent(yes=yes)
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    now = connection.clock.now()
    ends = coming_moment_of(until, zone_of(timezone), now)
    each_time = _each_time(every, length)
    if each_time and ends - now > MAX_RECURRING:
        raise click.UsageError(f"--until: a recurring mute ends within {MAX_RECURRING // DAY} days")
    _check_length(each_time or ends - now, is_long=is_long)
    desk = MuteDesk(connection)
    alarms = _alarms(desk)
    mute = Mute(
        id=uuid4().hex[:8],
        since=now,
        until=ends,
        reason=" ".join(reason.split()),
        by=desk.by,
        every=every,
        length=each_time,
        alarm=_known(alarm, connection.stack, alarms),
        cluster=cluster,
        owner=owner,
    )
    planned = planned_of(mute, alarms)
    if dry_run:
        _show([planned], now, as_json=as_json, dry_run=True)
        return 0
    (shown,) = mute_documents([planned], now)
    when = f"at {every} UTC for {length}, until {shown.recurs_until}" if every else f"until {shown.until}"
    ask(f"Mute {shown.about} {when}?", yes=yes, default=True)
    begun = begin(desk.ports, mute, alarms, now)
    _show([begun.mute], now, as_json=as_json)
    if alarms is not None and not alarms:
        output.warn(f"stack {connection.stack} shows no alarms: while it is not armed, it sends no messages that could be held back")
    if begun.error is not None:
        output.warn(f"CloudWatch's own alarms still ring: {begun.error}")
    elif begun.status not in {None, "ACTIVE"} and not every:
        output.warn(f"CloudWatch calls its mute rule {begun.status}: its alarms ring until it is ACTIVE")
    return 0


@command.command("list", epilog="Example: fargatecount mute list --all")
@options.place
@options.output
@click.option("--all", "every", is_flag=True, help="Those that have ended too; they are kept for a day.")
def list_(*, every: bool, form: str, as_json: bool, **place: Any) -> int:
    """List the mutes that are active, and those that recur."""
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    ports, now = MuteDesk(connection).ports, connection.clock.now()
    mutes = ports.store.mutes(ports.scope).mutes
    _show([each for each in mutes if every or each.until > now], now, as_json=as_json, form=form)
    return 0


@command.command("end", epilog="Example: fargatecount mute end 1f2e3d4c")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@options.place
@click.option("--all", "every", is_flag=True, help="All that are active.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def end(*, ids: tuple[str, ...], every: bool, as_json: bool, **place: Any) -> int:
    """End mutes now: what they hold is summed up in one message within a minute."""
    if bool(ids) == every:
        raise click.UsageError("name the mutes to end, or --all: fargatecount mute list")
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    ports, now = MuteDesk(connection).ports, connection.clock.now()
    running = {each.id: each for each in ports.store.mutes(ports.scope).mutes if each.until > now}
    unknown = [one for one in ids if one not in running]
    if unknown:
        raise MisconfiguredError(f"no mute {unknown[0]} is active{did_you_mean(unknown[0], running)}", remedy="see: fargatecount mute list")
    ended = [each for each in running.values() if every or each.id in ids]
    if ended:
        finish(ports, ended, now)
    after = {each.id: each for each in ports.store.mutes(ports.scope).mutes}
    _show([after.get(each.id, each) for each in ended], now, as_json=as_json)
    return 0


def _each_time(every: str | None, length: str | None) -> int:
    """Return how long each time of a recurring mute is, in milliseconds; 0 for one that does not recur."""
    if (every is None) != (length is None):
        raise click.UsageError("--every and --for belong together")
    if every is None or length is None:
        return 0
    try:
        parse_schedule(every)
    except ValueError as error:
        raise click.BadParameter(f"--every {every!r}: {error}") from error
    match = re.fullmatch(r"([1-9]\d{0,4})([mhd])", length)
    if match is None:
        raise click.BadParameter(f"--for {length!r} is no duration; enter 90m, 4h or 2d")
    return int(match[1]) * UNITS[match[2]]


def _check_length(length: int, *, is_long: bool) -> None:
    if length > MAX_LENGTH:
        raise click.UsageError(f"the mute is {length / DAY:.1f} days long: CloudWatch mutes for at most {MAX_LENGTH // DAY}")
    if length > USUAL and not is_long:
        raise click.UsageError(f"the mute is {length / HOUR:.0f} hours long: add --long to mute for more than {USUAL // HOUR}")


def _alarms(desk: MuteDesk) -> Sequence[str] | None:
    """Return the names of the stack's alarms; None, with a warning, where they may not be read: limit events can be muted all the same."""
    try:
        return [each.name for each in desk.alarms.standings(desk.ports.stack)]
    except DeniedError as error:
        output.warn(f"CloudWatch's own alarms still ring: {error}")
        return None


def _known(alarm: str | None, stack: str, alarms: Sequence[str] | None) -> str | None:
    if alarm is None:
        return None
    short = alarm.removeprefix(f"{stack}-")
    known = list(alarms or GAUGE_ALARMS)
    if short not in known:
        raise MisconfiguredError(f"there is no alarm {alarm}{did_you_mean(short, known)}", remedy="see: fargatecount alarms --all")
    return short


def _show(mutes: Sequence[Mute], now: int, *, as_json: bool, form: str = "table", dry_run: bool = False) -> None:
    document = mutes_document(mutes, now, dry_run=dry_run)
    if as_json or form == "json":
        output.print_json(document)
    elif form == "csv":
        output.print_structs_csv(document.mutes, MuteDocument)
    elif not document.mutes:
        click.echo("Nothing is muted.")
    else:
        for each in document.mutes:
            click.echo(f"{each.id}  {output.plain(headline(each))}")
