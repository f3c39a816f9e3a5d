"""Fold: the reports of one scope over a period, joined. The range document and the page both start from this.

Pure. Reports are folded one by one and not kept. Dry runs are counted and otherwise left out: they repaired nothing, and the next run saw
the same differences again.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import UNSET

from fargatecount.quotas.headroom_document import SurveyDocument
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.reconcile.document import ClusterReconciled, ReconcileDocument
from fargatecount.refusals.document import RefusedDocument
from fargatecount.report.episodes import episodes
from fargatecount.report.peaks import Ceiling, Peak, ceilings_of, peaks
from fargatecount.rightsize.document import ReclaimableDocument
from fargatecount.usage.profile_document import ProfileHeld
from fargatecount.workload import Millis

MAX_REPAIRS = 500
"""Rows of the drift table: as many as a person scrolls through. The causes count every repair, and `left_out` the rows beyond."""


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """One repair, as a row of the drift table."""

    report: str
    at: str
    """Start of the reconcile that found it."""
    cluster: str
    workload: str
    group: str | None
    cause: str
    before: str | None
    after: str
    delay_ms: int | None
    in_flight: bool


class ClusterLook(msgspec.Struct, frozen=True):
    """One cluster in one report."""

    cluster: str
    readable: bool
    reason: str | None
    drifted: int


class ReportPart(msgspec.Struct, frozen=True, kw_only=True):
    """What one report adds."""

    dry_run: bool
    complete: bool = True
    looks: Sequence[ClusterLook] = ()
    repairs: Sequence[Repaired] = ()
    problems: Sequence[str] = ()
    calls: Mapping[str, int] = {}
    throttles: Mapping[str, int] = {}
    refused: Sequence[RefusedDocument] | None = None
    """None if the report lacks this key."""
    ceilings: Sequence[Ceiling] = ()
    ended_at: str = ""
    headroom: SurveyDocument | None = None
    reclaimable: ReclaimableDocument | None = None
    profiles: Sequence[ProfileHeld] | None = None


class ClusterFold(msgspec.Struct, kw_only=True):
    """One cluster over the reports of a period."""

    looks: int = 0
    unreadable: int = 0
    drifted: int = 0
    causes: Counter[str] = msgspec.field(default_factory=Counter)
    longest_delay: Millis | None = None
    readable_last: bool = True
    reason_last: str | None = None

    def add(self, look: ClusterLook) -> None:
        """Add one look; the last one is the current state."""
        self.looks += 1
        self.unreadable += not look.readable
        self.drifted += look.drifted
        self.readable_last, self.reason_last = look.readable, look.reason

    def add_repair(self, repair: Repaired) -> None:
        """Add one repair that was not in flight."""
        self.causes[repair.cause] += 1
        if repair.delay_ms is not None:
            self.longest_delay = max(self.longest_delay or 0, repair.delay_ms)


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of a period."""

    reports: int
    dry_runs: int
    incomplete: int
    drifted: int
    causes: Mapping[str, int]
    """Repairs by cause, without those in flight; the most frequent first."""
    clusters: Mapping[str, ClusterFold]
    repairs: Sequence[Repaired]
    """At most `MAX_REPAIRS`: drift first, then what was in flight, of each the newest first."""
    left_out: int
    problems: Sequence[tuple[str, int]]
    """With the number of reports that have it; the most frequent first."""
    refused: Sequence[RefusedDocument] | None
    """Episodes, the last one first; None if no report has the key."""
    peaks: Sequence[Peak]
    """How near to each quota and limit the scope came."""
    calls: Mapping[str, int]
    throttles: Mapping[str, int]
    headroom: tuple[str, SurveyDocument] | None
    """The newest survey and its time; most reports have none."""
    reclaimable: ReclaimableDocument | None = None
    """The newest one; most reports have none."""
    profiles: Sequence[ProfileHeld] | None = None
    """Those of the newest report that read the rows."""


def part_of(report: ReconcileDocument) -> ReportPart:
    """Return what one report adds."""
    if report.dry_run:
        return ReportPart(dry_run=True)
    return ReportPart(
        dry_run=False,
        complete=report.complete,
        looks=[ClusterLook(each.cluster, each.readable, each.reason, each.drifted) for each in report.clusters],
        repairs=_repairs(report, report.clusters),
        problems=report.problems,
        calls=report.calls,
        throttles=report.throttles,
        refused=report.refused or () if report.refused is not msgspec.UNSET else None,
        ceilings=ceilings_of(report),
        ended_at=report.ended_at,
        headroom=report.headroom or None,
        reclaimable=report.reclaimable or None,
        profiles=None if report.profiles is UNSET else report.profiles,
    )


def fold(parts: Iterable[ReportPart], thresholds: QuotaThresholds = DEFAULT_THRESHOLDS) -> Folded:
    """Return the sums of all parts, oldest first; `thresholds` are the deployment's."""
    # What was in flight is not drift: a storm of it must not push drift out of the table.
    drift: deque[Repaired] = deque(maxlen=MAX_REPAIRS)
    in_flight: deque[Repaired] = deque(maxlen=MAX_REPAIRS)
    clusters: dict[str, ClusterFold] = {}
    numbers, problems, calls, throttles = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    refused: list[Sequence[RefusedDocument]] = []
    ceilings: list[Sequence[Ceiling]] = []
    headroom: tuple[str, SurveyDocument] | None = None
    reclaimable: ReclaimableDocument | None = None
    profiles: Sequence[ProfileHeld] | None = None
    for part in parts:
        numbers["dry runs" if part.dry_run else "reports"] += 1
        numbers["incomplete"] += not part.complete
        problems.update(part.problems)
        calls.update(part.calls)
        throttles.update(part.throttles)
        if part.refused is not None:
            refused.append(part.refused)
        ceilings.append(part.ceilings)
        if part.headroom is not None:
            headroom = part.ended_at, part.headroom
        reclaimable = part.reclaimable or reclaimable
        profiles = profiles if part.profiles is None else part.profiles
        for look in part.looks:
            clusters.setdefault(look.cluster, ClusterFold()).add(look)
        for repair in part.repairs:
            numbers["repairs"] += 1
            (in_flight if repair.in_flight else drift).append(repair)
            if not repair.in_flight:
                clusters[repair.cluster].add_repair(repair)
    rows = [*reversed(drift), *reversed(in_flight)][:MAX_REPAIRS]
    return Folded(
        reports=numbers["reports"],
        dry_runs=numbers["dry runs"],
        incomplete=numbers["incomplete"],
        drifted=sum(cluster.drifted for cluster in clusters.values()),
        causes=dict(sum((cluster.causes for cluster in clusters.values()), Counter[str]()).most_common()),
        clusters=clusters,
        repairs=rows,
        left_out=numbers["repairs"] - len(rows),
        problems=problems.most_common(),
        refused=episodes(refused) if refused else None,
        peaks=peaks(ceilings, thresholds),
        calls=calls,
        throttles=throttles,
        headroom=headroom,
        reclaimable=reclaimable,
        profiles=profiles,
    )


def _repairs(report: ReconcileDocument, clusters: Sequence[ClusterReconciled]) -> list[Repaired]:
    return [
        Repaired(
            report=report.id,
            at=report.started_at,
            cluster=cluster.cluster,
            workload=repair.workload,
            group=repair.group,
            cause=repair.cause,
            before=repair.before,
            after=repair.after,
            delay_ms=repair.delay_ms,
            in_flight=repair.in_flight,
        )
        for cluster in clusters
        for repair in cluster.repairs
    ]
