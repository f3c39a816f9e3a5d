"""`fargatecount organization remove`: the members of the StackSet, or those of some Regions."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.cli import output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.cli.rollout_steps import by_id, carrying_out, opened, settled, shown
from fargatecount.cli.rollout_text import kept_after, print_rollout
from fargatecount.cli.termination import echo_err
from fargatecount.errors import MisconfiguredError
from fargatecount.rollout.carry_out import RolloutOutcome, remove_stacks, standing_of
from fargatecount.rollout.document import rollout_document
from fargatecount.rollout.plan import preferences_for
from fargatecount.rollout.stack_set import Target
from fargatecount.rollout.targets import check_regions
from fargatecount.rollout.wish import stack_set_of

FAILED = 1


@click.command(name="remove", epilog="Example: fargatecount organization remove --regions us-east-1 --dry-run")
@click.option(
    "--regions", multiple=True, metavar="REGIONS", help="Only these Regions, separated by commas. Default: all, and the StackSet."
)
@carrying_out
def command(
    *,
    regions: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    concurrent: float,
    tolerate: float,
    form: str,
    as_json: bool,
    stage: str,
    **place: Any,
) -> int:
    """Delete the members of the StackSet; their tables and reports stay in their accounts.

    Exit code 1: at least one stack could not be deleted.
    """
    if not dry_run:
        require_consent(yes=yes)
    admin = opened(stage=stage, **place)
    name = stack_set_of(stage)
    standing = settled(admin, standing_of(admin.ports.stack_sets, name), name, dry_run=dry_run)
    if standing.stack_set is None:
        raise MisconfiguredError(
            f"there is no StackSet {name} in {admin.connection.region}", remedy="check --region, --profile and --stage"
        )
    chosen = check_regions(regions) or tuple(sorted({each.scope.region for each in standing.instances}))
    gone = [each for each in standing.instances if each.scope.region in chosen]
    accounts = {each.scope.account for each in gone}
    echo_err(
        f"{output.amount(len(gone), 'stack')} in {output.amount(len(accounts), 'account')} are deleted: {', '.join(chosen) or 'none'}."
    )
    if len(gone) == len(standing.instances):
        echo_err(f"StackSet {name} is deleted with them.")
    outcome = RolloutOutcome(instances=gone, operation=None)
    if not dry_run:
        ask("Delete?", yes=yes)
        units = tuple(sorted({each.unit for each in gone} - {""})) or standing.stack_set.units
        target = Target(units=units, regions=chosen if gone else ())
        preferences = preferences_for(len(accounts), concurrent=concurrent, tolerated=tolerate)
        outcome = shown(len(gone), lambda show: remove_stacks(admin.ports, name, target, preferences, show), done="deleted")
        for line in kept_after(standing.stack_set, chosen):
            echo_err(line)
    document = rollout_document(name, standing.stack_set, outcome.instances, outcome.operation, by_id(admin.organization.accounts))
    print_rollout(document, form="json" if as_json else form, thing="left" if not dry_run else "to be deleted")
    return FAILED if outcome.instances and not dry_run else 0
