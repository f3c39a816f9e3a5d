"""The page's document: the shape of everything that the page shows, ready to be drawn.

The shape is `fargatecount/page` version 1. It belongs to the page that embeds it, and promises nothing to other programs. A number that is
not known is None, and never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fargatecount.quotas.document import ComparisonDocument
from fargatecount.quotas.headroom_document import SurveyDocument
from fargatecount.quotas.thresholds import Grade
from fargatecount.refusals.document import RefusedDocument
from fargatecount.report.fold import Repaired
from fargatecount.report.page.history import History
from fargatecount.report.page.past import Past
from fargatecount.report.range import RangeProblem
from fargatecount.rightsize.document import ReclaimableDocument
from fargatecount.usage.cost_document import ClusterCost, GroupCost
from fargatecount.usage.hanging import HangingSummary
from fargatecount.usage.profile_document import ProfileHeld

SCHEMA = "fargatecount/page"
VERSION = 1


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that fails, or is about to."""

    grade: Grade
    """CRITICAL or WARNING."""
    text: str
    card: str
    """The card of the page that has the details."""


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """The big numbers, and whether they are all there is."""

    complete: bool
    why: Sequence[str]
    """Why not."""
    running: int | None
    """None, as the other numbers, where nothing is known at all."""
    held: int | None
    vcpu: float | None
    memory_gib: float | None
    unsized: int
    at_least: bool
    """Whether clusters are missing from the numbers, so that each of them is a lower bound."""
    standing: Grade = Grade.OK
    """The worst grade of the alerts."""
    cost_per_hour: float | None
    cost_at_least: bool = False
    cost_approximate: bool = False


class PageGauge(msgspec.Struct, frozen=True, kw_only=True):
    """How near what is held is to one ceiling, a quota or a limit."""

    title: str
    is_quota: bool
    """False for a limit of your own."""
    code: str | None
    unit: str
    value: float | None
    used: float
    used_at_least: bool
    exact: bool
    """False without a bound: the numbers rest on last known counts of unreadable clusters."""
    remaining: float | None
    percent: float | None
    standing: Grade
    source: str
    reason: str | None


class HeldShare(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of one capacity."""

    capacity: str
    count: int
    vcpu: float
    memory_gib: float


class ClusterRow(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster; numbers are None where they are not known."""

    cluster: str
    readable: bool
    running: int | None
    held: int | None
    vcpu: float | None
    spot_vcpu: float | None
    memory_gib: float | None
    unsized: int
    cost: ClusterCost | None
    counts_as_of: str | None
    reason: str | None
    remedy: str | None


class PageCosts(msgspec.Struct, frozen=True, kw_only=True):
    """What it costs."""

    label: str
    at: str | None
    """Time of the costs by group, which come from the rows."""
    total_at: str | None
    """Time of the total and of those by cluster."""
    clusters: Sequence[ClusterCost]
    groups: Sequence[GroupCost]
    groups_left_out: int
    left_out_per_hour: float


class DriftGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The repairs of one cluster with one cause."""

    cluster: str
    cause: str
    repairs: int
    last: str | None
    """Time of the last one; None where it is not among the rows."""


class PageDrift(msgspec.Struct, frozen=True, kw_only=True):
    """What reconciles had to repair in the period."""

    repaired: int = 0
    """Repairs that put a wrong counter right."""
    causes: Mapping[str, int] = {}
    groups: Sequence[DriftGroup] = ()
    """Every repair by cluster and cause, the most frequent first."""
    rows: Sequence[Repaired] = ()
    left_out: int = 0


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """What the reports of the period come to."""

    reports: int = 0
    dry_runs: int = 0
    incomplete: int = 0
    drift: PageDrift = PageDrift()
    problems: Sequence[RangeProblem] = ()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Everything."""

    account: str
    region: str
    at: str
    """Time of the numbers."""
    since: str
    until: str
    headline: Headline
    alerts: Sequence[Alert]
    """What fails or is about to, the worst first."""
    gauges: Sequence[PageGauge]
    """The quotas, then the limits that are used most."""
    marks: tuple[float, float]
    """Percentages from which on a gauge is amber and red."""
    limits_left_out: int
    shares: Sequence[HeldShare]
    clusters: Sequence[ClusterRow]
    """Most vCPU first."""
    unreadable: Sequence[ClusterRow]
    history: History
    cost: PageCosts | None
    digest: Digest
    witness: Sequence[ComparisonDocument]
    beside_at: str | None
    """End of the report that has the AWS/Usage metrics, the refusals and the limits."""
    hanging: HangingSummary | None
    """By the newest report; None where that has none."""
    refused: Sequence[RefusedDocument] | None
    """Episodes of the period, the last one first; None where no report says anything of refusals."""
    headroom: SurveyDocument | None
    headroom_at: str | None
    notes: Sequence[str]
    """What could not be read."""
    sources: Sequence[str]
    """Sources of the chart."""
    schema: str = SCHEMA
    version: int = VERSION
    profiles: Sequence[ProfileHeld] | None = None
    """Fargate profiles with held pods; None where no report of the period read rows."""
    reclaimable: ReclaimableDocument | None = None
    """What smaller sizes would free; None where no report of the period has found it out."""
    past: Past | None = None
    """What ran and ended in the period; None where the history was not asked."""
    refresh_ms: int | None = None
    """Milliseconds between two reads of a live page; None for a file."""
