"""`fargatecount eks enroll` and `unenroll`: show the changes, ask, make them, and check them, cluster by cluster."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.eks import EksPorts
from fargatecount.cli import output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.eks.enrollment.apply import EnrollmentTarget, Objects, StepOutcome, apply_steps, read_situation, with_list_check
from fargatecount.eks.enrollment.document import ClusterEnrollment, EnrollmentDocument
from fargatecount.eks.enrollment.plan import ByHand, Mode, Step, plan_enroll, plan_unenroll
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, UnavailableError

LEFT_TO_DO = 1
WRONG_USE = 2
NOT_REACHED = 3
RECONCILE = "reconcile"
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/\S+")


@dataclass(frozen=True)
class _Plan:
    """One cluster, the steps that it needs, and its Kubernetes objects."""

    cluster: EnrollmentTarget
    steps: Sequence[Step]
    objects: Objects


def run(
    *,
    names: tuple[str, ...],
    everything: bool,
    principals: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    form: str,
    as_json: bool,
    removing: bool,
    **place: Any,
) -> int:
    """Enroll or unenroll clusters; return the exit code."""
    if bool(names) == everything:
        raise click.UsageError("name clusters, or say --all")
    if not dry_run:
        require_consent(yes=yes)
    connection = connect(**place)
    ports = EksPorts(connection)
    principal_arns = [connection.reconcile_role() if arn == RECONCILE else _checked_arn(arn) for arn in principals or (RECONCILE,)]
    clusters = [name for name in ports.api.names() if ports.api.has_profiles(name)] if everything else list(dict.fromkeys(names))
    errors: dict[str, FargatecountError] = {}
    plans: list[_Plan] = []
    for name in clusters:
        try:
            plans.append(_plan(ports, name, principal_arns, removing=removing))
        except FargatecountError as error:
            errors[name] = error
    if not dry_run and not yes:
        _ask(plans, removing=removing)
    outcomes: list[StepOutcome] = []
    for plan in plans:
        try:
            outcome = apply_steps(plan.steps, plan.cluster, ports.access, plan.objects, dry_run=dry_run)
            outcomes.append(outcome if dry_run or removing else with_list_check(outcome, plan.objects))
        except FargatecountError as error:
            errors[plan.cluster.name] = error
    results = [ClusterEnrollment.of(outcome) for outcome in outcomes]
    results += [ClusterEnrollment.failed(name, error) for name, error in errors.items()]
    _print(EnrollmentDocument(dry_run=dry_run, removing=removing, clusters=results), "json" if as_json else form)
    if errors:
        return NOT_REACHED if any(isinstance(error, DeniedError | UnavailableError) for error in errors.values()) else WRONG_USE
    return LEFT_TO_DO if any(outcome.by_hand for outcome in outcomes) else 0


def _plan(ports: EksPorts, name: str, principals: Sequence[str], *, removing: bool) -> _Plan:
    described = ports.api.describe(name)
    if described is None:
        known = ", ".join(ports.api.names()) or "none"
        raise MisconfiguredError(
            f"there is no EKS cluster {name!r} here", remedy=f"check the name, --region and --profile; there are: {known}"
        )
    cluster = EnrollmentTarget(name, described.arn.split(":")[3], Mode(described.authentication_mode))
    objects = ports.objects(described)
    found = read_situation(cluster, principals, ports.access, objects, with_others=removing)
    return _Plan(cluster, plan_unenroll(found) if removing else plan_enroll(found), objects)


def _checked_arn(arn: str) -> str:
    if not _PRINCIPAL.fullmatch(arn):
        raise MisconfiguredError(
            f"--principal-arn {arn!r} is no ARN of an IAM role or user", remedy="enter it as arn:aws:iam::<account>:role/<name>"
        )
    return arn


def _ask(plans: Sequence[_Plan], *, removing: bool) -> None:
    changes = [f"EKS-{plan.cluster.name}: {step.text}" for plan in plans for step in plan.steps if not isinstance(step, ByHand)]
    if changes:
        for change in changes:
            click.echo(change, err=True)
        ask("Do this?", yes=False, default=not removing)


def _print(document: EnrollmentDocument, form: str) -> None:
    clusters = document.clusters
    if form == "json":
        output.print_json(document)
    elif form == "csv":
        output.print_csv(
            [
                {
                    **msgspec.structs.asdict(each),
                    "done": "; ".join(each.done),
                    "by_hand": "; ".join(step.why for step in each.by_hand),
                }
                for each in clusters
            ]
        )
    else:
        for each in clusters:
            _print_cluster(each, dry_run=document.dry_run, removing=document.removing)
        if not (document.removing or document.dry_run or all(each.error for each in clusters)):
            click.echo("Within a minute the function reports whether its role can read them: fargatecount eks list")
    for each in clusters:
        if each.error:
            output.error(f"{each.cluster}: {each.error}", each.remedy or "")


def _print_cluster(cluster: ClusterEnrollment, *, dry_run: bool, removing: bool) -> None:
    if cluster.error:
        return
    nothing = "nothing was granted here" if removing else "enrolled already"
    done = cluster.done or ([] if cluster.by_hand else [nothing])
    click.echo(f"{cluster.cluster} ({cluster.authentication_mode})")
    for text in done:
        click.echo(f"  {'would do' if dry_run and cluster.done else 'done'}: {output.plain(text)}")
    for step in cluster.by_hand:
        click.echo(f"  by hand: {output.plain(step.why)}:")
        for each in step.commands:
            click.echo("\n".join(f"    {line}" for line in each.splitlines()))
    if cluster.you_cannot_list:
        click.echo(f"  you yourself cannot list its pods: {output.plain(cluster.you_cannot_list)}")
    elif not dry_run and not removing:
        click.echo("  checked: you can list its pods")
