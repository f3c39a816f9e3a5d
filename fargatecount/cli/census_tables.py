"""What `count --organization` shows: the scopes by utilization, their total, and the accounts that could not be entered.

The input is the document that `--json` prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from msgspec import UNSET

from fargatecount.cli import output, quota_bar
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS
from fargatecount.usage.document import ScopeDocument, UnreadAccount, UsageDocument

SHOWN = 40
"""Scopes of a table, as in `status --organization`; `-o wide` shows all."""
NAMED = 5
"""Names in one warning; the JSON has them all."""


def show(answer: UsageDocument, *, wide: bool, quick: bool) -> None:
    """Print the tables."""
    used = sorted((scope for scope in answer.scopes if scope.clusters or not scope.complete), key=_order)
    empty = len(answer.scopes) - len(used)
    if used:
        output.show(_scopes(answer, used, wide=wide))
    if empty:
        click.echo(f"No clusters in {empty} {'more ' if used else ''}of {output.amount(len(answer.scopes), 'scope')}.")
    _show_unread(_unread(answer), wide=wide)
    if not quick:
        click.echo(f"Cost: {answer.prices}.")


def _show_unread(unread: Sequence[UnreadAccount], *, wide: bool) -> None:
    """Print why accounts could not be entered. Texts are long, so that they stand in lines of their own, and a remedy once."""
    if not unread:
        return
    click.echo(f"\n{output.amount(len(unread), 'account')} could not be entered, and nothing is known of what runs there:")
    shown = unread if wide else unread[:SHOWN]
    for one in shown:
        click.echo(output.plain(f"  {one.account} {one.account_name}: {one.reason}"))
    if len(unread) > len(shown):
        click.echo(f"  and {len(unread) - len(shown)} more; -o wide names them")
    for remedy in dict.fromkeys(one.remedy for one in unread if one.remedy):
        click.echo(output.plain(f"  What to do: {remedy}"))


def flat_scopes(answer: UsageDocument) -> list[dict[str, Any]]:
    """Return a row per scope, and one without numbers per account that could not be entered."""
    rows = [
        {
            "account": scope.account,
            "account_name": _given(scope.account_name),
            "unit": _given(scope.unit),
            "region": scope.region,
            "complete": scope.complete,
            "counted_at": _given(scope.counted_at),
            "running": scope.total.running,
            "held": scope.total.held,
            "vcpu": scope.total.vcpu,
            "memory_gib": scope.total.memory_gib,
            "cost_per_hour": scope.total.cost_per_hour,
            "at_least": scope.total.at_least,
            "percent": percent_of(scope),
            "reason": scope.reason,
            "remedy": scope.remedy,
        }
        for scope in answer.scopes
    ]
    absent = [
        {
            "account": one.account,
            "account_name": one.account_name,
            "unit": one.unit,
            "complete": False,
            "reason": one.reason,
            "remedy": one.remedy,
        }
        for one in _unread(answer)
    ]
    names = list(rows[0]) if rows else list(absent[0]) if absent else []
    return [{name: row.get(name) for name in names} for row in [*rows, *absent]]


def doubts(answer: UsageDocument) -> list[str]:
    """Return what makes the total a lower bound, each reason once."""
    found = []
    unread = [f"{one.account} ({one.account_name})" for one in _unread(answer)]
    if unread:
        found.append(f"{_some(unread)} could not be entered and {_is(unread)} not in the total; the answer has the reason of each")
    for scope in [scope for scope in answer.scopes if not scope.complete][:NAMED]:
        unreadable = [f"{cluster.cluster} is unreadable: {cluster.reason}" for cluster in scope.clusters if not cluster.readable]
        why = scope.reason or "; ".join(unreadable)
        found.append(f"{scope.account} {scope.region}: {why}" + (f"; {scope.remedy}" if scope.remedy else ""))
    if (more := sum(not scope.complete for scope in answer.scopes) - NAMED) > 0:
        found.append(f"{output.amount(more, 'more scope')} {'is' if more == 1 else 'are'} not complete; the JSON has the reasons")
    return found


def percent_of(scope: ScopeDocument) -> float | None:
    """Return the highest utilization of the quotas of a scope; None where none is known."""
    return max((quota.percent for quota in scope.quotas if quota.percent is not None), default=None)


def _order(scope: ScopeDocument) -> tuple[bool, float, str, str]:
    percent = percent_of(scope)
    return percent is None, -(percent or 0.0), scope.account or "", scope.region


def _scopes(answer: UsageDocument, used: Sequence[ScopeDocument], *, wide: bool) -> Any:
    shown = used if wide else used[:SHOWN]
    columns = ["ACCOUNT", "NAME", *(["UNIT"] if wide else []), "REGION", "RUNNING", "HELD", "VCPU", "USD/H", "PERCENT", "", "STATE"]
    rows = [_row(scope, wide=wide) for scope in shown]
    if len(used) > len(shown):
        rows.append([f"{len(used) - len(shown)} more", "-o wide shows them", *([""] * (len(columns) - 2))])
    sign = "" if answer.complete else "≥"
    totals = [scope.total for scope in answer.scopes]
    sums = [
        sum(each.running or 0 for each in totals),
        sum(each.held or 0 for each in totals),
        sum(each.vcpu or 0 for each in totals),
        sum(each.cost_per_hour or 0 for each in totals),
    ]
    footer = [
        "total",
        output.amount(len({scope.account for scope in answer.scopes}) + len(_unread(answer)), "account"),
        *([""] if wide else []),
        output.amount(len(answer.scopes), "scope"),
        *(sign + output.number(value) for value in sums),
        "",
        "",
        output.state(readable=answer.complete, reason=output.INCOMPLETE),
    ]
    return output.table("Organization, counted with nothing deployed", columns, rows, footer=footer)


def _row(scope: ScopeDocument, *, wide: bool) -> list[str | output.Colored]:
    total, percent = scope.total, percent_of(scope)
    sign = "≥" if total.at_least else ""
    bar = output.Colored(quota_bar.quota_bar(percent) or "unknown", quota_bar.color_of(DEFAULT_THRESHOLDS.grade(percent)))
    numbers = [total.running, total.held, total.vcpu, total.cost_per_hour]
    return [
        str(scope.account),
        _given(scope.account_name) or "",
        *([_given(scope.unit) or ""] if wide else []),
        scope.region,
        *((sign if value is not None else "") + output.number(value) for value in numbers),
        output.number(percent),
        bar,
        output.state(readable=scope.complete, reason=output.INCOMPLETE),
    ]


def _unread(answer: UsageDocument) -> list[UnreadAccount]:
    return [] if answer.unread is UNSET else answer.unread


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def _some(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
