"""The screen of `status -w`: what is short of the terminal's height are rows of clusters, never the total, a quota or a warning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fargatecount.cli import output
from fargatecount.cli.arrangement import Arrangement
from fargatecount.cli.launch_lines import launch_lines
from fargatecount.cli.refusals import headline as refused_headline
from fargatecount.cli.refusals import refusal_table
from fargatecount.cli.usage_tables import doubts, quota_line, quota_table, usage_table
from fargatecount.mutes.document import headline
from fargatecount.quotas.thresholds import QuotaThresholds
from fargatecount.usage.document import ScopeDocument, UsageDocument

LEAVING = "q to leave"
MOST_WARNINGS = 3
"""Warnings of one scope where there is not room for all; `status` without -w has all, in full."""


def screen(answer: UsageDocument, thresholds: QuotaThresholds, arrangement: Arrangement, *, height: int, width: int) -> Any:
    """Return what fits on a screen of so many lines: as many rows of clusters as there is room for, the largest first.

    Where there is room the quotas have their table and the warnings are whole, because a screen hides stderr, and else in a line each.
    """
    most = max((len(scope.clusters) for scope in answer.scopes), default=0)
    rows = min(arrangement.top or most, most)
    drawn = _drawn(answer, thresholds, arrangement, rows)
    if _lines(drawn, width) <= height:
        return drawn
    least = 0
    while least < rows:  # the most rows that fit: each row more is a line more
        middle = (least + rows + 1) // 2
        if _lines(_drawn(answer, thresholds, arrangement, middle, brief=True), width) <= height:
            least = middle
        else:
            rows = middle - 1
    return _drawn(answer, thresholds, arrangement, least, brief=True)


def _drawn(answer: UsageDocument, thresholds: QuotaThresholds, arrangement: Arrangement, rows: int, *, brief: bool = False) -> Any:
    from rich.console import Group  # noqa: PLC0415 - see the package

    parts: list[Any] = [_line(f"as of {answer.as_of}, {LEAVING}", brief=True)]
    for scope in answer.scopes:
        hidden = len(scope.clusters) - rows
        sort = arrangement.sort or ("vcpu" if hidden > 0 else None)
        parts.append(usage_table(Arrangement(sort, rows).arranged(scope) if rows else _without_rows(scope), wide=False))
        if hidden > 0:
            parts.append(_line(f"{hidden} more clusters: status without -w or fargatecount top", brief=True))
        launches = list(launch_lines(scope.launched or ()))
        if brief:
            quotas = [quota_line(quota, thresholds) for quota in scope.quotas]
            parts += [_line(each.text, each.color, brief=True) for each in quotas]
            parts += [_line(text, brief=True) for text in (*launches[:1], refused_headline(scope.refused or []))]
            parts += _warnings(scope, brief=True)
        else:
            parts += [quota_table(scope, thresholds), *(_line(text, brief=False) for text in launches)]
            parts += [*_warnings(scope, brief=False), refusal_table(scope.refused or [])]
    return Group(*parts)


def _without_rows(scope: ScopeDocument) -> ScopeDocument:
    return msgspec.structs.replace(scope, clusters=[])


def _warnings(scope: ScopeDocument, *, brief: bool) -> Sequence[Any]:
    muted = [output.plain(headline(mute)) for mute in scope.muted or ()]
    found = [*muted, *(f"warning: {output.plain(doubt)}" for doubt in doubts(scope))]
    rest = len(found) - MOST_WARNINGS if brief else 0
    shown = [*found[:MOST_WARNINGS], f"{rest} more warnings"] if rest > 0 else found
    return [_line(text, "yellow", brief=brief) for text in shown]


def _line(text: str, style: str = "", *, brief: bool) -> Any:
    from rich.text import Text  # noqa: PLC0415 - see the package

    return Text(text, style=style, no_wrap=brief, overflow="ellipsis" if brief else "fold")


def _lines(drawn: Any, width: int) -> int:
    from rich.console import Console  # noqa: PLC0415 - see the package

    console = Console(width=width, highlight=False)
    return len(console.render_lines(drawn, pad=False))
