"""`fargatecount reconcile --rebuild`: derive every row from AWS again."""

from __future__ import annotations

import click

from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.cli import options, output
from fargatecount.cli.consent import ask
from fargatecount.ledger.leases import RECONCILE, LeaseHeldError, lease
from fargatecount.reconcile.clearing import RebuildLedger
from fargatecount.reconcile.ports import Ports
from fargatecount.reconcile.rebuild import rebuild

LEASE = 60 * 60_000
"""Milliseconds: at five calls a second an hour describes 1.8 million tasks. A rebuild that was killed blocks the schedule for at most that
time, and never blocks a later rebuild by the same process."""
FAILED = 3


def run(
    connection: Connection, ports: Ports, ledger: RebuildLedger, globs: tuple[str, ...], *, owner: str, buckets: int | None, yes: bool
) -> int:
    """Rebuild under the reconciler's lease; return the exit code."""
    if buckets is not None and globs:
        raise click.UsageError("--buckets is for all clusters: leave out --cluster")
    if not yes:
        what = f"the clusters {', '.join(globs)}" if globs else "ALL clusters"
        ask(f"Discard the rows of {what} and derive them from AWS again? Their counts are unreadable meanwhile.", yes=yes)
    try:
        with lease(ports.leases, ports.scope, RECONCILE, owner, connection.clock, length=LEASE):
            done = rebuild(
                ports.scope,
                ledger,
                ports.sources,
                connection.clock,
                buckets=buckets,
                select=options.selector(globs),
                progress=lambda what: click.echo(f"rebuilding: {output.plain(what)}", err=True),
            )
    except LeaseHeldError as held:
        click.echo(f"error: {held}", err=True)
        click.echo("  try again when that run is done", err=True)
        return 1
    columns = ["CLUSTER", "FROM AWS", "DISCARDED", "COUNTERS MENDED", "RESULT"]
    rows = [[r.cluster.key, str(r.derived), str(r.discarded), str(r.mended), r.reason or "rebuilt"] for r in done]
    output.show(output.table("Rebuild", columns, rows))
    return FAILED if any(result.reason for result in done) else 0
