"""The scopes of one `count`: read concurrently, published where that was asked for, and what is not known of them said on stderr."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import click

from fargatecount.bootstrap.commands.count import CountTarget, CountTargets
from fargatecount.cli import output
from fargatecount.cli.count_progress import shown_progress
from fargatecount.count.points import points_of
from fargatecount.count.pool import Job, run_concurrently
from fargatecount.count.summary import ScopeCount
from fargatecount.errors import FargatecountError
from fargatecount.settings.deployment import CountSettings
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Cluster, Millis, Scope

INCOMPLETE = 1
NOT_REACHED = 3
SCOPES = 16
"""Accounts and Regions at a time: all Regions of an account take two turns."""


@dataclass(frozen=True)
class CountedScope:
    """One scope: its clients, what was found there, and the usage that results."""

    target: CountTarget
    count: ScopeCount
    usage: ScopeUsage

    @property
    def where(self) -> str:
        """Account and Region, as messages name them."""
        return f"{self.target.scope.account} {self.target.scope.region}"


def count_scopes(found: CountTargets, select: Callable[[Cluster], bool] | None, *, quick: bool) -> list[tuple[CountTarget, ScopeCount]]:
    """Read every scope, several at a time."""
    counts: dict[Scope, ScopeCount] = {}
    with shown_progress() as progress:

        def job_of(target: CountTarget) -> Job:
            def job() -> list[Job]:
                counts[target.scope] = target.count(found.clock, select=select, progress=progress, quick=quick)
                return []

            return job

        run_concurrently([job_of(target) for target in found.targets], SCOPES)
    return [(target, counts[target.scope]) for target in found.targets]


def put_points(counted: list[CountedScope], settings: CountSettings, now: Millis) -> int:
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


def judge(counted: list[CountedScope], found: CountTargets, *, named: bool, strict: bool) -> int:
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
