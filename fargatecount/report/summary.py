"""Summary: what a period cost, who grew, what is wasted, what was refused and what drifted, as plain text for people who do not look daily.

Pure: from gathered facts to lines. What a part does not know, it says in its place; what the whole lacks stands at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from fargatecount.history.answers import ChangesLine, CostLine
from fargatecount.report.fold import Folded
from fargatecount.report.summary_text import (
    LEAST_USD,
    columns,
    count_of,
    counted,
    first_and_rest,
    plain_number,
    signed_usd,
    times,
    total_cost,
)

LEAST_VCPU = 0.25
"""A smaller move is none: the smallest task has a quarter of a vCPU
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size)."""


class SummaryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was gathered about a period."""

    where: str
    """The scope in words: account and Region."""
    begins: str
    ends: str
    by: str
    """What costs and moves are grouped by, such as `service`."""
    costs: Sequence[CostLine]
    costs_before: Sequence[CostLine] | None
    """Those of the period of the same length before; None where that is not known completely."""
    changes: Sequence[ChangesLine]
    prices: str
    """Which prices these are."""
    reconciled: Folded
    """What the kept reports of the period say together."""
    first_report: str | None = None
    """Id of the first of them, where it is from more than a day after `begins`."""
    gaps: Sequence[str]
    """What the history does not know of the period, in words."""


def summary_lines(facts: SummaryFacts) -> list[str]:
    """Return the summary, line by line."""
    parts = (_cost(facts), _movers(facts), _waste(facts.reconciled), _refused(facts.reconciled), _drift(facts.reconciled), _unknown(facts))
    lines = [f"Fargate in {facts.where}", f"from {facts.begins} to {facts.ends}"]
    for part in parts:
        lines += ["", *part]
    return lines


def _cost(facts: SummaryFacts) -> Iterator[str]:
    if not facts.costs:
        yield "Cost: not known." if facts.gaps else "Cost: 0.00 USD. Nothing ran."
        return
    total, before = total_cost(facts.costs), None if facts.costs_before is None else total_cost(facts.costs_before)
    is_lower_bound = bool(facts.gaps) or any(line.unpriced for line in facts.costs)
    yield f"Cost: {'at least ' if is_lower_bound else ''}{total:,.2f} USD. {_against(total, before, is_lower_bound=is_lower_bound)}"
    # Costs before are compared only where both periods are known: a gap would look like growth.
    earlier = {line.name: line.cost for line in facts.costs_before or ()}
    is_compared = facts.costs_before is not None and not facts.gaps
    first, rest = first_and_rest(sorted(facts.costs, key=lambda line: (-line.cost, line.name)))
    rows = [
        (line.name, f"{line.cost:,.2f} USD", signed_usd(line.cost - earlier.get(line.name, 0.0)) if is_compared else "") for line in first
    ]
    if rest:
        rows.append((f"{len(rest)} more", f"{total_cost(rest):,.2f} USD", ""))
    yield from columns(rows)
    yield f"Prices: {facts.prices}."


def _against(total: float, before: float | None, *, is_lower_bound: bool) -> str:
    if before is None:
        return "The period before is not known completely."
    if before < LEAST_USD:
        return "The period before cost nothing."
    growth = "" if is_lower_bound else f" ({(total - before) / before:+.0%})"
    return f"The period before: {before:,.2f} USD{growth}."


def _movers(facts: SummaryFacts) -> Iterator[str]:
    moved = [line for line in facts.changes if abs(line.vcpu_net) >= LEAST_VCPU]
    if not moved:
        yield "Movers: not known." if facts.gaps and not facts.changes else f"Movers: no {facts.by} holds more or less than at the start."
        return
    yield f"Movers, by the vCPU that a {facts.by} holds at the end against the start:"
    first, rest = first_and_rest(sorted(moved, key=lambda line: (-abs(line.vcpu_net), line.name)))
    rows = [
        (line.name, f"{plain_number(line.vcpu_net, '+')} vCPU", f"{line.started:,} started, {line.stopped:,} stopped") for line in first
    ]
    if rest:
        rows.append((f"{len(rest)} more", f"{plain_number(sum(line.vcpu_net for line in rest), '+')} vCPU", ""))
    yield from columns(rows)


