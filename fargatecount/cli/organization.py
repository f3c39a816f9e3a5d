"""`fargatecount organization`: the hub of an organization; `status --organization` shows what it knows."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.bootstrap.commands.organization import connect_hub
from fargatecount.cli import members, options, output, rollout, rollout_remove
from fargatecount.cli.consent import ask, require_consent
from fargatecount.errors import MisconfiguredError
from fargatecount.timestamps import to_iso
from fargatecount.workload import Scope


@click.group(epilog="Example: fargatecount organization deploy --ou Root/Workloads --regions eu-west-1,us-east-1 --dry-run")
def command() -> None:
    """Roll out to the accounts of an organization, and manage its hub."""


for each in (rollout.deploy, members.status, members.members, rollout.upgrade, rollout_remove.command):
    command.add_command(each)


@command.command(epilog="Example: fargatecount organization retire --account 111111111111 --from-region us-east-1 --dry-run")
@click.option("--account", required=True, help="Account whose member was removed: its 12 digits.")
@click.option("--from-region", required=True, help="Region whose member was removed.")
@click.option("--dry-run", is_flag=True, help="Only show what would be retired.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.place
def retire(*, account: str, from_region: str, dry_run: bool, yes: bool, **place: Any) -> int:
    """Let an account and Region count no longer, after its member was removed.

    Its last known counts leave the totals, and it is silent no more. A new report brings it back.
    """
    if not dry_run:
        require_consent(yes=yes)
    hub = connect_hub(**place)
    output.note_endpoint(hub.connection.local_endpoint)
    scope = Scope(account, from_region)
    record = hub.store.find(scope)
    if record is None or record.retired:
        raise MisconfiguredError(
            f"the hub knows no scope {account} {from_region} that counts", remedy="list them: fargatecount status --organization -o wide"
        )
    what = f"{account} {from_region}, last report {to_iso(record.as_of)}, {record.report.total.held} workloads held"
    if dry_run:
        click.echo(f"Would retire {what}. Nothing was changed.")
        return 0
    ask(f"Retire {what}?", yes=yes)
    hub.store.retire(scope, hub.connection.clock.now())
    click.echo(f"Retired {what}. A new report brings it back.")
    return 0
