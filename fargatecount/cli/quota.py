"""`fargatecount quota`: what is enough, asking AWS for it, and what became of the request."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.bootstrap.commands.quota import QuotaPorts, quota_ports
from fargatecount.bootstrap.commands.status import status_ports
from fargatecount.cli import options, output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.cli.quota_tables import show_quotas, show_requests
from fargatecount.clock import Clock
from fargatecount.increase.document import QuotaEntry, QuotasDocument, request_documents
from fargatecount.increase.forecast import suggest
from fargatecount.increase.request import IncreaseDesk, IncreaseRequest, RequestState
from fargatecount.quotas.document import quota_documents
from fargatecount.timestamps import DAY, MINUTE, to_iso
from fargatecount.usage.status import scope_usage
from fargatecount.workload import Capacity

DAYS = 30
"""Days of past use that a suggestion looks at: a month has its month's end."""
MAX_DAYS = 90
"""The reports are kept for so many by default."""
WAIT_STEP = 60.0
"""Seconds between two looks at a request: AWS answers small ones within minutes."""
NOT_GRANTED = 1
ONLY = click.Choice([str(each) for each in Capacity])


@click.group(epilog="Example: fargatecount quota show")
def command() -> None:
    """Show the vCPU quotas, what past use suggests, and request increases."""


@command.command("show", epilog="Example: fargatecount quota show --days 60")
@options.place
@options.output
@click.option("--days", type=click.IntRange(1, MAX_DAYS), default=DAYS, show_default=True, metavar="N", help="Days of past use.")
def show(*, days: int, form: str, as_json: bool, **place: Any) -> int:
    """Show both quotas, on how many days they were nearly used up, which value is enough, and when they will be full."""
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    document = _document(connection, quota_ports(connection), days=days)
    if as_json or form == "json":
        output.print_json(document)
    else:
        show_quotas(document, connection.levels.thresholds.warning, form=form)
    return 0


@command.command("history", epilog="Example: fargatecount quota history -o json")
@options.place
@options.output
def history(*, form: str, as_json: bool, **place: Any) -> int:
    """List the requests for an increase, the newest first, with their state."""
    connection = connect(**place)
    document = _document(connection, quota_ports(connection), days=None)
    if as_json or form == "json":
        output.print_json(document)
    else:
        show_requests([each for entry in document.quotas for each in entry.requests], form=form)
    return 0


@command.command("request", epilog="Example: fargatecount quota request --to 2000 --wait 30")
@options.place
@options.output
@click.option("--to", "desired", type=click.FloatRange(min=1), required=True, metavar="VCPU", help="The quota to ask for.")
@click.option("--capacity", type=ONLY, default="on-demand", show_default=True, help="Which of the two quotas.")
@click.option("--wait", "minutes", type=click.IntRange(1, 1440), metavar="MINUTES", help="Wait for the answer for so long.")
@click.option("--dry-run", is_flag=True, help="Show what would be requested.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def request(*, desired: float, capacity: str, minutes: int | None, dry_run: bool, yes: bool, form: str, as_json: bool, **place: Any) -> int:
    """Request a higher vCPU quota from AWS, and follow the request.

    Exit code 1: AWS denied it, or has not answered within --wait.
    """
    if not dry_run:
        require_consent(yes=yes)
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    ports, wanted = quota_ports(connection), Capacity(capacity)
    present = next(each for each in ports.quotas() if each.capacity is wanted)
    if present.value is not None and desired <= present.value:
        raise click.UsageError(f"--to {output.number(desired)}: the {wanted} quota is {output.number(present.value)} vCPU already")
    open_now = [each for each in ports.desk.requests(wanted) if each.state.is_open]
    if open_now:
        first = open_now[0]
        raise click.UsageError(
            f"a request for {output.number(first.desired)} vCPU is open since {to_iso(first.created_at)}: fargatecount quota history"
        )
    what = (
        f"the {wanted} quota of {connection.region} from {output.number(present.value)} to {output.number(desired)} vCPU ({present.code})"
    )
    if dry_run:
        click.echo(f"Would request {what}.")
        return 0
    ask(f"Request {what}?", yes=yes)
    found = ports.desk.file(wanted, desired)
    if minutes is not None:
        found = followed(ports.desk, found, connection.clock, minutes)
    _report(found, form="json" if as_json else form)
    if found.state in {RequestState.DENIED, RequestState.NOT_APPROVED, RequestState.INVALID_REQUEST}:
        return NOT_GRANTED
    return NOT_GRANTED if minutes is not None and found.state.is_open else 0


def followed(desk: IncreaseDesk, filed: IncreaseRequest, clock: Clock, minutes: int) -> IncreaseRequest:
    """Return the request once it has its answer, or as it is after so many minutes."""
    until, found = clock.now() + minutes * MINUTE, filed
    while found.state.is_open and clock.now() < until:
        clock.sleep(min(WAIT_STEP, (until - clock.now()) / 1000))
        found = next((each for each in desk.requests(filed.capacity) if each.id == filed.id), found)
    return found


def _report(found: IncreaseRequest, *, form: str) -> None:
    documents = request_documents([found])
    if form == "json":
        output.print_json(documents[0])
        return
    show_requests(documents, form=form)
    if form in {"table", "wide"}:
        words = {RequestState.APPROVED: "Granted: fargatecount counts with it from the next full reconcile on."}
        click.echo(words.get(found.state, "Its answer: fargatecount quota history" if found.state.is_open else "Not granted."))


def _document(connection: Connection, ports: QuotaPorts, *, days: int | None) -> QuotasDocument:
    scope, now = connection.scope(), connection.clock.now()
    usage = scope_usage(status_ports(connection).ledger, scope, now)
    source, peaks = ports.peaks(scope, now - days * DAY, now) if days is not None else (None, {})
    warning = connection.levels.thresholds.warning
    entries = [
        QuotaEntry(
            quota=quota,
            suggestion=None if days is None else suggest(peaks.get(quota.capacity, ()), quota.value, warning=warning),
            suggestion_from=source,
            requests=request_documents(ports.desk.requests(quota.capacity)),
        )
        for quota in quota_documents(ports.quotas(), usage.held)
    ]
    return QuotasDocument(as_of=to_iso(now), account=scope.account, region=scope.region, quotas=entries)
