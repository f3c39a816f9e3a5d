"""`fargatecount report --organization`: the drift of every account and Region, and their page, as a file or live."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.organization import Hub
from fargatecount.bootstrap.commands.organization_page import organization_server
from fargatecount.cli import output
from fargatecount.cli.organization_tables import organization_doubts
from fargatecount.cli.report_page import STDOUT, open_in_browser, write_file
from fargatecount.cli.report_tables import counted
from fargatecount.organization.drift_view import OrganizationDrift, ScopeDrift
from fargatecount.organization.page.document import organization_page
from fargatecount.organization.page.render import html
from fargatecount.organization.selection import ScopeSelection


def write_page(hub: Hub, selection: ScopeSelection, *, file: str | None, is_opened: bool, port: int | None) -> int:
    """Write the page to a file, or with a `port` serve it live until Ctrl-C."""
    output.note_endpoint(hub.connection.local_endpoint)
    if port is not None:
        with organization_server(hub, selection, port=port) as server:
            click.echo(f"The live page is at {server.url} for browsers on this machine; Ctrl-C ends it.", err=True)
            click.echo(server.url)
            if is_opened:
                open_in_browser(server.url)
            server.serve_forever()
        return 0
    answer = hub.read(selection)
    text = html(organization_page(answer, hub.thresholds))
    if file == STDOUT:
        click.echo(text, nl=False)
    else:
        write_file(text, file, is_opened=is_opened)
    for doubt in organization_doubts(answer):
        output.warn(doubt)
    return 0


SHOWN = 40
"""Scopes of a table, as in `status --organization`; `-o wide` shows all."""


def show_drift(hub: Hub, selection: ScopeSelection, *, form: str) -> int:
    """Print what the reconciles of every scope repaired in the last day; return the exit code."""
    output.note_endpoint(hub.connection.local_endpoint)
    answer = hub.read_drift(selection)
    if form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv([{**msgspec.structs.asdict(scope), "causes": counted(scope.causes or {})} for scope in answer.scopes])
    elif answer.scopes:
        output.show(_table(answer, wide=form == "wide"))
    else:
        click.echo("No account has reported yet: deploy members with the setting hubBusArn.")
    for doubt in _doubts(answer):
        output.warn(doubt)
    return 0


def _table(answer: OrganizationDrift, *, wide: bool) -> Any:
    shown = answer.scopes if wide else answer.scopes[:SHOWN]
    columns = ["ACCOUNT", "NAME", *(["UNIT"] if wide else []), "REGION", "RUNS", "INCOMPLETE", "DRIFT", "CAUSES", "LAST RUN", "STATE"]
    rows = [_row(scope, wide=wide) for scope in shown]
    if len(answer.scopes) > len(shown):
        rows.append([f"{len(answer.scopes) - len(shown)} more", "-o wide shows them", *([""] * (len(columns) - 2))])
    total = answer.total
    sign = "" if answer.complete else "≥"
    footer = [
        "total",
        "",
        *([""] if wide else []),
        output.amount(total.scopes, "scope"),
        *(sign + output.number(value) for value in (total.runs, total.incomplete_runs, total.drifted)),
        counted(total.causes),
        "",
        output.state(readable=answer.complete, reason=output.INCOMPLETE),
    ]
    return output.table(f"Drift that reconciles repaired in the last {answer.hours} hours", columns, rows, footer=footer)


def _row(scope: ScopeDrift, *, wide: bool) -> list[str | output.Colored]:
    state = "silent" if scope.silent else "not known"
    return [
        scope.account,
        scope.account_name or "",
        *([scope.unit or ""] if wide else []),
        scope.region,
        *(output.number(value) for value in (scope.runs, scope.incomplete_runs, scope.drifted)),
        counted(scope.causes or {}),
        scope.last_run_at or "",
        output.state(readable=not scope.silent and scope.drifted is not None, reason=state),
    ]


def _doubts(answer: OrganizationDrift) -> list[str]:
    found = []
    if unknown := answer.total.scopes - answer.total.known:
        found.append(
            f"the drift of {output.amount(unknown, 'scope')} is not known: the member is an older release, or has not reconciled yet"
        )
    if silent := sum(scope.silent for scope in answer.scopes):
        found.append(
            f"{output.amount(silent, 'scope')} {'is' if silent == 1 else 'are'} silent: the numbers are of the day before the last report"
        )
    if missing := len(answer.unreported):
        is_are = "does not report, and is" if missing == 1 else "do not report, and are"
        found.append(f"{output.amount(missing, 'account')} {is_are} not in the total")
    return found
