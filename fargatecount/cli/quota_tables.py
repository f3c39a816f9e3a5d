"""What `quota` prints for people and spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence

import click

from fargatecount.cli import output
from fargatecount.increase.document import QuotaEntry, QuotasDocument, RequestDocument
from fargatecount.increase.forecast import Forecast, Suggestion


def show_quotas(document: QuotasDocument, warning: float, *, form: str) -> None:
    """Show both quotas, and a sentence on each below the table."""
    if form == "csv":
        output.print_csv([_flat(entry) for entry in document.quotas])
        return
    columns = ["QUOTA", "CODE", "VALUE", "USED", "PERCENT", "HIGHEST", "DAYS ABOVE", "ENOUGH"]
    output.show(output.table(f"{document.account} {document.region}", columns, [_cells(entry) for entry in document.quotas]))
    for entry in document.quotas:
        for sentence in sentences(entry, warning):
            click.echo(f"{entry.quota.capacity}: {sentence}")


def show_requests(requests: Sequence[RequestDocument], *, form: str) -> None:
    """Show requests."""
    if form == "csv":
        output.print_structs_csv(requests, RequestDocument)
    elif not requests:
        click.echo("No increase was ever requested here.")
    else:
        columns = ["REQUESTED", "QUOTA", "VCPU", "UPDATED", "CASE", "STATE"]
        cells = [
            [
                each.created_at or "?",
                str(each.capacity),
                output.number(each.desired),
                each.updated_at or "?",
                each.case or "-",
                str(each.state),
            ]
            for each in requests
        ]
        output.show(output.table("", columns, cells, texts={"QUOTA", "UPDATED", "CASE"}))


def sentences(entry: QuotaEntry, warning: float) -> list[str]:
    """Return what past use says, in words."""
    found, quota = entry.suggestion, entry.quota
    said = [f"a request for {output.number(each.desired)} vCPU is open" for each in entry.requests if each.state.is_open]
    if found is None or quota.value is None:
        return said
    if not found.days:
        return [*said, "nothing is known of past days: neither metrics nor reports"]
    if found.days_above:
        said.append(f"you passed {warning:g} % on {found.days_above} of {found.days} days")
    if found.forecast is not None:
        said.append(_forecast(found.forecast))
    else:
        said.append(f"{output.amount(found.days, 'day')} of past use: too few for a forecast")
    if found.value is not None:
        said.append(f"enough would be {output.number(found.value)} vCPU: fargatecount quota request --to {found.value:.0f}{_option(entry)}")
    return said


def _option(entry: QuotaEntry) -> str:
    return "" if entry.quota.capacity == "on-demand" else f" --capacity {entry.quota.capacity}"


def _forecast(found: Forecast) -> str:
    if found.soonest_days == 0:
        return "the quota is full now"
    if found.soonest_days is None:
        return "at this growth the quota is not full within a year"
    if found.latest_days is None:
        return f"at this growth the quota is full in {found.soonest_days} days at the soonest; it may also not grow at all"
    return f"at this growth the quota is full in {found.soonest_days} to {found.latest_days} days"


def _cells(entry: QuotaEntry) -> list[str]:
    quota, found = entry.quota, entry.suggestion or Suggestion(days=0, days_above=0, highest=None, value=None, forecast=None)
    sign = "≥" if quota.used_at_least else "" if quota.exact else "~"
    return [
        str(quota.capacity),
        quota.code,
        output.number(quota.value),
        sign + output.number(quota.used),
        ("" if quota.percent is None else sign) + output.number(quota.percent),
        output.number(found.highest),
        f"{found.days_above} of {found.days}",
        "-" if quota.value is None or not found.days else "yes" if found.value is None else output.number(found.value),
    ]


def _flat(entry: QuotaEntry) -> dict[str, str | float | None]:
    found, quota = entry.suggestion, entry.quota
    ahead = found.forecast if found else None
    return {
        "capacity": quota.capacity,
        "code": quota.code,
        "value": quota.value,
        "used": quota.used,
        "percent": quota.percent,
        "days": found.days if found else None,
        "days_above": found.days_above if found else None,
        "highest": found.highest if found else None,
        "suggested": found.value if found else None,
        "full_in_days_soonest": ahead.soonest_days if ahead else None,
        "full_in_days_latest": ahead.latest_days if ahead else None,
    }
