"""`fargatecount status --organization`: every account and Region of the organization, from the hub's table."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.bootstrap.commands.organization import connect_hub
from fargatecount.cli import output
from fargatecount.cli.live import live
from fargatecount.cli.organization_tables import flat_scope, organization_doubts, scopes_table, services_table
from fargatecount.cli.usage_tables import doubts, quota_table, usage_table
from fargatecount.organization.selection import ScopeSelection
from fargatecount.organization.view import OrganizationDocument
from fargatecount.quotas.thresholds import QuotaThresholds


def show_organization(
    selection: ScopeSelection, *, form: str, as_json: bool, strict: bool, watch: bool, hub_region: str | None, **place: Any
) -> int:
    """Print the selected part of the organization; return the exit code."""
    hub = connect_hub(**{**place, "region": hub_region})
    output.note_endpoint(hub.connection.local_endpoint)
    thresholds = hub.thresholds

    def read() -> OrganizationDocument:
        return hub.read(selection)

    if watch:
        if as_json or form != "table":
            raise click.UsageError("-w shows a table; leave out -o and --json")
        live(lambda _: _screen(read(), thresholds, selection), hub.connection.clock.sleep)
        return 0
    answer = read()
    if as_json or form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv([flat_scope(scope) for scope in answer.scopes])
    else:
        for part in _tables(answer, thresholds, wide=form == "wide", in_full=_in_full(answer, selection)):
            output.show(part)
        if not answer.scopes:
            click.echo("No account has reported yet: deploy members with the setting hubBusArn.")
    for doubt in _doubts(answer, in_full=_in_full(answer, selection)):
        output.warn(doubt)
    return 1 if strict and not answer.complete else 0


def _in_full(answer: OrganizationDocument, selection: ScopeSelection) -> bool:
    """Return whether the selection leads to a single scope, which is then shown with its clusters."""
    return selection != ScopeSelection() and len(answer.scopes) == 1


def _tables(answer: OrganizationDocument, thresholds: QuotaThresholds, *, wide: bool, in_full: bool) -> list[Any]:
    if not in_full:
        return [scopes_table(answer, thresholds, wide=wide)]
    (scope,) = answer.scopes
    parts = [usage_table(scope, wide=wide), quota_table(scope, thresholds)]  # a report has no refusals: their own `status` has them
    return [*parts, services_table(scope)] if scope.services else parts


def _doubts(answer: OrganizationDocument, *, in_full: bool) -> list[str]:
    return [*organization_doubts(answer), *(doubts(answer.scopes[0]) if in_full else ())]


def _screen(answer: OrganizationDocument, thresholds: QuotaThresholds, selection: ScopeSelection) -> Any:
    from rich.console import Group  # noqa: PLC0415 - see the package
    from rich.text import Text  # noqa: PLC0415

    in_full = _in_full(answer, selection)
    warnings = [Text(f"warning: {output.plain(doubt)}", style="yellow") for doubt in _doubts(answer, in_full=in_full)]
    return Group(*_tables(answer, thresholds, wide=False, in_full=in_full), *warnings, Text(f"as of {answer.as_of}, q to leave"))
