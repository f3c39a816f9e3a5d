"""Gather: the page of a period that ends now, of one stored report, or of a past day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from fargatecount.errors import FargatecountError, MalformedError
from fargatecount.ledger.store import LedgerReader
from fargatecount.mutes.document import headline, mute_documents
from fargatecount.mutes.mute import MuteStore, active
from fargatecount.quotas.document import quota_documents
from fargatecount.quotas.quota import QuotaStore
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.store import ReportStore
from fargatecount.report.fold import ReportPart, fold, part_of
from fargatecount.report.page.compose import Now, page
from fargatecount.report.page.costs import fresh_totals
from fargatecount.report.page.document import Page
from fargatecount.report.page.history import HistorySource, Sample, history, joined
from fargatecount.report.page.past import Past
from fargatecount.report.page.samples import sample_of, sample_of_report, usage_of
from fargatecount.timestamps import DAY, parse_millis, to_iso
from fargatecount.usage.cost_document import CostBreakdown, GroupCost, cost_breakdown
from fargatecount.usage.prices import PriceSettings, cost_per_hour
from fargatecount.usage.status import scope_usage, workloads
from fargatecount.usage.summary_document import UsageSummary, usage_summary
from fargatecount.workload import Millis, Scope


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The ports that a page is read from."""

    scope: Scope
    reader: LedgerReader
    quotas: QuotaStore
    reports: ReportStore
    mutes: MuteStore | None = None
    """None: the page of a function shows none, because it is read later."""
    metrics: HistorySource | None
    """None: the chart uses the reports alone."""
    prices: PriceSettings
    thresholds: QuotaThresholds = DEFAULT_THRESHOLDS
    """The thresholds of the deployment's alarms."""
    past: Callable[[Millis, Millis], Past] | None = None
    """Returns what ran in a period (`past.past_of`), and raises nothing; None: the page has no such part."""


@dataclass(frozen=True)
class KeptReport:
    """What the page takes from one report."""

    part: ReportPart
    sample: Sample | None


@dataclass
class KeptReports:
    """What the page takes from the reports of a period."""

    reports: list[KeptReport] = field(default_factory=list)
    last: ReconcileDocument | None = None
    """The newest one that is not a dry run."""
    groups: list[GroupCost] = field(default_factory=list)
    """The newest costs by group: few runs read the rows that have them."""

    @property
    def samples(self) -> list[Sample]:
        """Return what the reports add to the chart."""
        return [each.sample for each in self.reports if each.sample is not None]


@dataclass
class Remembered:
    """The metrics of a period."""

    samples: Sequence[Sample] = ()
    note: str | None = None
    """Why they could not be read."""


def page_now(sources: Sources, now: Millis, length: Millis) -> Page:
    """Return the page of the `length` that ends now.

    Raises:
        FargatecountError: the table or the reports could not be read. Metrics that cannot be read are a note on the page.
    """
    since = now - length
    kept = kept_reports(sources, sources.reports.ids(sources.scope, since))
    stands = standing_now(sources, now, kept.last, costs_now(sources, now), to_iso(now))
    return assemble(
        sources.scope, stands, kept, remembered(sources, stands.usage, kept, since, now), since, past=_past(sources, since, now)
    )


def page_of_report(sources: Sources, report_id: str) -> Page:
    """Return the page of one report: the state at its end, and the day before it; raises as `page_now` does."""
    return _page_of(sources, sources.reports.read(sources.scope, report_id))


def page_of_day(sources: Sources, midnight: Millis) -> Page | None:
    """Return the page of the 24 hours that end at `midnight`; None if they have no report. Raises as `page_now` does."""
    since = midnight - DAY
    ids = list(sources.reports.ids(sources.scope, since))
    kept = kept_reports(sources, ids[: len(ids) - len(sources.reports.ids(sources.scope, midnight))])
    return None if kept.last is None else _of_kept(sources, kept.last, kept, since)


def kept_reports(sources: Sources, ids: Sequence[str]) -> KeptReports:
    """Return what the page takes from these reports; only the last of them is kept whole."""
    kept = KeptReports()
    for report in sources.reports.read_many(sources.scope, ids):
        kept.reports.append(KeptReport(part_of(report), sample_of_report(report)))
        kept.last = kept.last if report.dry_run else report
        kept.groups = report.cost.groups if report.cost and report.cost.groups_known else kept.groups
    return kept


