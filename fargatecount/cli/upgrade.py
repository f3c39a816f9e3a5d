"""`fargatecount upgrade`: bring a deployed stack to the version of this installation."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.cli import options
from fargatecount.cli.deploy import deploy


@click.command(name="upgrade", epilog="Example: fargatecount upgrade --dry-run")
@options.stack
@options.hub
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting to change with it; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing that runs.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(*, settings: tuple[str, ...], dry_run: bool, yes: bool, hub: bool, **place: Any) -> int:
    """Bring a deployed stack to this version.

    Every setting keeps its value, also those of a stack that osls deployed from an older release.
    A change that would replace the table, a queue with messages or the bucket with the reports is refused.
    Exit code 1: the deployment failed and was rolled back.
    """
    return deploy(settings, dry_run=dry_run, yes=yes, must_exist=True, hub=hub, **place)
