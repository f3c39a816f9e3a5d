"""`fargatecount organization deploy`, and `upgrade`: members in every account and Region, by one StackSet."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.bootstrap.commands.deploy import artifact
from fargatecount.bootstrap.commands.rollout import Administration
from fargatecount.cli.consent import ask, require_consent
from fargatecount.cli.deploy import EMBEDDED
from fargatecount.cli.rollout_steps import by_id, carrying_out, opened, settled, shown
from fargatecount.cli.rollout_text import plan_in_words, print_rollout
from fargatecount.cli.termination import echo_err
from fargatecount.errors import MisconfiguredError
from fargatecount.rollout.carry_out import RolloutOutcome, roll_out, standing_of, upload
from fargatecount.rollout.code_bucket import bucket_of, bucket_prefix
from fargatecount.rollout.document import rollout_document
from fargatecount.rollout.plan import RolloutPlan, Wanted, plan_rollout
from fargatecount.rollout.stack_set import StackSet
from fargatecount.rollout.targets import check_regions, resolve_units
from fargatecount.rollout.wish import stack_set_of, wanted_stack_set
from fargatecount.stack.artifact import CODE_BUCKET_PREFIX, Artifact
from fargatecount.stack.parameters import read_parameters, read_settings

FAILED = 1


@click.command(
    name="deploy", epilog="Example: fargatecount organization deploy --ou Root/Workloads --regions eu-west-1,us-east-1 --dry-run"
)
@click.option("--ou", "units", multiple=True, metavar="UNIT", help="Organizational unit, by path (Root/Prod) or id; may be repeated.")
@click.option("--regions", multiple=True, metavar="REGIONS", help="Regions, separated by commas; may be repeated.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of every member (docs/settings.md); may be repeated."
)
@click.option(
    "--code-bucket-prefix", metavar="NAME", help="First part of the names of the code's buckets. Default: fargatecount-code-ACCOUNT."
)
@carrying_out
def deploy(*, units: tuple[str, ...], regions: tuple[str, ...], code_bucket_prefix: str | None, **given: Any) -> int:
    """Make every account of organizational units a member, in each Region.

    A service-managed StackSet does it, and goes on doing it for accounts that join later. Run it again to add units and Regions, to change
    settings, to try again what failed, or to go on after an interruption. It removes nothing.
    Exit code 1: at least one stack failed.
    """
    return _deploy(units, regions, prefix=code_bucket_prefix, must_exist=False, **given)


@click.command(name="upgrade", epilog="Example: fargatecount organization upgrade --dry-run")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting to change with it; may be repeated.")
@carrying_out
def upgrade(**given: Any) -> int:
    """Bring every member of the StackSet to this version.

    Units, Regions and settings stay. Upgrade the hub first: it reads older members, and newer ones too.
    Exit code 1: at least one stack failed, and runs on as it was.
    """
    return _deploy((), (), prefix=None, must_exist=True, **given)


def _deploy(
    units: tuple[str, ...],
    regions: tuple[str, ...],
    *,
    settings: tuple[str, ...],
    prefix: str | None,
    must_exist: bool,
    dry_run: bool,
    yes: bool,
    concurrent: float,
    tolerate: float,
    form: str,
    as_json: bool,
    stage: str,
    **place: Any,
) -> int:
    if not dry_run:
        require_consent(yes=yes)
    build = artifact()
    given = read_settings(settings, read_parameters(build.document))
    admin = opened(stage=stage, **place)
    admin.ports.stack_sets.check_access()
    name = stack_set_of(stage)
    standing = settled(admin, standing_of(admin.ports.stack_sets, name), name, dry_run=dry_run)
    if must_exist and standing.stack_set is None:
        raise MisconfiguredError(f"there is no StackSet {name} to upgrade", remedy="create it: fargatecount organization deploy")
    wanted = _wanted(admin, build, standing.stack_set, units=units, regions=regions, given=given, prefix=prefix)
    plan = plan_rollout(standing, wanted, admin.organization, concurrent=concurrent, tolerated=tolerate)
    for line in plan_in_words(plan, admin.connection.region):
        echo_err(line)
    outcome = RolloutOutcome(instances=standing.instances, operation=standing.running)
    if not dry_run and not plan.nothing_to_do:
        ask("Roll out?", yes=yes, default=True)
        outcome = _carried_out(admin, build, plan)
    document = rollout_document(
        name,
        wanted.stack_set if not dry_run else standing.stack_set,
        outcome.instances,
        outcome.operation,
        by_id(admin.organization.accounts),
        plan=plan if dry_run else None,
    )
    print_rollout(document, form="json" if as_json else form)
    return FAILED if outcome.failures and not dry_run else 0


def _wanted(
    admin: Administration,
    build: Artifact,
    before: StackSet | None,
    *,
    units: tuple[str, ...],
    regions: tuple[str, ...],
    given: dict[str, str],
    prefix: str | None,
) -> Wanted:
    named = resolve_units(units, admin.organization.accounts)
    chosen = check_regions(regions)
    if before is None and not (named and chosen):
        raise click.UsageError("the first roll-out needs --ou and --regions")
    if before is None and admin.connection.local_endpoint:
        given = {**EMBEDDED, **given}
    stack_set = wanted_stack_set(
        build,
        before,
        given,
        stage=admin.stage,
        bucket_prefix=prefix or bucket_prefix(admin.caller),
        hub=admin.hub_bus() if before is None else "",
    )
    return Wanted(
        stack_set=stack_set, units=named or (before.units if before else ()), regions=chosen or (before.regions if before else ())
    )


def _carried_out(admin: Administration, build: Artifact, plan: RolloutPlan) -> RolloutOutcome:
    prefix = plan.wanted.stack_set.parameters[CODE_BUCKET_PREFIX]
    echo_err(f"Uploading the code: {', '.join(bucket_of(prefix, region) for region in plan.code_regions)}")
    url = upload(admin.ports, plan, build, admin.organization)
    return shown(plan.stacks, lambda show: roll_out(admin.ports, plan, url, show))
