"""What `organization deploy`, `upgrade` and `remove` share: their options, the wait for what runs already, and the progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from fargatecount.bootstrap.commands.rollout import Administration, administration
from fargatecount.cli import options, output
from fargatecount.cli.rollout_progress import shown_stacks
from fargatecount.cli.termination import echo_err
from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.rollout.carry_out import follow_operation, standing_of
from fargatecount.rollout.plan import CONCURRENT_PERCENT, TOLERATED_PERCENT, RolledOut
from fargatecount.rollout.stack_set import InstanceState, StackInstance

PERCENT = click.FloatRange(0, 100)
Result = TypeVar("Result")


def carrying_out(function: Any) -> Any:
    """Add the options of everything that works on stacks."""
    for option in (
        click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where there is no terminal."),
        click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing."),
        click.option(
            "--tolerate",
            type=PERCENT,
            default=TOLERATED_PERCENT,
            show_default=True,
            help="Percent of accounts that may fail before it stops.",
        ),
        click.option(
            "--concurrent", type=PERCENT, default=CONCURRENT_PERCENT, show_default=True, help="Percent of accounts at the same time."
        ),
        options.output,
        options.administration,
    ):
        function = option(function)
    return function


def settled(admin: Administration, standing: RolledOut, name: str, *, dry_run: bool) -> RolledOut:
    """Return what is there after an operation that runs has ended; with `dry_run`, what is there now."""
    running = standing.running
    if running is None:
        return standing
    echo_err(f"CloudFormation already works on StackSet {name} ({running.action} {running.id}, {running.status.lower()}).")
    if dry_run:
        return standing
    echo_err("It is followed to its end first.")
    shown(len(standing.instances), lambda show: follow_operation(admin.ports, name, running.id, show))
    return standing_of(admin.ports.stack_sets, name)


def shown(total: int, work: Callable[[Callable[[StackInstance], None]], Result], *, done: str = InstanceState.CURRENT) -> Result:
    """Return what `work` comes to, with its progress; after an interruption CloudFormation goes on, which is said."""
    try:
        with shown_stacks(total, done=done) as show:
            return work(show)
    except KeyboardInterrupt:
        echo_err("CloudFormation goes on with what it has begun; the same command follows it, and does the rest")
        raise


def opened(*, stage: str, **place: Any) -> Administration:
    """Return the administration of an account and Region; errors as for `connect`."""
    admin = administration(stage=stage, **place)
    output.note_endpoint(admin.connection.local_endpoint)
    return admin


def by_id(accounts: Iterable[OrganizationAccount]) -> dict[str, OrganizationAccount]:
    """Return accounts by their ids."""
    return {account.id: account for account in accounts}
