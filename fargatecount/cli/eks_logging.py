"""`fargatecount eks logging`: make the pods of clusters log, check that they do, and undo it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.eks_logging import EksLoggingPorts, LoggedCluster, read_manifests
from fargatecount.cli import eks_logging_text as text
from fargatecount.cli import options
from fargatecount.cli.consent import ask, require_consent
from fargatecount.eks.logging.apply import LoggingOutcome, apply_logging
from fargatecount.eks.logging.check import Verdict, check_logging, costs
from fargatecount.eks.logging.config import RETENTIONS, LogDestination, default_group
from fargatecount.eks.logging.document import LoggedClusterDocument, LoggingDocument, check_document, finding_document, outcome_document
from fargatecount.eks.logging.fix import repair
from fargatecount.eks.logging.objects import config_of_manifests
from fargatecount.eks.logging.plan import LoggingPlan, plan_apply, plan_remove
from fargatecount.eks.logging.rules import LoggingConfig, refused
from fargatecount.eks.logging.validate import validate
from fargatecount.errors import DeniedError, FargatecountError, UnavailableError

ANSWERED_NO, WRONG_USE, NOT_REACHED = 1, 2, 3
RETENTION = 30
"""Days: what AWS's guides propose for applications, and three times what an incident needs."""


@click.group(epilog="Example: fargatecount eks logging plan web")
def command() -> None:
    """Send the logs of pods on Fargate to CloudWatch, check that they arrive, and undo it."""


def _shared(function: Any) -> Any:
    for option in (
        click.option("--log-group", metavar="NAME", help="Log group; default: /aws/eks/CLUSTER/fargate."),
        options.output,
        options.place,
        click.argument("names", nargs=-1, required=True, metavar="CLUSTER..."),
    ):
        function = option(function)
    return function


def _writing(function: Any) -> Any:
    for option in (
        click.option("--fix", is_flag=True, help="RepairedConfig what Fargate would refuse; `remove` restores what it replaces."),
        click.option("--config", "file", metavar="FILE", help="Use the ConfigMap in this manifest instead of the default one."),
        click.option(
            "--retention",
            type=click.Choice([str(days) for days in RETENTIONS]),
            default=str(RETENTION),
            show_default=True,
            metavar="DAYS",
            help="Days for which a new log group keeps logs.",
        ),
    ):
        function = option(function)
    return function


def _changing(function: Any) -> Any:
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal."),
        click.option("--dry-run", is_flag=True, help="Print what would change, change nothing."),
    ):
        function = option(function)
    return function


@command.command(epilog="Example: fargatecount eks logging plan web --log-group /eks/web")
@_writing
@_shared
def plan(**chosen: Any) -> int:
    """Show what apply would do, and what Fargate would refuse; change nothing.

    Exit code: 0 shown, 1 Fargate refuses the configuration, 3 AWS or a cluster could not be reached or refused.
    """
    return _run("plan", dry_run=True, yes=True, keep_logs=False, **chosen)


@command.command(epilog="Example: fargatecount eks logging apply web --retention 14 --yes")
@_changing
@_writing
@_shared
def apply(**chosen: Any) -> int:
    """Make pods log: log group with retention, rights of the pod execution roles, namespace and ConfigMap.

    The cluster is asked first whether it accepts every object. If a step fails, the steps before it are undone. A valid ConfigMap that is
    there already stays as it is.

    Exit code: 0 done, 1 Fargate refuses the configuration, 3 AWS or a cluster could not be reached or refused.
    """
    return _run("apply", keep_logs=False, **chosen)


@command.command(epilog="Example: fargatecount eks logging remove web --keep-logs")
@click.option("--keep-logs", is_flag=True, help="Keep the log group and what is in it.")
@_changing
@_shared
def remove(**chosen: Any) -> int:
    """Undo apply: delete what it made, restore what it replaced, touch nothing else.

    Exit code: 0 done, 3 AWS or a cluster could not be reached or refused.
    """
    return _run("remove", file=None, fix=False, retention=str(RETENTION), **chosen)


