"""`fargatecount count`: one reading of AWS, with nothing deployed."""

from __future__ import annotations

import os
from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.count import CountTargets, count_targets
from fargatecount.bootstrap.commands.prices import with_refreshed
from fargatecount.cli import count_tables, options, output, owner_options
from fargatecount.cli.count_scopes import CountedScope, count_scopes, judge, put_points
from fargatecount.count.groups import By, group_documents, groups
from fargatecount.count.summary import ScopeCount, usage_of
from fargatecount.matching import require_matches
from fargatecount.settings.deployment import CountSettings
from fargatecount.settings.owners import OwnerKeys
from fargatecount.usage.document import UsageDocument, usage_document
from fargatecount.usage.prices import label
from fargatecount.usage.usage import unknown
from fargatecount.workload import Millis

RATE = 10.0
"""Calls a second to ECS: half of what AWS allows an account in a Region; the other half is for its deployments."""
MAX_RATE = 1000.0
"""AWS allows 20 (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html); an emulator any number."""
TOP = 10
"""Services that a table shows: the largest users of the quota are among the first few."""
GROUPS = tuple(str(by) for by in By)


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
@options.census
@options.output
@click.option("--by", type=click.Choice(GROUPS), help="What to group by; default: service. With -o csv: a row per group.")
@owner_options.owners
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
    owner_tag: str,
    owner_label: str,
    top: int,
    quick: bool,
    publish: bool,
    strict: bool,
    rate: float,
    organization: bool,
    **census: Any,
) -> int:
    """Count what runs on Fargate now, with nothing deployed.

    It only reads: it lists and describes the tasks of every ECS cluster and the pods of every EKS cluster that has a Fargate profile. It
    shows how much of the quota each service holds and what that costs, and names what could not be read, which never counts as 0.

    With several profiles, roles and Regions every combination is counted. --publish puts fargate-count of every cluster that was read, and
    the totals only if all clusters were read.

    With --organization every account of AWS Organizations is counted by a read-only role in it, in every Region that it has enabled, or in
    those that --region names. Accounts that cannot be entered are listed with the reason, and are in no total. Ctrl-C loses nothing: the
    same command goes on where it was.

    Exit code: 0 counted (what could not be read is a warning), 1 the same with --strict, 3 an account or Region could not be reached.
    """
    if regions and all_regions:
        raise click.UsageError("--region and --all-regions exclude each other")
    if quick and by:
        raise click.UsageError("--quick has no groups: leave out --by")
    owners = OwnerKeys(owner_tag, owner_label) if by == By.OWNER else OwnerKeys()
    if by == By.OWNER and not owners:
        raise click.UsageError("--by owner needs to know what names an owner: --owner-tag KEY for tasks, --owner-label KEY for pods")
    settings = CountSettings.from_env(os.environ)
    if organization:
        if len(profiles) > 1 or len(role_arns) > 1 or cluster_globs or publish:
            raise click.UsageError("--organization goes with one profile and one role at most, and without --cluster and --publish")
        from fargatecount.cli.census import CensusRequest, count_organization  # noqa: PLC0415 - see the package

        request = CensusRequest(
            profile=profiles[0] if profiles else None,
            role_arn=role_arns[0] if role_arns else None,
            regions=regions,
            by=None if quick else by or "service",
            quick=quick,
            rate=rate,
            owners=owners,
            **census,
        )
        return count_organization(request, settings, form="json" if as_json else form, grouped=by is not None, strict=strict)
    if options.is_given(census):
        raise click.UsageError("--account, --ou, --role-name, --state and --fresh go with --organization")
    found = count_targets(regions=regions, all_regions=all_regions, profiles=profiles, role_arns=role_arns, rate=rate, owners=owners)
    now = found.clock.now()
    select = options.selector(cluster_globs) if cluster_globs else None
    counted = [
        CountedScope(target, count, usage_of(count, with_refreshed(settings.publish.usage.prices)))
        for target, count in count_scopes(found, select, quick=quick)
    ]
    _require_matches(cluster_globs, [each.count for each in counted])
    not_put = put_points(counted, settings, now) if publish else 0
    if any(each.count.reached for each in counted):
        answer = _answer(counted, found, settings, now, by=None if quick else by or "service")
        _print(answer, "json" if as_json else form, grouped=by is not None, top=top, quick=quick)
    return judge(counted, found, named=not all_regions, strict=strict) or not_put


def _require_matches(globs: tuple[str, ...], counts: list[ScopeCount]) -> None:
    """Raise MisconfiguredError if a glob matches no cluster; do nothing where AWS did not list them all."""
    if not any(count.unlisted for count in counts):
        require_matches(globs, [cluster for count in counts for cluster in count.existing])


def _answer(counted: list[CountedScope], found: CountTargets, settings: CountSettings, now: Millis, *, by: str | None) -> UsageDocument:
    absent = [unknown(scope, error) for scope, error in found.refused]
    prices = with_refreshed(settings.publish.usage.prices)
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
