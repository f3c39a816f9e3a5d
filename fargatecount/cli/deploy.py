"""`fargatecount deploy`: create the stack, or change its settings; without node."""

from __future__ import annotations

import sys
from typing import Any

import click

from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.bootstrap.commands.deploy import artifact, clusters_here, deploy_ports, refuse_stack_of_stack_set, stack_to_deploy
from fargatecount.cli import options, output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.cli.stack_progress import print_failures, shown_events
from fargatecount.cli.termination import echo_err
from fargatecount.stack.artifact import Artifact
from fargatecount.stack.changes import in_words
from fargatecount.stack.cost import HUB_COST, cost_in_words, monthly_cost
from fargatecount.stack.deploy import DeploymentPlan, DeployOutcome, apply_plan, plan_deployment
from fargatecount.stack.parameters import read_parameters, read_settings
from fargatecount.stack.progress import Stacks

FAILED = 1
EMBEDDED = {"RequireTls": "false", "DeletionProtection": "false"}
"""Settings for an endpoint on this machine, unless others are given: it answers plain HTTP, and its table ends with it."""


@click.command(name="deploy", epilog="Example: fargatecount deploy --set armed=true --set pagingEmail=you@example.com")
@options.stack
@options.hub
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting (docs/settings.md); may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing that runs.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(*, settings: tuple[str, ...], dry_run: bool, yes: bool, hub: bool, **place: Any) -> int:
    """Create the stack, or change its settings.

    The template and the functions' code are in this installation; node is not needed. What changes is shown first, in words and in dollars.
    A setting that is not named keeps its value, also that of a stack which osls deployed.
    Exit code 1: the deployment failed and was rolled back.
    """
    return deploy(settings, dry_run=dry_run, yes=yes, must_exist=False, hub=hub, **place)


def deploy(settings: tuple[str, ...], *, dry_run: bool, yes: bool, must_exist: bool, hub: bool, **place: Any) -> int:
    """Deploy; the command `upgrade` is the same for a stack that must exist."""
    if not dry_run:
        require_consent(yes=yes)
    build = artifact(hub=hub)
    given = read_settings(settings, read_parameters(build.document))
    connection = connect(**{**place, "stack": stack_to_deploy(place["stack"], place["stage"], hub=hub)})
    output.note_endpoint(connection.local_endpoint)
    if connection.local_endpoint:
        given = {**EMBEDDED, **given}
    stacks = deploy_ports(connection).stacks
    refuse_stack_of_stack_set(connection, stacks)
    plan = plan_deployment(stacks, build, connection.stack, given, stage=place["stage"], must_exist=must_exist)
    show_plan(plan, connection)
    if plan.change_set is not None and not plan.change_set.id:
        click.echo("Nothing to change: the stack is as this release deploys it.")
        return 0
    if dry_run:
        _discard(stacks, plan)
        return 0
    try:
        ask("Deploy?", yes=yes, default=True)
    except click.Abort:
        _discard(stacks, plan)
        raise
    outcome = carry_out(stacks, build, plan, connection)
    return report(outcome, plan)


def show_plan(plan: DeploymentPlan, connection: Connection) -> None:
    """Print what a deployment changes and costs."""
    if plan.exists:
        versions = plan.version_after if plan.version_before == plan.version_after else f"{plan.version_before} -> {plan.version_after}"
        click.echo(f"Stack {plan.name} in {connection.region}, version {versions}:")
    else:
        click.echo(f"A new stack {plan.name} in {connection.region}, version {plan.version_after}:")
    for line in in_words(plan.changes):
        click.echo(f"  {output.plain(line)}")
    if plan.changed_settings:
        click.echo("Settings:" if plan.exists else "Settings unlike the defaults:")
        for line in plan.changed_settings:
            click.echo(f"  {output.plain(line)}")
    if plan.is_hub:
        click.echo(HUB_COST)
        return
    clusters = clusters_here(connection)
    before = monthly_cost(plan.values_before, clusters or 1) if plan.exists else None
    click.echo(cost_in_words(before, monthly_cost(plan.values, clusters or 1), clusters or 1))
    if clusters is None:
        click.echo("(The clusters could not be listed; each further one adds its own metrics.)")


def carry_out(stacks: Stacks, build: Artifact, plan: DeploymentPlan, connection: Connection) -> DeployOutcome:
    """Deploy with progress; after an interruption CloudFormation goes on, which is said."""
    try:
        with shown_events(max(len(plan.changes), 1)) as show:
            return apply_plan(stacks, build, plan, connection.clock, show)
    except KeyboardInterrupt:
        echo_err("CloudFormation goes on with what it has begun; the same command shows how it ended")
        raise


def report(outcome: DeployOutcome, plan: DeploymentPlan) -> int:
    """Print how it ended and the next step; return the exit code."""
    if not outcome.succeeded:
        print_failures(list(outcome.failures))
        echo_err(f"stack {plan.name} is in state {outcome.state.status}: what was deployed before runs on, unchanged")
        return FAILED
    stage = "" if plan.stage == "prod" else f" --stage {plan.stage}"
    click.echo(f"Deployed: {plan.name}, version {plan.version_after}.")
    if plan.is_hub:
        _next_of_hub(outcome, stage)
        return 0
    if not plan.exists:
        click.echo("The first count of every cluster takes a minute or two.")
    click.echo(f"Next: fargatecount status{stage}")
    if plan.values["Armed"] != "true":
        click.echo(f"      fargatecount deploy{stage} --set armed=true     for metrics, alarms and the dashboard")
    elif plan.values_before.get("Armed") != "true" or not plan.exists:
        click.echo(f"      fargatecount alarm-test{stage} --dry-run       to see whom the alarms notify")
    sys.stdout.flush()
    return 0


def _next_of_hub(outcome: DeployOutcome, stage: str) -> None:
    bus = outcome.state.outputs["HubBusArn"]
    click.echo(f"Next: fargatecount organization deploy{stage} --ou Root/… --regions …     for members in every account, or for one:")
    click.echo(f"      fargatecount deploy{stage} --set hubBusArn={bus}")
    click.echo(f"      fargatecount status{stage} --organization")


def _discard(stacks: Stacks, plan: DeploymentPlan) -> None:
    if plan.change_set is not None:
        stacks.discard(plan.name, plan.change_set)
