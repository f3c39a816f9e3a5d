"""Tables of a report range: what the reports of a period say together, for people."""

from __future__ import annotations

import click
import msgspec

from fargatecount.cli import output, refusals, report_tables
from fargatecount.refusals.document import RefusedDocument
from fargatecount.report.peaks import PeakNumbers
from fargatecount.report.range import ClusterRange, RangeDocument

MAX_REFUSED = 20
"""Rows of refused launches without `-o wide`: as many as fit a screen, the latest first."""
IN_PERIOD = "in this period"


def show(together: RangeDocument, *, form: str) -> None:
    """Print a range as JSON, CSV or, in the other forms, for people; `wide` leaves nothing out."""
    if form == "json":
        output.print_json(together)
        return
    if form == "csv":
        output.print_csv(
            [{**msgspec.structs.asdict(cluster), "causes": report_tables.counted(cluster.causes)} for cluster in together.clusters]
        )
        return
    clusters = [each for each in together.clusters if form == "wide" or each.causes or each.unreadable]
    if clusters:
        columns = ["CLUSTER", "LOOKS", "UNREADABLE", "DRIFT", "LONGEST, S", "CAUSES"]
        output.show(output.table(f"{together.account} {together.region}", columns, [_range_cells(each) for each in clusters]))
    _show_refused(together.refused, most=None if form == "wide" else MAX_REFUSED)
    found = output.amount(together.reports, "report")
    click.echo(f"{found} from {together.since} to {together.until}, {together.incomplete} of them not complete.")
    click.echo(f"Drift: {together.drifted} repaired." if together.drifted else "No drift.")
    if together.causes:
        click.echo(f"  causes: {report_tables.counted(together.causes)}")
    for line in peak_lines(together):
        click.echo(line)
    throttled = sum(together.throttles.values())
    calls = output.amount(sum(together.calls.values()), "call")
    click.echo(calls + (f", {throttled} of them throttled." if throttled else "."))
    for entry in together.problems:
        output.warn(f"in {output.amount(entry.reports, 'report')}: {entry.problem}")


def peak_lines(together: RangeDocument) -> list[str]:
    """Return how near the scope came to each quota and limit: a period without drift may have been one at the quota."""
    if not together.quotas:
        return ["Highest use of the quotas: not known: no report of the period has them."]
    quotas = [(f"{quota.capacity} quota", quota) for quota in together.quotas]
    limits = [(f"limit on {limit.measure} of {limit.cluster or 'all clusters'}", limit) for limit in together.limits]
    return [_peak(name, peak) for name, peak in (*quotas, *limits)]


def _peak(name: str, peak: PeakNumbers) -> str:
    if peak.highest_percent is None:
        return output.plain(f"Highest use, {name}: not known.")
    mark = "≥" if peak.highest_percent_at_least else ""
    of = f"{mark}{output.number(peak.used)} of {output.number(peak.value)}"
    line = f"Highest use, {name}: {mark}{output.number(peak.highest_percent)} % ({of}) at {peak.at}"
    if peak.reports_warning:
        line += f"; at or above the warning threshold in {peak.reports_warning} of {output.amount(peak.reports, 'report')}"
    if peak.reports_critical:
        line += f", at or above the critical one in {peak.reports_critical}"
    return output.plain(f"{line}.")


def _show_refused(episodes: list[RefusedDocument] | None, *, most: int | None) -> None:
    if episodes is None:
        click.echo(f"Launches refused {IN_PERIOD}: not known: no report of the period records them.")
        return
    output.show(refusals.refusal_table(episodes, IN_PERIOD, most=most))
    if most is not None and len(episodes) > most:
        click.echo(f"{len(episodes) - most} earlier ones are left out; -o wide shows all.")


def _range_cells(cluster: ClusterRange) -> list[str]:
    longest = cluster.longest_delay_ms
    return [
        cluster.cluster,
        *(output.number(value) for value in (cluster.looks, cluster.unreadable, cluster.drifted)),
        "-" if longest is None else output.number(longest / 1000),
        report_tables.counted(cluster.causes) or "-",
    ]