def _waste(reconciled: Folded) -> Iterator[str]:
    found = reconciled.reclaimable
    if found is None:
        yield "Waste: not known: no report of the period looked for it."
        return
    if found.problem is not None:
        yield f"Waste: not known: {found.problem}"
        return
    unjudged = [f"{found.without_metrics} without metrics"] if found.without_metrics else []
    unjudged += [f"{found.too_little_data} with less than a week of data"] if found.too_little_data else []
    but = f" Not judged: {', '.join(unjudged)}." if unjudged else ""
    if not found.groups:
        yield f"Waste: nothing that was judged could be smaller, as of {found.as_of}.{but}"
        return
    what = times(found.groups, "service or family", "services and families")
    yield f"Waste: {found.vcpu:g} vCPU and {found.usd_month:,.2f} USD a month in {what}, as of {found.as_of}.{but}"
    first, _ = first_and_rest(sorted(found.which, key=lambda entry: (-(entry.freed_usd_month or 0.0), entry.cluster, entry.group)))
    rows = [
        (
            f"{entry.cluster} {entry.group}",
            f"{entry.freed_vcpu:g} vCPU",
            "? USD a month" if entry.freed_usd_month is None else f"{entry.freed_usd_month:,.2f} USD a month",
        )
        for entry in first
    ]
    yield from columns(rows)
    if first and found.groups > len(first):
        yield f"  and {found.groups - len(first)} more"
    yield "To see each: fargatecount rightsize"


def _refused(reconciled: Folded) -> Iterator[str]:
    if reconciled.refused is None:
        yield "Refused launches: not known: no report of the period records them."
        return
    wanted = [each for each in reconciled.refused if each.for_want]
    others = len(reconciled.refused) - len(wanted)
    also = f" {times(others, 'launch problem', 'launch problems')} of other causes: fargatecount history stops" if others else ""
    if not wanted:
        yield f"Refused launches: none for want of quota or capacity.{also}"
        return
    mark = "at least " if any(each.count_at_least for each in wanted) else ""
    yield f"Refused launches: {mark}{sum(each.count for each in wanted):,} for want of quota or capacity.{also}"
    first, rest = first_and_rest(sorted(wanted, key=lambda each: (-each.count, each.cluster, each.group or "")))
    yield from columns([(f"{each.cluster} {each.group or '-'}", count_of(each), each.reason) for each in first])
    if rest:
        yield f"  and {len(rest)} more"


def _drift(reconciled: Folded) -> Iterator[str]:
    if not reconciled.reports:
        yield "Drift: not known: no report of the period is kept."
        return
    reports = times(reconciled.reports, "report", "reports")
    incomplete = f"; {reconciled.incomplete:,} of them not complete" if reconciled.incomplete else ""
    if not reconciled.drifted:
        yield f"Drift: none in {reports}{incomplete}."
        return
    yield f"Drift: {reconciled.drifted:,} repaired in {reports}{incomplete}."
    yield f"  {counted(reconciled.causes)}"


def _unknown(facts: SummaryFacts) -> Iterator[str]:
    unpriced = sum(line.unpriced for line in facts.costs)
    uncertain = sum(line.cost_uncertain for line in facts.costs)
    approximate = sum(line.approximate for line in facts.costs)
    found = list(facts.gaps)
    if facts.first_report:
        found.append(f"refused launches and drift before {facts.first_report}: no older report is kept")
    if unpriced:
        found.append(f"the cost of {times(unpriced, 'workload', 'workloads')} without a known size or price")
    if uncertain >= LEAST_USD:
        found.append(f"{uncertain:,.2f} USD of the cost depend on ends that no source reported")
    if approximate:
        found.append(f"{times(approximate, 'workload is', 'workloads are')} priced by another Region or as Spot, whose price floats")
    unreadable = [
        f"cluster {name} could not be read by the last report that looked: {cluster.reason_last or 'no reason given'}"
        for name, cluster in sorted(facts.reconciled.clusters.items())
        if not cluster.readable_last
    ]
    problems = [f"{problem} (in {times(reports, 'report', 'reports')})" for problem, reports in facts.reconciled.problems]
    for several, what in ((unreadable, "clusters that could not be read"), (problems, "problems")):
        first, rest = first_and_rest(several)
        found += [*first, *([f"{len(rest)} more {what}: fargatecount report --since 7d"] if rest else [])]
    if not found:
        yield "Nothing else is unknown of this period."
        return
    yield "What is not known:"
    yield from (f"  - {each}" for each in found)
