"""Live: the page, refreshed. Counters are read each time; expensive sources less often."""

from __future__ import annotations

from fargatecount.clock import Clock
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.report import report_id
from fargatecount.report.page.document import Page
from fargatecount.report.page.gather import (
    KeptReport,
    KeptReports,
    Remembered,
    Sources,
    assemble,
    costs_now,
    kept_reports,
    remembered,
    standing_now,
)
from fargatecount.report.page.history import MAX_POINTS, Sample
from fargatecount.report.page.past import Past
from fargatecount.report.page.samples import sample_of
from fargatecount.timestamps import to_iso
from fargatecount.usage.cost_document import CostBreakdown
from fargatecount.usage.summary_document import UsageSummary
from fargatecount.workload import Millis

REFRESH: Millis = 3_000
"""Milliseconds between two requests of the browser: counters change within a second of an event, and a person reads no faster."""

SLOWEST: Millis = 10 * 60_000
"""Milliseconds between two questions to the history, which read every row and list the bucket; the page says as of when."""

SLOWLY: Millis = 60_000
"""Milliseconds between two reads of reports, metrics and the rows behind the cost: none of them changes more often, and each read costs."""

MAX_SLOT: Millis = 5 * 60_000
"""Longest slot of the page's own samples, as far apart as reports. Each slot keeps the moment with the highest use."""


class Live:
    """A page that is refreshed; for one thread at a time."""

    def __init__(self, sources: Sources, clock: Clock, length: Millis, *, refresh: Millis = REFRESH) -> None:
        self._sources = sources
        self._clock = clock
        self._length = length
        self._refresh = refresh
        self._kept: dict[str, KeptReport] = {}
        self._last: ReconcileDocument | None = None
        self._metrics = Remembered()
        self._cost: CostBreakdown | None = None
        self._slow_at: Millis | None = None
        self._past: Past | None = None
        self._past_at: Millis | None = None
        self._seen: list[Sample] = []

    def look(self) -> Page:
        """Return the page as of now; raises as `page_now` does, and the next call tries all of it again."""
        now = self._clock.now()
        since = now - self._length
        stands = standing_now(self._sources, now, self._last, self._cost, to_iso(self._slow_at))
        if self._slow_at is None or now - self._slow_at >= SLOWLY:
            self._look_slowly(stands.usage, since, now)
            stands = standing_now(self._sources, now, self._last, self._cost, to_iso(now))
        if self._sources.past is not None and (self._past_at is None or now - self._past_at >= SLOWEST):
            self._past, self._past_at = self._sources.past(since, now), now
        self._seen = [sample for sample in self._seen if sample.at >= since]
        kept = KeptReports(list(self._kept.values()), self._last)
        page = assemble(self._sources.scope, stands, kept, self._metrics, since, seen=self._seen, past=self._past, refresh_ms=self._refresh)
        self._remember(sample_of(stands.usage, now))
        return page

    def _remember(self, sample: Sample) -> None:
        # Twice as many as the chart has points, or the distance of two reports, so that a page of weeks does not grow with every read.
        slot = min(self._length // (2 * MAX_POINTS), MAX_SLOT) or 1
        if self._seen and self._seen[-1].at // slot == sample.at // slot:
            sample = max(self._seen.pop(), sample, key=lambda one: sum(level.vcpu or 0 for level in one.levels.values()))
        self._seen.append(sample)

    def _look_slowly(self, usage: UsageSummary, since: Millis, now: Millis) -> None:
        oldest = report_id(since)
        ids = [one for one in self._sources.reports.ids(self._sources.scope, since) if one not in self._kept]
        found = kept_reports(self._sources, ids)
        known = {one: part for one, part in self._kept.items() if one >= oldest}
        self._kept = known | dict(zip(ids, found.reports, strict=True))
        self._last = found.last or self._last
        self._metrics = remembered(self._sources, usage, KeptReports(list(self._kept.values()), self._last), since, now)
        self._cost = costs_now(self._sources, now)
        self._slow_at = now
