"""`fargatecount reconcile --rebuild`: every row derived from AWS again."""

from __future__ import annotations

import sys
from typing import Any

import click

from fargatecount.cli import options, output

LEASE = 60 * 60_000
"""Milliseconds: at five calls a second an hour describes 1.8 million tasks; a rebuild that was killed blocks the schedule no longer than
that, and the next rebuild not at all if it is run by the same process."""
FAILED = 3


def run(connection: Any, ports: Any, globs: tuple[str, ...], *, owner: str, buckets: int | None, yes: bool) -> int:
    """Rebuild under the reconciler's lease; return the exit code."""
    from fargatecount.ledger.leases import RECONCILE, LeaseHeldError, lease  # noqa: PLC0415 - only a rebuild needs them
    from fargatecount.reconcile.rebuild import rebuild  # noqa: PLC0415

    if buckets is not None and globs:
        raise click.UsageError("--buckets is for all clusters: leave out --cluster")
    if not yes and sys.stdin.isatty():
        what = f"the clusters {', '.join(globs)}" if globs else "ALL clusters"
        click.confirm(
            f"Throw away what the ledger holds of {what} and derive it from AWS again? Their counts are unreadable meanwhile.", abort=True
        )
    try:
        with lease(ports.leases, ports.scope, RECONCILE, owner, connection.clock, length=LEASE):
            done = rebuild(
                ports.scope,
                ports.ledger,
                ports.sources,
                connection.clock,
                buckets=buckets,
                select=options.selector(globs),
                progress=lambda what: click.echo(f"rebuilding: {output.plain(what)}", err=True),
            )
    except LeaseHeldError as other:
        click.echo(f"error: {other}", err=True)
        click.echo("  try again when it is done", err=True)
        return 1
    columns = ["CLUSTER", "FROM AWS", "DISCARDED", "COUNTERS MENDED", "RESULT"]
    rows = [[r.cluster.key, str(r.derived), str(r.discarded), str(r.mended), r.reason or "rebuilt"] for r in done]
    output.show(output.table("Rebuild", columns, rows))
    return FAILED if any(result.reason for result in done) else 0
