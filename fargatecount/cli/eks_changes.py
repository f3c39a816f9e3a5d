"""`fargatecount eks enroll` and `unenroll`: what is to change is shown, asked for, done and checked, cluster by cluster."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from fargatecount.cli import output
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, UnavailableError

LEFT_TO_DO = 1
WRONG_USE = 2
NOT_REACHED = 3
RECONCILE = "reconcile"


@dataclass(frozen=True)
class _Target:
    """One cluster, what it lacks, and the way into it."""

    place: Any
    steps: Sequence[Any]
    objects: Any


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
    """Enrol or unenrol clusters; return the exit code."""
    from fargatecount.bootstrap.connection import connect  # noqa: PLC0415 - boto3 costs 150 ms, and --help does not need it
    from fargatecount.eks.enrollment.apply import StepOutcome, carry_out, checked  # noqa: PLC0415

    if bool(names) == everything:
        raise click.UsageError("name clusters, or say --all")
    connection = connect(**place)
    eks, access = connection.eks(), connection.eks_access()
    whom = [connection.reconcile_role() if arn == RECONCILE else _checked_arn(arn) for arn in principals or (RECONCILE,)]
    clusters = [name for name in eks.names() if eks.has_profiles(name)] if everything else list(dict.fromkeys(names))
    errors: dict[str, FargatecountError] = {}
    targets: list[_Target] = []
    for name in clusters:
        try:
            targets.append(_look(connection, eks, access, name, whom, removing=removing))
        except FargatecountError as error:
            errors[name] = error
    if not dry_run and not yes and sys.stdin.isatty():
        _ask(targets)
    outcomes: list[StepOutcome] = []
    for target in targets:
        try:
            outcome = carry_out(target.steps, target.place, access, target.objects, dry_run=dry_run)
            outcomes.append(outcome if dry_run or removing else checked(outcome, target.objects))
        except FargatecountError as error:
            errors[target.place.name] = error
    rows = [_document(outcome) for outcome in outcomes] + [_failure(name, error) for name, error in errors.items()]
    _print(rows, "json" if as_json else form, dry_run=dry_run, removing=removing)
    if errors:
        return NOT_REACHED if any(isinstance(error, DeniedError | UnavailableError) for error in errors.values()) else WRONG_USE
    return LEFT_TO_DO if any(outcome.by_hand for outcome in outcomes) else 0


def _look(connection: Any, eks: Any, access: Any, name: str, principals: Sequence[str], *, removing: bool) -> _Target:
    from fargatecount.eks.enrollment.apply import EnrollmentTarget, look  # noqa: PLC0415
    from fargatecount.eks.enrollment.plan import Mode, plan_enrol, plan_unenrol  # noqa: PLC0415

    told = eks.describe(name)
    if told is None:
        known = ", ".join(eks.names()) or "none"
        raise MisconfiguredError(
            f"there is no EKS cluster {name!r} here", remedy=f"check the name, --region and --profile; there are: {known}"
        )
    place = EnrollmentTarget(name, told.arn.split(":")[3], Mode(told.authentication_mode))
    objects = connection.kube_objects(told)
    found = look(place, principals, access, objects, with_others=removing)
    return _Target(place, plan_unenrol(found) if removing else plan_enrol(found), objects)


def _checked_arn(arn: str) -> str:
    if ":assumed-role/" in arn or ":iam::" not in arn:
        raise MisconfiguredError(
            f"--principal-arn {arn!r} is no role or user", remedy="give its IAM ARN: arn:aws:iam::<account>:role/<name>"
        )
    return arn


def _ask(targets: Sequence[_Target]) -> None:
    from fargatecount.eks.enrollment.plan import ByHand  # noqa: PLC0415

    changes = [(target.place.name, step) for target in targets for step in target.steps if not isinstance(step, ByHand)]
    if changes:
        for name, step in changes:
            click.echo(f"EKS-{name}: {step.text}", err=True)
        click.confirm("Do this?", default=True, abort=True, err=True)


def _document(outcome: Any) -> dict[str, Any]:
    return {
        "cluster": f"EKS-{outcome.place.name}",
        "authentication_mode": str(outcome.place.mode),
        "complete": not outcome.by_hand,
        "done": [step.text for step in outcome.done],
        "by_hand": [{"why": step.why, "commands": list(step.commands)} for step in outcome.by_hand],
        "you_cannot_list": outcome.why_no_list,
        "error": None,
        "remedy": None,
    }


def _failure(name: str, error: FargatecountError) -> dict[str, Any]:
    empty: dict[str, Any] = {"authentication_mode": None, "complete": False, "done": [], "by_hand": [], "you_cannot_list": None}
    return {"cluster": f"EKS-{name}", **empty, "error": str(error), "remedy": error.remedy or None}


def _print(rows: list[dict[str, Any]], form: str, *, dry_run: bool, removing: bool) -> None:
    if form == "json":
        output.print_json({"schema": "fargatecount/enrolment", "version": 1, "dry_run": dry_run, "removing": removing, "clusters": rows})
    elif form == "csv":
        output.print_csv(
            [{**row, "done": "; ".join(row["done"]), "by_hand": "; ".join(step["why"] for step in row["by_hand"])} for row in rows]
        )
    else:
        for row in rows:
            _say(row, dry_run=dry_run, removing=removing)
        if not (removing or dry_run or all(row["error"] for row in rows)):
            click.echo("Whether the role can read them the function itself says within a minute: fargatecount eks list")
    for row in rows:
        if row["error"]:
            click.echo(f"error: {row['cluster']}: {output.plain(row['error'])}", err=True)
            if row["remedy"]:
                click.echo(f"  {output.plain(row['remedy'])}", err=True)


def _say(row: dict[str, Any], *, dry_run: bool, removing: bool) -> None:
    if row["error"]:
        return
    nothing = "nothing was given here" if removing else "enrolled already"
    done = row["done"] or ([] if row["by_hand"] else [nothing])
    click.echo(f"{row['cluster']} ({row['authentication_mode']})")
    for text in done:
        click.echo(f"  {'would do' if dry_run and row['done'] else 'done'}: {output.plain(text)}")
    for step in row["by_hand"]:
        click.echo(f"  by hand: {output.plain(step['why'])}:")
        for each in step["commands"]:
            click.echo("\n".join(f"    {line}" for line in each.splitlines()))
    if row["you_cannot_list"]:
        click.echo(f"  you yourself cannot list its pods: {output.plain(row['you_cannot_list'])}")
    elif not dry_run and not removing:
        click.echo("  checked: its pods can be listed, by you")
