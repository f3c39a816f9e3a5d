"""`fargatecount count`: one reading of AWS, with nothing deployed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.count import CountTarget, CountTargets, count_targets
from fargatecount.cli import count_tables, options, output
from fargatecount.cli.count_progress import shown_progress
from fargatecount.count.groups import By, group_documents, groups
from fargatecount.count.points import points_of
from fargatecount.count.pool import Job, run_concurrently
from fargatecount.count.summary import ScopeCount, usage_of
from fargatecount.errors import FargatecountError
from fargatecount.matching import require_matches
from fargatecount.settings.deployment import CountSettings
from fargatecount.usage.document import UsageDocument, usage_document
from fargatecount.usage.prices import label
from fargatecount.usage.usage import ScopeUsage, unknown
from fargatecount.workload import Cluster, Millis, Scope

INCOMPLETE = 1
NOT_REACHED = 3
RATE = 10.0
"""Calls a second to ECS: half of what AWS allows an account in a Region; the other half is for its deployments."""
MAX_RATE = 1000.0
"""AWS allows 20 (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html); an emulator any number."""
TOP = 10
"""Services that a table shows: the largest users of the quota are among the first few."""
SCOPES = 16
"""Accounts and Regions at a time: all Regions of an account take two turns."""
GROUPS = ("service", "family", "namespace", "profile", "capacity")


def _role_arns(_context: Any, _parameter: Any, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(options.check_role_arn(value) for value in values)


@click.command(
    epilog="Examples: fargatecount count --all-regions; fargatecount count --by family -o csv; fargatecount count --quick --publish"
)
@options.deployment
@click.option("--region", "regions", multiple=True, help="AWS Region; default: as the AWS CLI finds it. May be repeated.")
@click.option("--all-regions", is_flag=True, help="Every Region that is enabled in the account.")
@click.option("--profile", "profiles", multiple=True, help="AWS profile; may be repeated: each is counted in every Region.")
@click.option(
    "--role-arn",
    "role_arns",
    envvar="FARGATECOUNT_ROLE_ARN",
    multiple=True,
    callback=_role_arns,
    help="Role to assume first; may be repeated likewise.",
)
@options.clusters
@options.output
@click.option("--by", type=click.Choice(GROUPS), help="What to group by; default: service. With -o csv: a row per group.")
@click.option("--top", type=click.IntRange(0), default=TOP, show_default=True, help="Groups that the table shows; 0 and -o wide: all.")
@click.option("--quick", is_flag=True, help="Running workloads only, by AWS's own numbers: no sizes, services, quotas or cost.")
@click.option("--publish", "--armed", "publish", is_flag=True, help="Put the metrics to CloudWatch, as a cron job would.")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything could not be read.")
@click.option(
    "--rate",
    type=click.FloatRange(0, MAX_RATE, min_open=True),
    default=RATE,
    show_default=True,
    metavar="CALLS",
    help="Calls a second to ECS, and as many to EKS, in each account and Region; AWS allows 20.",
)
def command(
    *,
    regions: tuple[str, ...],
    all_regions: bool,
    profiles: tuple[str, ...],
    role_arns: tuple[str, ...],
    cluster_globs: tuple[str, ...],
    form: str,
    as_json: bool,
    by: str | None,
    top: int,
    quick: bool,
    publish: bool,
    strict: bool,
    rate: float,
) -> int:
    """Count what runs on Fargate now, with nothing deployed.

    It only reads: it lists and describes the tasks of every ECS cluster and the pods of every EKS cluster that has a Fargate profile. It
    shows how much of the quota each service holds and what that costs, and names what could not be read, which never counts as 0.

    With several profiles, roles and Regions every combination is counted. --publish puts fargate-count of every cluster that was read, and
    the totals only if all clusters were read.

    Exit code: 0 counted (what could not be read is a warning), 1 the same with --strict, 3 an account or Region could not be reached.
    """
    if regions and all_regions:
        raise click.UsageError("--region and --all-regions exclude each other")
    if quick and by:
        raise click.UsageError("--quick has no groups: leave out --by")

    settings = CountSettings.from_env(os.environ)
    found = count_targets(regions=regions, all_regions=all_regions, profiles=profiles, role_arns=role_arns, rate=rate)
    now = found.clock.now()
    select = options.selector(cluster_globs) if cluster_globs else None
    counted = [
        _Counted(target, count, usage_of(count, settings.publish.usage.prices)) for target, count in _count(found, select, quick=quick)
    ]
    _require_matches(cluster_globs, [each.count for each in counted])
    not_put = _publish(counted, settings, now) if publish else 0
    if any(each.count.reached for each in counted):
        answer = _answer(counted, found, settings, now, by=None if quick else by or "service")
        _print(answer, "json" if as_json else form, grouped=by is not None, top=top, quick=quick)
    return _judge(counted, found, named=not all_regions, strict=strict) or not_put


@dataclass(frozen=True)
class _Counted:
    """One scope: its clients, what was found there, and the usage that results."""

    target: CountTarget
    count: ScopeCount
    usage: ScopeUsage

    @property
    def where(self) -> str:
        return f"{self.target.scope.account} {self.target.scope.region}"


def _count(found: CountTargets, select: Callable[[Cluster], bool] | None, *, quick: bool) -> list[tuple[CountTarget, ScopeCount]]:
    counts: dict[Scope, ScopeCount] = {}
    with shown_progress() as progress:

        def job_of(target: CountTarget) -> Job:
            def job() -> list[Job]:
                counts[target.scope] = target.count(found.clock, select=select, progress=progress, quick=quick)
                return []

            return job

        run_concurrently([job_of(target) for target in found.targets], SCOPES)
    return [(target, counts[target.scope]) for target in found.targets]


def _require_matches(globs: tuple[str, ...], counts: list[ScopeCount]) -> None:
    """Raise MisconfiguredError if a glob matches no cluster; do nothing where AWS did not list them all."""
    if not any(count.unlisted for count in counts):
        require_matches(globs, [cluster for count in counts for cluster in count.existing])


def _publish(counted: list[_Counted], settings: CountSettings, now: Millis) -> int:
    """Put the points that the count proves, each scope to its own CloudWatch; return the exit code."""
    code = 0
    for each in counted:
        if not each.count.reached:
            continue
        points = points_of(each.count, each.usage, settings.publish.options, now)
        try:
            each.target.sink(settings.names.namespace, settings.names.metric_prefix).put(points)
        except FargatecountError as error:
            output.error(f"{each.where}: {error}", error.remedy)
            code = NOT_REACHED
        else:
            why = "only some clusters were selected" if each.usage.complete else "not everything could be read"
            left_out = "" if each.usage.has_full_pass else f"; no totals: {why}"
            click.echo(f"{each.where}: {len(points)} data points put to {settings.names.namespace!r}{left_out}", err=True)
    return code


def _answer(counted: list[_Counted], found: CountTargets, settings: CountSettings, now: Millis, *, by: str | None) -> UsageDocument:
    absent = [unknown(scope, error) for scope, error in found.refused]
    prices = settings.publish.usage.prices
    document = usage_document([*(each.usage for each in counted), *absent], now, label(prices))
    found_groups = [
        None if by is None else group_documents(groups(each.count.clusters, By(by), prices), each.count.quotas) for each in counted
    ]
    found_groups += [None] * len(absent)
    scopes = [msgspec.structs.replace(scope, by=by, groups=of_scope) for scope, of_scope in zip(document.scopes, found_groups, strict=True)]
    return msgspec.structs.replace(document, scopes=scopes)


def _print(answer: UsageDocument, form: str, *, grouped: bool, top: int, quick: bool) -> None:
    if form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv(count_tables.flat_groups(answer) if grouped else count_tables.flat_clusters(answer))
    else:
        count_tables.show(answer, wide=form == "wide", grouped=grouped, top=top, quick=quick)


def _judge(counted: list[_Counted], found: CountTargets, *, named: bool, strict: bool) -> int:
    """Print on stderr what is not known, and return the exit code."""
    for scope in found.duplicates:
        output.warn(f"{scope.account} {scope.region} was selected twice, by profiles or roles of one account; it was counted once")
    unreached = [(f"{scope.account} {scope.region}", error, error.remedy) for scope, error in found.refused]
    for each in counted:
        if not each.count.reached:
            error = next(iter(each.count.unlisted.values()))
            unreached.append((each.where, error, each.target.doubt() or error.remedy))
            continue
        if each.usage.undiscovered:
            output.warn(f"{each.where} may have clusters that are not counted: {each.usage.undiscovered}" + _then(each.usage.remedy))
        for cluster in each.usage.clusters:
            if not cluster.verdict.readable:
                output.warn(f"{each.where} {cluster.cluster.key} is unreadable: {cluster.verdict.reason}" + _then(cluster.verdict.remedy))
    for where, error, remedy in unreached:
        output.error(f"{where.lstrip()} could not be reached: {error}", remedy)
    # Regions that AWS listed cannot be misspelled, and a company knows which of them it forbids.
    if unreached and (named or not any(each.count.reached for each in counted)):
        return NOT_REACHED
    return INCOMPLETE if strict and (unreached or not all(each.usage.complete for each in counted)) else 0


def _then(remedy: str | None) -> str:
    return f"; {remedy}" if remedy else ""
