"""`fargatecount top`: what runs on Fargate, full screen."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.status import status_ports
from fargatecount.cli import options, output
from fargatecount.errors import MisconfiguredError
from fargatecount.matching import require_matches
from fargatecount.timestamps import MINUTE
from fargatecount.top.reader import TopPorts, TopReader


@click.command(epilog="Example: fargatecount top --cluster 'web*'")
@options.place
@options.clusters
@click.option("--every", type=click.IntRange(1, 3600), default=2, show_default=True, metavar="SECONDS", help="Time between two reads.")
def command(*, cluster_globs: tuple[str, ...], every: int, **place: Any) -> int:
    """Show clusters, services and tasks full screen: sort, filter, open; q leaves."""
    if not (sys.stdout.isatty() and sys.stdin.isatty()):
        raise click.UsageError("top needs a terminal; for programs: fargatecount status --json, fargatecount tasks --json")
    if os.environ.get("TERM", "dumb") == "dumb":
        raise click.UsageError("this terminal has no full screen (TERM=dumb): use fargatecount status -w")
    try:
        from fargatecount.cli.top_screen import TopApp  # noqa: PLC0415 - an extra, and half a second to load
    except ModuleNotFoundError as error:
        raise MisconfiguredError(f"top needs the package {error.name}", remedy="pip install 'fargatecount[top]'") from error
    connection = connect(**place)
    ports = status_ports(connection)
    ledger = ports.ledger
    if cluster_globs:
        require_matches(cluster_globs, [state.cluster for scope in ledger.scopes() for state in ledger.clusters(scope)])
    reader = TopReader(
        TopPorts(reader=ledger, quotas=ports.quotas, refusals=ports.refusals, mutes=ports.mutes, clock=connection.clock),
        select=options.selector(cluster_globs),
        prices=connection.prices,
        hanging_after=connection.terms.hanging_minutes * MINUTE,
    )
    reader.read()  # an error is shown here, before the screen is taken
    app = TopApp(reader.read, period=every, thresholds=connection.levels.thresholds)
    app.run()
    output.note_endpoint(connection.local_endpoint)
    return app.return_code or 0
