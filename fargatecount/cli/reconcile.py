"""`fargatecount reconcile`: one full pass over AWS now; differences are repaired and reported."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import click

from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.bootstrap.commands.reconcile import command_ports
from fargatecount.cli import options, output, report_tables
from fargatecount.cli import rebuild as rebuild_command
from fargatecount.cli.consent import ask, require_consent
from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.ledger.leases import LeaseHeldError
from fargatecount.matching import matches, require_matches
from fargatecount.reconcile.ports import Ports
from fargatecount.reconcile.run import Ran, run
from fargatecount.reconcile.scope import Options

ANOTHER_RUNS = 1
NOT_LISTED = 3

TIME_BOX = 10 * 60_000
"""Milliseconds: 3,000 calls at five a second, so 150,000 tasks. If the command is killed, the schedule waits that long for its lease; it
must run again within 16 minutes, when counts become stale."""
RETRY_EVERY = 1.0
"""Seconds between two attempts to take the lease: most scheduled runs take a few."""


@click.command(epilog="Examples: fargatecount reconcile --cluster 'web*' --dry-run; fargatecount reconcile --rebuild --buckets 8")
@options.place
@options.clusters
@options.output
@click.option("--dry-run", is_flag=True, help="Print what would change, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@click.option("--wait", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="Wait that long for a run in progress.")
@click.option(
    "--in-flight",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Repair a change younger than this without calling it drift: its event may still be on its way.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if any cluster could not be read or reached.")
@click.option("--rebuild", is_flag=True, help="Trust nothing that the ledger holds: derive every row from AWS again.")
@click.option("--buckets", type=click.IntRange(1, 64), help="With --rebuild: divide each cluster into so many buckets.")
def command(
    *,
    cluster_globs: tuple[str, ...],
    form: str,
    as_json: bool,
    dry_run: bool,
    yes: bool,
    wait: float,
    in_flight: float,
    strict: bool,
    rebuild: bool,
    buckets: int | None,
    **place: Any,
) -> int:
    """Compare the ledger with AWS, repair it, and report why.

    This is a full pass: it lists and describes every cluster, at a quarter of the rate that ECS allows. The deployment reconciles by
    itself, a cluster when its numbers differ from AWS's, and all clusters every 45 minutes. All reports are kept in the same place (see:
    fargatecount report).

    Exit code: 0 done, 1 another run is in progress, 3 AWS did not list the clusters.
    """
    if buckets is not None and not rebuild:
        raise click.UsageError("--buckets goes with --rebuild: rows have to move")
    if not dry_run:
        require_consent(yes=yes)
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    ledger = connection.ledger()
    scope = connection.scope()
    ports = command_ports(connection, scope, ledger, None if dry_run else _bucket(connection))
    _require_matches(cluster_globs, ports)
    if rebuild:
        if dry_run:
            raise click.UsageError(
                "--rebuild has no dry run: `fargatecount verify` and `fargatecount reconcile --dry-run` show what is wrong"
            )
        return rebuild_command.run(connection, ports, ledger, cluster_globs, owner=_person(), buckets=buckets, yes=yes)
    if not dry_run and not yes:
        what = f"the clusters {', '.join(cluster_globs)}" if cluster_globs else "all clusters"
        ask(f"Bring the ledger of {what} in {scope.account} {scope.region} to what AWS says?", yes=yes, default=True)
    asked = Options(full=True, dry_run=dry_run, in_flight=round(in_flight * 1000), select=options.selector(cluster_globs))
    ran = _run_when_free(ports, asked, connection.clock, wait)
    if ran is None:
        return ANOTHER_RUNS
    _print(ran, "json" if as_json else form)
    if ran.report.problems:
        return NOT_LISTED
    return 1 if strict and not ran.report.complete else 0


def _require_matches(globs: tuple[str, ...], ports: Ports) -> None:
    """Raise MisconfiguredError if a glob matches no cluster of the ledger, and none that AWS lists either."""
    known = [state.cluster for state in ports.ledger.clusters(ports.scope)]
    if not all(any(matches(cluster, glob) for cluster in known) for glob in globs):
        for source in ports.sources:
            known += source.clusters()
    require_matches(globs, known)


def _run_when_free(ports: Ports, asked: Options, clock: Clock, wait: float) -> Ran | None:
    """Run once no other run holds the lease; None if another run holds it for longer than `wait` seconds."""
    give_up = clock.now() + wait * 1000
    with _progress() as progress:
        while True:
            try:
                return run(ports, asked, owner=_person(), time_box=TIME_BOX, progress=progress)
            except LeaseHeldError as held:
                if clock.now() >= give_up:
                    click.echo(f"error: {held}", err=True)
                    click.echo("  that run ends shortly: try again, or wait for it with --wait 60", err=True)
                    return None
                progress(f"waiting: {held}")
                clock.sleep(RETRY_EVERY)


def _print(ran: Ran, form: str) -> None:
    if form == "json":
        output.print_json(ran.report)
    elif form == "csv":
        output.print_csv([report_tables.flat(ran.report, cluster) for cluster in ran.report.clusters])
    else:
        report_tables.show(ran.report, wide=form == "wide")
        if ran.kept:
            click.echo(f"Kept as {ran.report.id}.")
    if ran.not_kept is not None:
        _warn_not_kept(ran.not_kept)
    report_tables.warn(ran.report)


def _person() -> str:
    """Return the owner of the lease, as others read it; it differs for two commands of one person on two machines."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = f"user {os.getuid()}"
    return f"{user} on {socket.gethostname()}, process {os.getpid()}, {uuid4().hex[:8]}"


def _bucket(connection: Connection) -> str | None:
    """Return the bucket of reports; None, with a warning, if there is none: the ledger can be repaired without it."""
    try:
        return connection.reports_bucket()
    except FargatecountError as error:
        _warn_not_kept(error)
        return None


def _warn_not_kept(error: FargatecountError) -> None:
    output.warn(f"the report is not kept: {error}" + (f"; {error.remedy}" if error.remedy else ""))


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show progress on stderr if it is a terminal; stdout is for the answer."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - see the package
    from rich.text import Text  # noqa: PLC0415

    with Console(stderr=True, highlight=False).status(Text("asking AWS")) as status:
        yield lambda what: status.update(Text(output.plain(what)))
