"""`fargatecount status`: the counters as they are now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.bootstrap.commands.status import StatusPorts, status_ports
from fargatecount.cli import arrangement, options, output
from fargatecount.cli.arrangement import Arrangement
from fargatecount.cli.count_tables import flat_groups, groups_table
from fargatecount.cli.hanging_table import hanging_table
from fargatecount.cli.launch_lines import launch_lines
from fargatecount.cli.live import live
from fargatecount.cli.organization_status import show_organization
from fargatecount.cli.refusals import refusal_table
from fargatecount.cli.status_screen import screen
from fargatecount.cli.usage_tables import doubts, flat, quota_table, usage_table
from fargatecount.count.groups import group_documents
from fargatecount.count.held_groups import HeldBy, held_groups
from fargatecount.ledger.store import LedgerReader
from fargatecount.matching import require_matches
from fargatecount.mutes.document import headline
from fargatecount.organization.selection import ScopeSelection
from fargatecount.quotas.thresholds import QuotaThresholds
from fargatecount.timestamps import MINUTE
from fargatecount.usage.document import ScopeDocument, UsageDocument, usage_document
from fargatecount.usage.hanging import MOVING
from fargatecount.usage.prices import PriceSettings, label
from fargatecount.usage.status import (
    hanging_now,
    held_rows,
    usage,
    with_costs,
    with_launches,
    with_mutes,
    with_quotas,
    with_refusals,
    with_rough_costs,
)
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Cluster, Millis

NOTHING_YET = "Nothing has been recorded yet. The first full reconcile begins within a minute of a deployment; now: fargatecount reconcile"


@click.command(epilog="Examples: fargatecount status --cluster 'web*' -o json; fargatecount status --by service --top 10")
@options.place
@options.clusters
@options.organization
@options.output
@click.option("--strict", is_flag=True, help="Exit with 1 if any cluster is unreadable.")
@click.option("-w", "--watch", is_flag=True, help="Refresh until q or Ctrl-C.")
@click.option("--by", type=click.Choice([each.value for each in HeldBy]), help="Show groups, with the share that each has of both quotas.")
@arrangement.options
def command(
    *,
    cluster_globs: tuple[str, ...],
    form: str,
    as_json: bool,
    strict: bool,
    watch: bool,
    organization: bool,
    accounts: tuple[str, ...],
    units: tuple[str, ...],
    hub_region: str | None,
    by: str | None,
    sort: str | None,
    top: int | None,
    **place: Any,
) -> int:
    """Show the counters as they are now.

    With --by, the services, clusters or owners, each with its share of the on-demand and of the Spot quota. With -w, as many clusters as
    the screen has room for, the largest first: the total, the quotas and the warnings always stay.

    With --organization, all accounts and Regions that report to the hub, the nearest to its quota first. --account, --ou and --region
    select among them, and a single scope is shown in full.
    """
    if organization:
        selection = ScopeSelection(accounts=accounts, units=units, regions=(place["region"],) if place["region"] else ())
        if cluster_globs:
            raise click.UsageError("--cluster and --organization exclude each other: select with --account, --ou and --region")
        if by or sort or top:
            raise click.UsageError("--by, --sort and --top are for one account: leave out --organization")
        return show_organization(selection, form=form, as_json=as_json, strict=strict, watch=watch, hub_region=hub_region, **place)
    if accounts or units or hub_region:
        raise click.UsageError("--account, --ou and --hub-region go with --organization")
    if watch and by:
        raise click.UsageError("-w reads the counters alone, which know no groups: leave out --by, or use fargatecount top")
    shape = Arrangement(sort, top or 0)
    return _show_scope(cluster_globs, HeldBy(by) if by else None, shape, form=form, as_json=as_json, strict=strict, watch=watch, **place)


def _with_beside(ports: StatusPorts, scope: ScopeUsage, now: Millis, select: Callable[[Cluster], bool]) -> ScopeUsage:
    """Add what stands beside the counters: quotas, refusals, launches and mutes."""
    scope = with_launches(scope, ports.launches, ports.launch_quotas, now)
    return with_mutes(with_refusals(with_quotas(scope, ports.quotas, now), ports.refusals, now, select), ports.mutes, now)


def _show_scope(
    cluster_globs: tuple[str, ...],
    by: HeldBy | None,
    shape: Arrangement,
    *,
    form: str,
    as_json: bool,
    strict: bool,
    watch: bool,
    **place: Any,
) -> int:
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    ports = status_ports(connection)
    ledger = ports.ledger
    prices, thresholds = connection.prices, connection.levels.thresholds
    select = options.selector(cluster_globs)
    if cluster_globs:
        require_matches(cluster_globs, [state.cluster for scope in ledger.scopes() for state in ledger.clusters(scope)])

    def read() -> UsageDocument:
        now = connection.clock.now()
        scopes = [_with_beside(ports, scope, now, select) for scope in usage(ledger, now, select)]
        costed = [with_rough_costs(scope, prices) if watch else _by_rows(connection, ledger, scope, now) for scope in scopes]
        answer = usage_document(costed, now, label(prices))
        return _grouped(answer, costed, by, ledger, prices) if by else answer

    if watch:
        if as_json or form != "table":
            raise click.UsageError("-w shows a table; leave out -o and --json")
        live(lambda size: screen(read(), thresholds, shape, height=size.lines, width=size.columns), connection.clock.sleep)
        return 0
    answer = read()
    if as_json or form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv(
            flat_groups(answer, shape) if by else [flat(each, one) for each in answer.scopes for one in shape.arrange(each.clusters)]
        )
    else:
        _show_tables(answer, thresholds, shape, wide=form == "wide")
    return _warn(answer, strict=strict)


def _show_tables(answer: UsageDocument, thresholds: QuotaThresholds, shape: Arrangement, *, wide: bool) -> None:
    for scope in answer.scopes:
        if scope.groups and scope.by:
            output.show(groups_table(scope, msgspec.structs.replace(shape, top=0).arrange(scope.groups), scope.by, shape.top))
        else:
            output.show(usage_table(shape.arranged(scope), wide=wide))
        output.show(quota_table(scope, thresholds, drawn=output.width() >= output.WITH_BARS))
        output.show(refusal_table(scope.refused or []))
        _show_beside(scope)
        if scope.hanging is not None:
            output.show(hanging_table(scope.hanging))
    click.echo(f"Cost: {answer.prices}." if answer.scopes else NOTHING_YET)


def _grouped(answer: UsageDocument, scopes: Sequence[ScopeUsage], by: HeldBy, ledger: LedgerReader, prices: PriceSettings) -> UsageDocument:
    """Add the groups of each scope, from its rows."""
    found = []
    for document, scope in zip(answer.scopes, scopes, strict=True):
        rows = [(key.cluster, row) for key, row in held_rows(ledger, scope)]
        groups = group_documents(held_groups(rows, by, prices), scope.quotas)
        found.append(msgspec.structs.replace(document, by=by.value, groups=groups))
    return msgspec.structs.replace(answer, scopes=found)


def _show_beside(scope: ScopeDocument) -> None:
    for line in launch_lines(scope.launched or ()):
        click.echo(line)
    for mute in scope.muted or ():
        click.echo(output.plain(headline(mute)))


def _by_rows(connection: Connection, ledger: LedgerReader, scope: ScopeUsage, now: Millis) -> ScopeUsage:
    """Add the cost, and what only the rows show: what hangs."""
    rows = held_rows(ledger, scope, MOVING)
    after = connection.terms.hanging_minutes * MINUTE
    return msgspec.structs.replace(with_costs(scope, ledger, connection.prices), hanging=hanging_now(scope, rows, now, after=after))


def _warn(answer: UsageDocument, *, strict: bool) -> int:
    for scope in answer.scopes:
        for doubt in doubts(scope):
            output.warn(doubt)
    return 1 if strict and not answer.complete else 0
