"""`fargatecount reconcile`: one full look at AWS now, with what it finds repaired and reported."""

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

from fargatecount.cli import options, output, report_tables
from fargatecount.cli import rebuild as rebuilding
from fargatecount.errors import FargatecountError

UNDER_WAY = 1
NOT_LISTED = 3

TIME_BOX = 10 * 60_000
"""Milliseconds: 3,000 calls at five a second, so 150,000 tasks. It is also how long the schedule waits for a command that was killed, and
in 16 minutes without it the counts would be doubted."""
ASK_AGAIN = 1.0
"""Seconds between two tries for the lease: most runs of the schedule take a few."""


@click.command(epilog="Examples: fargatecount reconcile --cluster 'web*' --dry-run; fargatecount reconcile --rebuild --buckets 8")
@options.place
@options.clusters
@options.output
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--wait", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="Wait so long for a run that is under way.")
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
    """Look at every task in AWS now, repair the ledger, and say what was wrong and why.

    A full pass: every cluster is listed and described, at a quarter of the rate that ECS allows. The deployment does the same by itself,
    cluster by cluster where its numbers differ from AWS's and all of them every 45 minutes; it keeps its reports where this one goes too
    (see: fargatecount report).

    Exit code: 0 done, 1 another run is under way, 3 AWS did not list the clusters.
    """
    from fargatecount.bootstrap.connection import connect  # noqa: PLC0415 - boto3 costs 150 ms, and --help does not need it
    from fargatecount.reconcile.scope import Options  # noqa: PLC0415

    if buckets is not None and not rebuild:
        raise click.UsageError("--buckets goes with --rebuild: rows have to move")
    connection = connect(**place)
    ledger = connection.ledger()
    scope = connection.scope()
    ports = connection.reconciling(scope, ledger, None if dry_run else _bucket(connection))
    if rebuild:
        if dry_run:
            raise click.UsageError(
                "--rebuild has no dry run: `fargatecount verify` and `fargatecount reconcile --dry-run` say what is wrong"
            )
        return rebuilding.run(connection, ports, cluster_globs, owner=_person(), buckets=buckets, yes=yes)
    if not dry_run and not yes and sys.stdin.isatty():
        what = f"the clusters {', '.join(cluster_globs)}" if cluster_globs else "all clusters"
        click.confirm(f"Bring the ledger of {what} in {scope.account} {scope.region} to what AWS says?", default=True, abort=True, err=True)
    asked = Options(full=True, dry_run=dry_run, in_flight=round(in_flight * 1000), select=options.selector(cluster_globs))
    ran = _run_when_free(ports, asked, connection.clock, wait)
    if ran is None:
        return UNDER_WAY
    _print(ran, "json" if as_json else form)
    if ran.report["problems"]:
        return NOT_LISTED
    return 1 if strict and not ran.report["complete"] else 0


def _run_when_free(ports: Any, asked: Any, clock: Any, wait: float) -> Any:
    """Run as soon as nobody else does; None where somebody else does for longer than `wait` seconds."""
    from fargatecount.ledger.leases import LeaseHeldError  # noqa: PLC0415
    from fargatecount.reconcile.run import run  # noqa: PLC0415

    give_up = clock.now() + wait * 1000
    with _progress() as progress:
        while True:
            try:
                return run(ports, asked, owner=_person(), time_box=TIME_BOX, progress=progress)
            except LeaseHeldError as held:
                if clock.now() >= give_up:
                    click.echo(f"error: {held}", err=True)
                    click.echo("  it will be done shortly: try again, or wait for it with --wait 60", err=True)
                    return None
                progress(f"waiting: {held}")
                clock.sleep(ASK_AGAIN)


def _print(ran: Any, form: str) -> None:
    if form == "json":
        output.print_json(ran.report)
    elif form == "csv":
        output.print_csv([report_tables.flat(ran.report, cluster) for cluster in ran.report["clusters"]])
    else:
        report_tables.show(ran.report, wide=form == "wide")
        if ran.kept:
            click.echo(f"Kept as {ran.report['id']}.")
    if ran.not_kept is not None:
        _warn_not_kept(ran.not_kept)
    report_tables.warn(ran.report)


def _person() -> str:
    """Say who holds the lease, for whoever finds it held; two commands of one person on two machines are two."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = f"user {os.getuid()}"
    return f"{user} on {socket.gethostname()}, process {os.getpid()}, {uuid4().hex[:8]}"


def _bucket(connection: Any) -> str | None:
    """Return where reports go, or say why this one stays here: the ledger can be put right without."""
    try:
        bucket: str = connection.reports_bucket()
    except FargatecountError as error:
        _warn_not_kept(error)
        return None
    return bucket


def _warn_not_kept(error: FargatecountError) -> None:
    output.warn(f"the report is not kept: {error}" + (f"; {error.remedy}" if error.remedy else ""))


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show on a terminal's stderr what is being looked at; stdout stays for the answer."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    with Console(stderr=True, highlight=False).status(Text("asking AWS")) as status:
        yield lambda what: status.update(Text(output.plain(what)))
