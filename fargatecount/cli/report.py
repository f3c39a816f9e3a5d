"""`fargatecount report`: the kept reports of the reconciler."""

from __future__ import annotations

import re
from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.bootstrap.commands.organization import connect_hub
from fargatecount.bootstrap.commands.report import report_store
from fargatecount.cli import options, output, range_tables, report_summary, report_tables
from fargatecount.organization.selection import ScopeSelection
from fargatecount.report.fold import fold, part_of
from fargatecount.report.listing import ReportRow, ReportsDocument, report_row
from fargatecount.report.range import range_document

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}
LATEST = "latest"


class Period(click.ParamType[int]):
    """A length of time such as `7d`, in milliseconds."""

    name = "period"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse it."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d{1,6})([mhdw])", value)
        if match is None:
            self.fail(f"{value!r} is no period: enter 30m, 12h, 7d or 4w", param, ctx)
        return int(match[1]) * UNITS[match[2]]


class _ShowsByDefault(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ShowsByDefault, epilog="Example: fargatecount report --since 7d")
def command() -> None:
    """Show what the reconciler found: one report, or a period.

    `show` is the default command: `fargatecount report` shows the latest report, `fargatecount report --since 7d` a week of reports.
    """


command.add_command(report_summary.command)


@command.command("list", epilog="Example: fargatecount report list --since 1d -o csv")
@options.place
@options.output
@click.option("--since", type=Period(), default="7d", show_default=True, metavar="PERIOD", help="How far back: 30m, 12h, 7d, 4w.")
def list_reports(*, since: int, form: str, as_json: bool, **place: Any) -> int:
    """List the reports that are kept, oldest first."""
    connection = connect(**place)
    store, scope = report_store(connection), connection.scope()
    rows = [report_row(report) for report in store.read_many(scope, store.ids(scope, connection.clock.now() - since))]
    if as_json or form == "json":
        output.print_json(ReportsDocument(reports=rows))
    elif form == "csv":
        output.print_csv([{**msgspec.structs.asdict(row), "causes": report_tables.counted(row.causes)} for row in rows])
    elif rows:
        columns = ["REPORT", "MODE", "CLUSTERS", "LOOKED INTO", "CALLS", "DRIFT", "CAUSES"]
        output.show(output.table(f"{scope.account} {scope.region}", columns, [_cells(row) for row in rows]))
    else:
        click.echo("No report is kept from that time.")
    return 0


@command.command(
    "show", epilog="Examples: fargatecount report --since 7d --html week.html --open; fargatecount report --organization --live"
)
@options.place
@options.organization
@options.output
@click.argument("report_id", metavar="[ID|latest]", required=False)
@click.option("--since", type=Period(), metavar="PERIOD", help="All reports of 30m, 12h, 7d, 4w together.")
@click.option("--html", "file", metavar="FILE", help="Write a page to FILE, - for the standard output: of the report, or of a period (1d).")
@click.option("--open", "is_opened", is_flag=True, help="Open the page in a browser.")
@click.option("--live", is_flag=True, help="Serve the page on this machine, always current, until Ctrl-C; --since sets how far back (1h).")
@click.option("--port", type=click.IntRange(0, 65_535), metavar="N", help="Port of the live page; default: a free one.")
def show_report(
    *,
    report_id: str | None,
    since: int | None,
    file: str | None,
    is_opened: bool,
    live: bool,
    port: int | None,
    form: str,
    as_json: bool,
    organization: bool,
    accounts: tuple[str, ...],
    units: tuple[str, ...],
    hub_region: str | None,
    **place: Any,
) -> int:
    """Show one report, by default the latest; with --since the sums of all reports of a period, by cause and by cluster.

    With --organization the page, or the drift of the last day, of every account and Region that reports to the hub.
    """
    asked = _Asked(report_id=report_id, since=since, file=file, is_opened=is_opened, live=live, port=port)
    form = "json" if as_json else form
    _check(asked, form)
    if organization:
        selection = ScopeSelection(accounts=accounts, units=units, regions=(place["region"],) if place["region"] else ())
        return _organization(asked, selection, form, {**place, "region": hub_region})
    if accounts or units or hub_region:
        raise click.UsageError("--account, --ou and --hub-region go with --organization")
    is_page = asked.is_page
    from fargatecount.cli import report_page  # noqa: PLC0415 - the page costs 30 ms, and no other form needs it

    connection = connect(**place)
    if live:
        return report_page.serve(connection, port=port or 0, since=since, is_opened=is_opened)
    if report_id == LATEST or (report_id is None and since is None and not is_page):
        report_id = _latest(connection)
        if report_id is None:
            click.echo("No report is kept yet.", err=True)
            return 1
    if is_page:
        return report_page.write(connection, report_id=report_id, since=since, file=file, is_opened=is_opened)
    if report_id is None:
        return _range(connection, since or 0, form)
    return _one(connection, report_id, form)


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be shown, and how."""

    report_id: str | None
    since: int | None
    file: str | None
    is_opened: bool
    live: bool
    port: int | None

    @property
    def is_page(self) -> bool:
        return self.file is not None or self.is_opened or self.live


def _check(asked: _Asked, form: str) -> None:
    """Refuse options that exclude each other."""
    if asked.report_id is not None and asked.since is not None:
        raise click.UsageError("name one report, or give --since for all of a period, not both")
    if asked.is_page and form != "table":
        raise click.UsageError("a page is HTML; leave out -o and --json")
    if asked.live and (asked.report_id is not None or asked.file is not None):
        raise click.UsageError("--live shows the present; leave out the report and --html")
    if asked.port is not None and not asked.live:
        raise click.UsageError("--port is for --live")


def _organization(asked: _Asked, selection: ScopeSelection, form: str, place: dict[str, Any]) -> int:
    if asked.report_id is not None or asked.since is not None:
        raise click.UsageError("a hub knows the present and the drift of the last 24 hours: leave out the report and --since")
    from fargatecount.cli import organization_report  # noqa: PLC0415 - the page costs 30 ms, and no other form needs it

    hub = connect_hub(**place)
    if asked.is_page:
        port = (asked.port or 0) if asked.live else None
        return organization_report.write_page(hub, selection, file=asked.file, is_opened=asked.is_opened, port=port)
    return organization_report.show_drift(hub, selection, form=form)


def _latest(connection: Connection) -> str | None:
    # Listing an hour takes far fewer keys than listing all; only a deployment that has stood still needs all.
    store, scope = report_store(connection), connection.scope()
    ids = store.ids(scope, connection.clock.now() - UNITS["h"]) or store.ids(scope)
    return ids[-1] if ids else None


def _range(connection: Connection, since: int, form: str) -> int:
    store, scope, now = report_store(connection), connection.scope(), connection.clock.now()
    folded = fold(map(part_of, store.read_many(scope, store.ids(scope, now - since))), connection.levels.thresholds)
    range_tables.show(range_document(scope, folded, now - since, now), form=form)
    return 0


def _one(connection: Connection, report_id: str, form: str) -> int:
    report = report_store(connection).read(connection.scope(), report_id)
    if form == "json":
        output.print_json(report)
    elif form == "csv":
        output.print_csv([report_tables.flat(report, cluster) for cluster in report.clusters])
    else:
        report_tables.show(report, wide=form == "wide")
        report_tables.warn(report)
    return 0


def _cells(row: ReportRow) -> list[str]:
    incomplete = "" if row.complete else " (not complete)"
    return [
        row.id,
        row.mode,
        *(output.number(value) for value in (row.clusters_known, row.clusters_looked_into, row.calls, row.drifted)),
        (report_tables.counted(row.causes) or "-") + incomplete,
    ]
