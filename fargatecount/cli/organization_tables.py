"""What `status --organization` shows: the scopes by utilization, the totals, and what makes them doubtful.

The input is the document that `--json` prints.
"""

from __future__ import annotations

from typing import Any

from fargatecount.cli import output, quota_bar
from fargatecount.organization.view import BoundedNumber, OrganizationDocument, OrganizationScope
from fargatecount.quotas.thresholds import QuotaThresholds

SHOWN = 40
"""Scopes of a table: the nearest to their quotas. `-o wide` shows all."""
SILENT = "silent"


def scopes_table(answer: OrganizationDocument, thresholds: QuotaThresholds, *, wide: bool) -> Any:
    """Return the table of the scopes, the nearest to its quota first."""
    shown = answer.scopes if wide else answer.scopes[:SHOWN]
    columns = ["ACCOUNT", "NAME", *(["UNIT"] if wide else []), "REGION", "RUNNING", "HELD", "VCPU", "PERCENT", "", "STATE"]
    rows: list[list[str | output.Colored]] = [_row(scope, thresholds, wide=wide) for scope in shown]
    if len(answer.scopes) > len(shown):
        rows.append([f"{len(answer.scopes) - len(shown)} more", "-o wide shows them", *([""] * (len(columns) - 2))])
    total = answer.total
    footer = [
        "total",
        f"{total.accounts} accounts",
        *([""] if wide else []),
        output.amount(total.scopes, "scope"),
        bounded(total.running),
        bounded(total.held),
        bounded(total.vcpu),
        "",
        "",
        output.state(readable=answer.complete, reason=output.INCOMPLETE),
    ]
    return output.table("Organization", columns, rows, footer=footer)


def _row(scope: OrganizationScope, thresholds: QuotaThresholds, *, wide: bool) -> list[str | output.Colored]:
    total = scope.total
    sign = "≥" if total.at_least else "" if total.exact else "~"
    bar = output.Colored(quota_bar.quota_bar(scope.percent) or "unknown", quota_bar.color_of(thresholds.grade(scope.percent)))
    return [
        str(scope.account),
        scope.account_name or "",
        *([scope.unit or ""] if wide else []),
        scope.region,
        sign + output.number(total.running),
        sign + output.number(total.held),
        sign + output.number(total.vcpu),
        output.number(scope.percent),
        bar,
        output.state(readable=scope.complete, reason=SILENT if scope.silent else output.INCOMPLETE),
    ]


def services_table(scope: OrganizationScope) -> Any:
    """Return the table of the largest services of a scope."""
    columns = ["CLUSTER", "SERVICE", "RUNNING", "HELD", "VCPU"]
    rows = [
        [each.cluster, each.service, output.number(each.running), output.number(each.held), output.number(each.vcpu)]
        for each in scope.services or ()
    ]
    return output.table(f"Largest services, as of {scope.services_as_of}", columns, rows)


def bounded(number: BoundedNumber) -> str:
    """Return a number with the sign of what is known of it."""
    sign = "" if number.exact else "≥" if number.at_least == number.value else "~"
    return sign + output.number(number.value)


def flat_scope(scope: OrganizationScope) -> dict[str, Any]:
    """Return one scope as a row of CSV."""
    quotas = {f"{quota.capacity}_quota".replace("-", "_"): quota.value for quota in scope.quotas}
    return {
        "account": scope.account,
        "account_name": scope.account_name,
        "unit": scope.unit,
        "region": scope.region,
        "complete": scope.complete,
        "silent": scope.silent,
        "reported_at": scope.reported_at,
        "running": scope.total.running,
        "held": scope.total.held,
        "vcpu": scope.total.vcpu,
        "memory_gib": scope.total.memory_gib,
        "exact": scope.total.exact,
        **quotas,
        "percent": scope.percent,
        "fargatecount": scope.fargatecount,
    }


def organization_doubts(answer: OrganizationDocument) -> list[str]:
    """Return what makes the totals doubtful, each reason once."""
    found = []
    silent = [f"{scope.account} {scope.region} (since {scope.reported_at})" for scope in answer.scopes if scope.silent]
    if silent:
        found.append(
            f"{_some(silent)} {_is(silent)} silent: the totals have their last known counts;"
            " run `fargatecount doctor` in that account and Region"
        )
    incomplete = [f"{scope.account} {scope.region}" for scope in answer.scopes if not scope.silent and not scope.complete]
    if incomplete:
        found.append(f"{_some(incomplete)} {_is(incomplete)} incomplete: name the account and the Region to see why")
    missing = [f"{each.account} ({each.account_name})" for each in answer.unreported]
    if missing:
        found.append(
            f"{_some(missing)} {'does' if len(missing) == 1 else 'do'} not report and {_is(missing)} not in the totals:"
            " `fargatecount count --organization` looks into them by a read-only role"
        )
    if answer.accounts_error:
        found.append(f"AWS Organizations could not be read, so accounts may be missing: {answer.accounts_error}")
    return found


NAMED = 5
"""Names in one warning; the JSON has them all."""


def _some(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
