"""`fargatecount count`: one look at AWS, with nothing deployed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import msgspec

from fargatecount.cli import options, output

if TYPE_CHECKING:
    from fargatecount.bootstrap.counting import Counting, CountTarget
    from fargatecount.count.summary import ScopeCount
    from fargatecount.settings.deployment import CountSettings
    from fargatecount.usage.usage import ScopeUsage
    from fargatecount.workload import Millis, Scope

INCOMPLETE = 1
NOT_REACHED = 3
RATE = 10.0
"""Calls a second to ECS: half of what AWS lets an account have in a Region, the other half being for its deployments."""
MAX_RATE = 1000.0
"""AWS allows 20 (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html); an emulator any number."""
TOP = 10
"""Services that a table shows: what eats the quota is among the first few."""
SCOPES = 16
"""Accounts and Regions at a time: all of an account's Regions in two turns."""
GROUPS = ("service", "family", "namespace", "profile", "capacity")
_ROLE = re.compile(r"arn:[^:]+:iam::\d{12}:role/\S+")


def _role_arns(_context: Any, _parameter: Any, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not _ROLE.fullmatch(value):
            raise click.BadParameter(f"{value!r} is no role; give its ARN: arn:aws:iam::<account>:role/<name>")
    return values


@click.command(
    epilog="Examples: fargatecount count --all-regions; fargatecount count --by family -o csv; fargatecount count --quick --publish"
)
@click.option("--region", "regions", multiple=True, help="AWS Region; default: as the AWS CLI finds it. May be repeated.")
@click.option("--all-regions", is_flag=True, help="Every Region that the account has switched on.")
@click.option("--profile", "profiles", multiple=True, help="AWS profile; may be repeated: each is looked at in every Region.")
@click.option("--role-arn", "role_arns", multiple=True, callback=_role_arns, help="Role to assume first; may be repeated likewise.")
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

    Reads only: it lists and describes the tasks of every ECS cluster and the pods of every EKS cluster that has a Fargate profile. It shows
    who holds how much of the quota and what that costs, and names what could not be read, which is never taken for 0.

    With several profiles, roles and Regions every combination is looked at. --publish puts fargate-count of every cluster that was read,
    and the totals only if all were.

    Exit code: 0 counted (what could not be read is a warning), 1 that with --strict, 3 an account or Region could not be reached.
    """
    if regions and all_regions:
        raise click.UsageError("--region and --all-regions exclude each other")
    if quick and by:
        raise click.UsageError("--quick knows no groups: leave out --by")
    from fargatecount.bootstrap.counting import counting  # noqa: PLC0415 - boto3 costs 150 ms, and --help does not need it
    from fargatecount.count.summary import usage_of  # noqa: PLC0415
    from fargatecount.settings.deployment import CountSettings  # noqa: PLC0415

    showing = CountSettings.from_env(os.environ)
    found = counting(regions=regions, all_regions=all_regions, profiles=profiles, role_arns=role_arns, rate=rate)
    now = found.clock.now()
    select = options.selector(cluster_globs) if cluster_globs else None
    seen = [_Seen(place, count, usage_of(count, showing.publish.usage.prices)) for place, count in _look(found, select, quick=quick)]
    not_put = _publish(seen, showing, now) if publish else 0
    if any(each.count.reached for each in seen):
        answer = _answer(seen, found, showing, now, by=None if quick else by or "service")
        _print(answer, "json" if as_json else form, grouped=by is not None, top=top, quick=quick)
    return _judge(seen, found, named=not all_regions, strict=strict) or not_put


@dataclass(frozen=True)
class _Seen:
    """One scope: the way into it, what was found there, and what that comes to."""

    place: CountTarget
    count: ScopeCount
    usage: ScopeUsage

    @property
    def where(self) -> str:
        return f"{self.place.scope.account} {self.place.scope.region}"


def _look(found: Counting, select: Any, *, quick: bool) -> list[tuple[CountTarget, ScopeCount]]:
    from fargatecount.cli.count_progress import watched  # noqa: PLC0415 - see `command`
    from fargatecount.count.pool import run_concurrently  # noqa: PLC0415

    counts: dict[Scope, ScopeCount] = {}
    with watched() as progress:

        def look(place: CountTarget) -> Any:
            def job() -> list[Any]:
                counts[place.scope] = place.look(found.clock, select=select, progress=progress, quick=quick)
                return []

            return job

        run_concurrently([look(place) for place in found.places], SCOPES)
    return [(place, counts[place.scope]) for place in found.places]


def _publish(seen: list[_Seen], showing: CountSettings, now: Millis) -> int:
    """Put what can be vouched for, each scope to its own CloudWatch; return the exit code."""
    from fargatecount.count.points import points_of  # noqa: PLC0415 - few looks are published
    from fargatecount.errors import FargatecountError  # noqa: PLC0415

    code = 0
    for each in seen:
        if not each.count.reached:
            continue
        points = points_of(each.count, each.usage, showing.publish.options, now)
        try:
            each.place.sink(showing.names.namespace, showing.names.metric_prefix).put(points)
        except FargatecountError as error:
            output.error(f"{each.where}: {error}", error.remedy)
            code = NOT_REACHED
        else:
            why = "only some clusters were asked for" if each.usage.complete else "not everything could be read"
            left_out = "" if each.usage.has_full_pass else f"; no totals: {why}"
            click.echo(f"{each.where}: {len(points)} data points put to {showing.names.namespace!r}{left_out}", err=True)
    return code


def _answer(seen: list[_Seen], found: Counting, showing: CountSettings, now: Millis, *, by: str | None) -> dict[str, Any]:
    from fargatecount.count.groups import By, document, groups  # noqa: PLC0415 - see `command`
    from fargatecount.usage.document import usage_document  # noqa: PLC0415
    from fargatecount.usage.prices import label  # noqa: PLC0415
    from fargatecount.usage.usage import unknown  # noqa: PLC0415

    absent = [unknown(scope, error) for scope, error in found.refused]
    whole = usage_document([*(each.usage for each in seen), *absent], now, label(showing.publish.usage.prices))
    answer: dict[str, Any] = msgspec.to_builtins(whole)
    for i, scope in enumerate(answer["scopes"]):
        scope["by"], scope["groups"] = by, None
        if by is not None and i < len(seen):
            scope["groups"] = document(groups(seen[i].count.clusters, By(by), showing.publish.usage.prices))
    return answer


def _print(answer: dict[str, Any], form: str, *, grouped: bool, top: int, quick: bool) -> None:
    from fargatecount.cli import count_tables  # noqa: PLC0415 - see `command`

    if form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv(count_tables.flat_groups(answer) if grouped else count_tables.flat_clusters(answer))
    else:
        count_tables.show(answer, wide=form == "wide", grouped=grouped, top=top, quick=quick)


def _judge(seen: list[_Seen], found: Counting, *, named: bool, strict: bool) -> int:
    """Say on stderr what is not known, and return the exit code."""
    for scope in found.twice:
        output.warn(f"{scope.account} {scope.region} was asked for twice, by profiles or roles of one account; it was looked at once")
    unreached = [(f"{scope.account} {scope.region}", error, error.remedy) for scope, error in found.refused]
    for each in seen:
        if not each.count.reached:
            error = next(iter(each.count.unlisted.values()))
            unreached.append((each.where, error, each.place.doubt() or error.remedy))
            continue
        if each.usage.undiscovered:
            output.warn(f"{each.where} may have clusters that are not counted: {each.usage.undiscovered}" + _then(each.usage.remedy))
        for cluster in each.usage.clusters:
            if not cluster.verdict.readable:
                output.warn(f"{each.where} {cluster.cluster.key} is unreadable: {cluster.verdict.reason}" + _then(cluster.verdict.remedy))
    for where, error, remedy in unreached:
        output.error(f"{where.lstrip()} could not be reached: {error}", remedy)
    # Regions that AWS itself has named cannot be misspelt, and which of them a company forbids is no news to it.
    if unreached and (named or not any(each.count.reached for each in seen)):
        return NOT_REACHED
    return INCOMPLETE if strict and (unreached or not all(each.usage.complete for each in seen)) else 0


def _then(remedy: str | None) -> str:
    return f"; {remedy}" if remedy else ""