def remembered(sources: Sources, usage: UsageSummary, kept: KeptReports, since: Millis, until: Millis) -> Remembered:
    """Return the metrics of all clusters that exist or existed in the period."""
    if sources.metrics is None:
        return Remembered()
    names = {cluster.cluster for cluster in usage.clusters}
    names |= {name for sample in kept.samples for name in sample.levels}
    try:
        return Remembered(sources.metrics.samples(sources.scope, sorted(names), since, until))
    except FargatecountError as error:
        return Remembered(note=f"CloudWatch could not be read, so the chart is drawn without its points: {error}")


def costs_now(sources: Sources, now: Millis) -> CostBreakdown:
    """Return the cost of what is held now, by cluster and group, from its rows."""
    usage = scope_usage(sources.reader, sources.scope, now)
    costs = cost_per_hour(workloads(sources.reader, usage), sources.prices)
    return cost_breakdown(costs, sources.prices)


def standing_now(sources: Sources, now: Millis, last: ReconcileDocument | None, cost: CostBreakdown | None, cost_at: str | None) -> Now:
    """Return the current state by the counters; the `last` report has the rest, and `cost` the costs by group, as of `cost_at`."""
    usage = scope_usage(sources.reader, sources.scope, now)
    fresh = fresh_totals(cost, usage, sources.prices) if cost is not None and cost_at != to_iso(now) else None
    return Now(
        at=now,
        usage=usage_summary(usage),
        quotas=quota_documents(sources.quotas.quotas(sources.scope), usage.held),
        cost=fresh or cost,
        cost_at=cost_at,
        total_at=to_iso(now) if fresh else cost_at,
        report=last,
        thresholds=sources.thresholds,
        notes=muted_now(sources, now),
    )


def muted_now(sources: Sources, now: Millis) -> Sequence[str]:
    """Return a note on each mute that is active; none where they cannot be read, because nothing is held back then."""
    with suppress(MalformedError):
        if sources.mutes is not None:
            return [headline(each) for each in mute_documents(active(sources.mutes.mutes(sources.scope).mutes, now), now)]
    return ()


def assemble(
    scope: Scope,
    now: Now,
    kept: KeptReports,
    metrics: Remembered,
    since: Millis,
    *,
    seen: Sequence[Sample] = (),
    past: Past | None = None,
    refresh_ms: int | None = None,
) -> Page:
    """Return the page; `seen` are samples that no other source has."""
    folded = fold((each.part for each in kept.reports), now.thresholds)
    chart = history([*joined(kept.samples, metrics.samples, seen), sample_of(now.usage, now.at)], since, now.at)
    from_where = [f"{folded.reports} kept reports"] + ["CloudWatch"] * bool(metrics.samples)
    notes = [*now.notes, *([metrics.note] if metrics.note else [])]
    return page(scope, now, folded, chart, since=since, notes=notes, sources=from_where, past=past, refresh_ms=refresh_ms)


def _page_of(sources: Sources, report: ReconcileDocument) -> Page:
    since = (parse_millis(report.started_at) or 0) - DAY
    ids = [one for one in sources.reports.ids(sources.scope, since) if one <= report.id]
    return _of_kept(sources, report, kept_reports(sources, ids), since)


def _of_kept(sources: Sources, report: ReconcileDocument, kept: KeptReports, since: Millis) -> Page:
    ended = parse_millis(report.ended_at) or since
    now = Now(
        at=ended,
        usage=usage_of(report),
        quotas=report.quotas or (),
        cost=_with_groups(report.cost, kept) if report.cost else None,
        cost_at=report.ended_at,
        report=report,
        thresholds=sources.thresholds,
    )
    return assemble(sources.scope, now, kept, remembered(sources, now.usage, kept, since, ended), since, past=_past(sources, since, ended))


def _past(sources: Sources, since: Millis, until: Millis) -> Past | None:
    return None if sources.past is None else sources.past(since, until)


def _with_groups(cost: CostBreakdown, kept: KeptReports) -> CostBreakdown:
    return cost if cost.groups_known else msgspec.structs.replace(cost, groups=kept.groups)