@command.command(epilog="Example: fargatecount eks logging check web --json")
@_shared
def check(*, names: tuple[str, ...], log_group: str | None, form: str, as_json: bool, **place: Any) -> int:
    """Check whether pods log: the ConfigMap, rights, log groups, pods and events, what arrives, and what it costs.

    Exit code: 0 nothing is wrong, 1 something is, 3 AWS or a cluster could not be reached or refused.
    """
    ports = EksLoggingPorts(connect(**place))

    def checked(name: str) -> LoggedClusterDocument:
        cluster = ports.cluster(name, group=log_group, retention=RETENTION)
        evidence = ports.evidence(cluster)
        return check_document(name, check_logging(cluster.found, evidence, ports.clock.now()), costs(cluster.found, evidence))

    rows, code = _each(names, checked)
    wrong = any(each.verdict == Verdict.WRONG for row in rows for each in row.checks)
    text.show(LoggingDocument(action="check", dry_run=False, clusters=rows), "json" if as_json else form)
    return code or (ANSWERED_NO if wrong else 0)


@command.command("validate", epilog="Example: fargatecount eks logging validate aws-logging.yaml --fix > fixed.json")
@click.argument("file", metavar="FILE")
@click.option("--fix", is_flag=True, help="Print a manifest that Fargate accepts, and on stderr what was changed.")
@click.option("--cluster-name", default="CLUSTER", show_default=True, help="Cluster that --fix writes in place of a variable.")
@click.option("--region", default="us-east-1", show_default=True, help="Region that --fix writes in place of a variable.")
@options.output
def validate_file(*, file: str, fix: bool, cluster_name: str, region: str, form: str, as_json: bool) -> int:
    """Check a ConfigMap in a file by Fargate's rules; no cluster and no AWS is needed.

    Exit code: 0 Fargate accepts it, 1 it does not.
    """
    config = config_of_manifests(read_manifests(file))
    findings = validate(config)
    if fix:
        destination = LogDestination(
            cluster=cluster_name, account="", region=region, partition="aws", group=default_group(cluster_name), retention=RETENTION
        )
        repaired = repair(config, destination)
        findings = validate(repaired.config)
        text.show_repaired(repaired)
    row = LoggedClusterDocument(cluster=file, findings=[finding_document(each) for each in findings])
    if not fix or as_json:
        text.show(LoggingDocument(action="validate", dry_run=True, clusters=[row]), "json" if as_json else form)
    return ANSWERED_NO if refused(findings) else 0


def _run(
    action: str,
    *,
    names: tuple[str, ...],
    log_group: str | None,
    retention: str,
    file: str | None,
    fix: bool,
    dry_run: bool,
    yes: bool,
    keep_logs: bool,
    form: str,
    as_json: bool,
    **place: Any,
) -> int:
    """Plan clusters, ask, and apply the steps; return the exit code."""
    if not dry_run:
        require_consent(yes=yes)
    given = None if file is None else _given(file)
    ports = EksLoggingPorts(connect(**place))
    plans: dict[str, tuple[LoggedCluster, LoggingPlan]] = {}

    def planned(name: str) -> LoggedClusterDocument:
        cluster = ports.cluster(name, group=log_group, retention=int(retention))
        made = plan_remove(cluster.found, keep_logs=keep_logs) if action == "remove" else plan_apply(cluster.found, given=given, fix=fix)
        plans[name] = cluster, made
        return outcome_document(name, made, LoggingOutcome(left=tuple(step.text for step in made.steps)))

    rows, code = _each(names, planned)
    if not dry_run:
        if not yes and any(made.steps for _, made in plans.values()):
            text.show_steps(rows)
            ask("Do this?", yes=False)
        rows = [_applied(row, plans) for row in rows]
        code = max([code, *(NOT_REACHED for row in rows if row.error and row.cluster in plans)])
    text.show(LoggingDocument(action=action, dry_run=dry_run, clusters=rows), "json" if as_json else form)
    return code


def _applied(row: LoggedClusterDocument, plans: dict[str, tuple[LoggedCluster, LoggingPlan]]) -> LoggedClusterDocument:
    if row.cluster not in plans:
        return row
    cluster, made = plans[row.cluster]
    return outcome_document(row.cluster, made, apply_logging(made.steps, cluster.ports))


def _each(names: tuple[str, ...], do: Callable[[str], LoggedClusterDocument]) -> tuple[list[LoggedClusterDocument], int]:
    """Return a row for each cluster, and the exit code: an error stops no other cluster."""
    rows, code = [], 0
    for name in dict.fromkeys(names):
        try:
            rows.append(do(name))
        except FargatecountError as error:
            rows.append(LoggedClusterDocument(cluster=name, error=str(error), remedy=error.remedy or None))
            failed = NOT_REACHED if isinstance(error, DeniedError | UnavailableError) else ANSWERED_NO
            code = max(code, failed)
    return rows, code


def _given(file: str) -> LoggingConfig:
    return config_of_manifests(read_manifests(file))
