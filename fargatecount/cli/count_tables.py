"""The answer of `fargatecount count` as tables and as rows of CSV; its input is the document that `--json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import msgspec

from fargatecount.cli import output
from fargatecount.cli.arrangement import WHOLE, Arrangement
from fargatecount.cli.usage_tables import flat, money, quota_table, usage_table
from fargatecount.usage.document import ScopeDocument, UsageDocument
from fargatecount.usage.group_document import GroupDocument

FEW = 5
"""Accounts and Regions without clusters are named up to this number; most accounts have clusters in few Regions."""
PLURALS = {
    "service": "services",
    "family": "task families",
    "namespace": "namespaces",
    "profile": "Fargate profiles",
    "capacity": "capacities",
    "cluster": "clusters",
    "owner": "owners",
}


def show(answer: UsageDocument, *, wide: bool, grouped: bool, top: int, quick: bool) -> None:
    """Print all tables; `grouped` leaves out the clusters, because the user selected groups."""
    scopes = answer.scopes
    empty = [scope for scope in scopes if scope.complete and not scope.clusters]
    shown = [scope for scope in scopes if scope not in empty or len(scopes) == 1]
    for scope in shown:
        if quick:
            output.show(_running(scope))
        elif scope.clusters:
            _show_scope(scope, wide=wide, grouped=grouped, top=0 if wide else top)
        else:
            click.echo(f"{_name(scope)}: no cluster that could hold Fargate workloads" + ("" if scope.complete else " is known"))
            if scope.quotas:
                output.show(quota_table(scope, drawn=output.draws()))
    if len(scopes) > 1:
        if empty:
            where = ", ".join(_name(scope) for scope in empty) if wide or len(empty) <= FEW else f"{len(empty)} others; -o wide names them"
            click.echo(f"No clusters in {where}.")
        click.echo(_sum(scopes, quick=quick))
    if not quick:
        click.echo(f"Cost: {answer.prices}.")


def flat_clusters(answer: UsageDocument) -> list[dict[str, Any]]:
    """Return a row per cluster."""
    return [flat(scope, cluster) for scope in answer.scopes for cluster in scope.clusters]


def flat_groups(answer: UsageDocument, shape: Arrangement = WHOLE) -> list[dict[str, Any]]:
    """Return a row per group, of each scope those that `shape` asks for."""
    return [
        {
            "account": scope.account,
            "region": scope.region,
            "complete": scope.complete,
            "by": scope.by,
            **msgspec.structs.asdict(group),
        }
        for scope in answer.scopes
        for group in shape.arrange(scope.groups or ())
    ]


def _show_scope(scope: ScopeDocument, *, wide: bool, grouped: bool, top: int) -> None:
    if not grouped:
        output.show(usage_table(scope, wide=wide))
    if scope.groups and scope.by:
        output.show(groups_table(scope, scope.groups, scope.by, top))
    output.show(quota_table(scope, drawn=output.draws()))


def groups_table(scope: ScopeDocument, every: Sequence[GroupDocument], by: str, top: int) -> Any:
    """Return the table of the groups of one scope, with the share that each has of both quotas; at most `top` of them, 0 for all."""
    shown = every[:top] if top else every
    largest = f"The largest {len(shown)} of {len(every)} {PLURALS[by]}" if len(shown) < len(every) else PLURALS[by].capitalize()
    of_a_cluster = any(group.cluster for group in every)
    columns = [
        by.upper(),
        "RUNNING",
        "HELD",
        "VCPU",
        "OF QUOTA",
        "GIB",
        "SPOT VCPU",
        "OF SPOT",
        "USD/H",
        *(["CLUSTER"] if of_a_cluster else []),
    ]
    rows = [[*_group_cells(group, by), *([group.cluster or ""] if of_a_cluster else [])] for group in shown]
    return output.table(f"{largest}, {_name(scope)}", columns, rows)


def _group_cells(group: GroupDocument, by: str) -> list[str]:
    sign = "≥" if group.unsized else ""
    return [
        f"(no {by})" if group.group is None else group.group,
        output.number(group.running),
        output.number(group.held),
        sign + output.number(group.vcpu),
        _share(sign, group.quota_percent, group.vcpu - group.spot_vcpu),
        sign + output.number(group.memory_gib),
        output.number(group.spot_vcpu),
        _share(sign, group.spot_quota_percent, group.spot_vcpu),
        money(group),
    ]


def _share(sign: str, percent: float | None, vcpu: float) -> str:
    """Return a share of a quota in percent; empty if the group holds nothing of that capacity, `?` if the quota is not known."""
    if not vcpu:
        return ""
    return "?" if percent is None else f"{sign}{percent:.0f} %"


def _running(scope: ScopeDocument) -> Any:
    rows = [
        [cluster.cluster, output.number(cluster.running), output.state(readable=cluster.readable, reason=cluster.reason)]
        for cluster in scope.clusters
    ]
    total = scope.total
    state = output.state(readable=scope.complete, reason=output.INCOMPLETE)
    number = ("≥" if total.at_least and total.running is not None else "") + output.number(total.running)
    return output.table(_name(scope), ["CLUSTER", "RUNNING", "STATE"], rows, footer=["total", number, state])


def _sum(scopes: Sequence[ScopeDocument], *, quick: bool) -> str:
    totals = [scope.total for scope in scopes]
    sums: list[tuple[float, str]] = [(sum(total.running or 0 for total in totals), "running")]
    if not quick:
        sums += [
            (sum(total.held or 0 for total in totals), "held"),
            (sum(total.vcpu or 0 for total in totals), "vCPU"),
            (sum(total.cost_per_hour or 0 for total in totals), "USD an hour"),
        ]
    at_least = "≥" if any(total.at_least for total in totals) else ""
    parts = [f"{at_least}{output.number(value)} {word}" for value, word in sums]
    return f"All {len(scopes)} accounts and Regions: {', '.join(parts)}."


def _name(scope: ScopeDocument) -> str:
    return f"{scope.account or 'unknown account'} {scope.region}"
