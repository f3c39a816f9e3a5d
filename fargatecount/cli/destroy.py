"""`fargatecount destroy`: remove a stack; the table and the reports stay."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.deploy import deploy_ports, refuse_stack_of_stack_set, stack_to_deploy
from fargatecount.cli import options, output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.cli.stack_progress import print_failures, shown_events
from fargatecount.cli.termination import echo_err
from fargatecount.errors import MisconfiguredError
from fargatecount.stack.progress import follow, past_events

FAILED = 1


@click.command(name="destroy", epilog="Example: fargatecount destroy --stage test --dry-run")
@options.stack
@options.hub
@click.option("--dry-run", is_flag=True, help="Show what would be removed and what stays.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(*, dry_run: bool, yes: bool, hub: bool, **place: Any) -> int:
    """Remove a stack; the table with its rows and the bucket with the reports stay.

    Counting ends. The commands that delete what stays are printed. Exit code 1: something could not be removed.
    """
    if not dry_run:
        require_consent(yes=yes)
    connection = connect(**{**place, "stack": stack_to_deploy(place["stack"], place["stage"], hub=hub)})
    output.note_endpoint(connection.local_endpoint)
    stacks = deploy_ports(connection).stacks
    refuse_stack_of_stack_set(connection, stacks)
    state = stacks.state(connection.stack)
    if state is None:
        raise MisconfiguredError(
            f"there is no stack {connection.stack} in {connection.region}", remedy="check --region, --profile, --stage and --stack"
        )
    table = state.outputs.get("TableName") or state.outputs.get("HubTableName", "")
    bucket = state.outputs.get("ReportsBucket", "")
    resources = len(stacks.template(connection.stack)["Resources"])
    click.echo(
        f"Stack {connection.stack} in {connection.region} is removed: functions, queues, alarms, topics and roles, {resources} at most."
    )
    if table:
        click.echo(f"Kept: table {table} with every row{f', and bucket {bucket} with the reports' if bucket else ''}.")
    if dry_run:
        return 0
    ask(f"Remove stack {connection.stack}?", yes=yes)
    known = past_events(stacks, connection.stack, connection.clock)
    stacks.delete(connection.stack)
    with shown_events(resources) as show:
        left, failures = follow(stacks, connection.stack, connection.clock, show, known=known, gone_is_done=True)
    if left is not None:
        print_failures(failures)
        echo_err(f"stack {connection.stack} is in state {left.status}: correct that, then run the command again")
        return FAILED
    click.echo(f"Removed: {connection.stack}.")
    if table:
        click.echo("To delete what was kept:")
        click.echo(f"  aws dynamodb update-table --table-name {table} --no-deletion-protection-enabled")
        click.echo(f"  aws dynamodb delete-table --table-name {table}")
        if bucket:
            click.echo(f"  aws s3 rb --force s3://{bucket}")
    return 0
