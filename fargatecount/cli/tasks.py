"""`fargatecount tasks`: every task and pod that is held, by age, starter or revision."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.status import status_ports
from fargatecount.cli import options, output
from fargatecount.cli.report import Period
from fargatecount.ledger.queries import rows_of
from fargatecount.matching import require_matches
from fargatecount.timestamps import to_iso
from fargatecount.usage.status import usage
from fargatecount.usage.workload_list import (
    SortKey,
    WorkloadEntry,
    WorkloadFilter,
    WorkloadsDocument,
    select_workloads,
    sort_workloads,
    workload_entry,
)
from fargatecount.workload import HELD, Phase

TOP = 50
"""Tasks in a table: more are not read, and a program asks for all with -o json."""
DAY_SECONDS = 86_400
HOUR_SECONDS = 3_600
MINUTE_SECONDS = 60


@click.command(epilog="Example: fargatecount tasks --older-than 2d --without-service --sort age")
@options.place
@options.clusters
@options.output
@click.option("--older-than", type=Period(), metavar="PERIOD", help="Only those created before: 30m, 12h, 2d, 4w.")
@click.option(
    "--service", "services", multiple=True, metavar="GLOB", help="Only of this service, family or owner of pods; may be repeated."
)
@click.option("--started-by", multiple=True, metavar="GLOB", help="Only with this startedBy, as 'ecs-svc/*'; '' for none; may be repeated.")
@click.option("--owner", "owners", multiple=True, metavar="GLOB", help="Only with this value of the owner tag; may be repeated.")
@click.option(
    "--phase", "phases", type=click.Choice([str(each) for each in HELD]), multiple=True, help="Only in this phase; may be repeated."
)
@click.option("--without-service", is_flag=True, help="Only those that no service or workload controller keeps alive.")
@click.option("--sort", type=click.Choice([str(each) for each in SortKey]), default="age", show_default=True, help="What comes first.")
@click.option("--top", type=click.IntRange(1), metavar="N", help=f"How many; default: {TOP} in a table, else all.")
def command(
    *,
    cluster_globs: tuple[str, ...],
    form: str,
    as_json: bool,
    older_than: int | None,
    services: tuple[str, ...],
    started_by: tuple[str, ...],
    owners: tuple[str, ...],
    phases: tuple[str, ...],
    without_service: bool,
    sort: str,
    top: int | None,
    **place: Any,
) -> int:
    """List the tasks and pods that are held, and find the forgotten ones by age, starter or revision."""
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    ledger = status_ports(connection).ledger
    if cluster_globs:
        require_matches(cluster_globs, [state.cluster for scope in ledger.scopes() for state in ledger.clusters(scope)])
    now = connection.clock.now()
    found = [each for scope in usage(ledger, now, options.selector(cluster_globs)) for each in scope.clusters]
    rows = [(each.cluster, i, row) for each in found for i, row in rows_of(ledger, each.cluster).items() if row.phase in HELD]
    wanted = WorkloadFilter(
        older_than=older_than or 0,
        services=services,
        started_by=started_by,
        owners=owners,
        phases=[Phase(each) for each in phases],
        without_service=without_service,
    )
    entries = sort_workloads(select_workloads((workload_entry(*each, now) for each in rows), wanted), SortKey(sort))
    as_table = not as_json and form in {"table", "wide"}
    shown = entries[: top or (TOP if as_table else len(entries))]
    unreadable = [each for each in found if not each.verdict.readable]
    document = WorkloadsDocument(as_of=to_iso(now), complete=not unreadable, left_out=len(entries) - len(shown), tasks=shown)
    if as_json or form == "json":
        output.print_json(document)
    elif form == "csv":
        output.print_structs_csv(shown, WorkloadEntry)
    else:
        _show(document, wide=form == "wide")
    for each in unreadable:
        output.warn(f"{each.cluster.key} is unreadable, so its tasks may be others by now: {each.verdict.reason}")
    return 0


def age(seconds: int | None) -> str:
    """Return an age for people, in its largest two units: `2d 3h`; `?` if it is not known."""
    if seconds is None:
        return "?"
    days, rest = divmod(seconds, DAY_SECONDS)
    hours, rest = divmod(rest, HOUR_SECONDS)
    minutes, rest = divmod(rest, MINUTE_SECONDS)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (rest, "s")]
    first = next((i for i, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return " ".join(f"{number}{unit}" for number, unit in parts[first : first + 2] if number) or "0s"


def _show(document: WorkloadsDocument, *, wide: bool) -> None:
    if not document.tasks:
        click.echo("No task or pod matches.")
        return
    columns = [
        "TASK",
        "CLUSTER",
        "SERVICE",
        "REVISION",
        "AGE",
        "PHASE",
        "VCPU",
        *(("GIB", "CAPACITY", "OWNER") if wide else ()),
        "STARTED BY",
    ]
    texts = {"CLUSTER", "SERVICE", "PHASE", "CAPACITY", "OWNER"}
    output.show(output.table("", columns, [_cells(entry, wide=wide) for entry in document.tasks], texts=texts))
    if document.left_out:
        click.echo(f"{output.amount(document.left_out, 'more task')}: --top N shows more, -o csv all.")


def _cells(entry: WorkloadEntry, *, wide: bool) -> list[str]:
    more = [output.number(entry.memory_gib), str(entry.capacity), entry.owner or "-"] if wide else []
    return [
        entry.workload,
        entry.cluster,
        entry.group or "-",
        "-" if entry.revision is None else str(entry.revision),
        age(entry.age_seconds),
        str(entry.phase),
        output.number(entry.vcpu),
        *more,
        entry.started_by or "-",
    ]
