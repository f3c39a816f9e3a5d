"""The usage event of one scope: the whole state of a deployment, as the hub keeps it.

Pure. Promises of the shape `fargatecount/scope` version 1: keys may be added, none is renamed, and a reader ignores keys that it does not
know. So an older hub reads newer members, and a newer hub older ones. Counts are whole CPU units and MiB, so that the hub adds them up
without a rounding error. The text is short and the lists are bounded: a report stays below `MAX_BYTES`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.breaches.breach import Gauge
from fargatecount.breaches.event import GrewEntry
from fargatecount.counts import Counts
from fargatecount.organization.cells import CellEntry, Whole, cells_of, counts_from
from fargatecount.organization.drift import DriftReport
from fargatecount.quotas.quota import Quota
from fargatecount.usage.summary_document import TallyDocument
from fargatecount.workload import Capacity, Kind, Millis, Scope

SCHEMA = "fargatecount/scope"
VERSION = 1
DETAIL_TYPE = "Fargate Usage"
MAX_BYTES = 200_000
"""An EventBridge entry, an SQS message and a DynamoDB item each hold at least 256 KB; the envelope and a later version need room."""


class ClusterEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the largest clusters, or an unreadable one."""

    kind: Kind
    name: str
    counts: list[CellEntry] | None
    """Null where nothing is known of it."""
    readable: bool = True
    reason: str | None = None
    remedy: str | None = None
    code: str = ""
    as_of: Millis | None = None
    """When the counts were true, of an unreadable cluster; absent where they never were complete. Of a readable one that is `as_of` of the
    report."""


class OtherClusters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Clusters that have no entry of their own, alike in kind and in what is known of them."""

    kind: Kind
    clusters: Whole
    counts: list[CellEntry] | None
    readable: bool = True
    as_of: Millis | None = None
    """The oldest of theirs, likewise."""


class ServiceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What one service, family or owner of pods holds."""

    cluster: str
    """Key, such as `ECS-web`."""
    service: str
    counts: list[CellEntry]


class ServiceTable(msgspec.Struct, frozen=True, kw_only=True):
    """The largest services. They are read from the rows, more seldom than the counters."""

    as_of: Millis
    services: list[ServiceEntry]
    others: Whole = 0
    """Services that have no entry."""
    other_counts: list[CellEntry] = []


class ReportTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The total for people and programs that read the bus; the hub itself adds up the counts."""

    running: int
    held: int
    vcpu: float
    memory_gib: float
    by_capacity: dict[Capacity, TallyDocument]


class ScopeReport(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one scope at one moment."""

    schema: str = SCHEMA
    version: int = VERSION
    account: str
    region: str
    as_of: Whole
    """Milliseconds since 1970, taken before the counters were read. Of two reports the one with the higher value is the newer."""
    fargatecount: str  # version of the member
    total: ReportTotal
    clusters: list[ClusterEntry]
    others: list[OtherClusters] = []
    undiscovered: str | None = None
    """Why there may be clusters of which nothing is known."""
    has_full_pass: bool = True
    """Whether every cluster has been read at least once."""
    quotas: list[Quota]
    gauges: list[Gauge]
    """How near the scope is to each quota, and to those of its own limits that it is nearest to."""
    grew: dict[str, list[GrewEntry]] = {}
    """By key of a gauge over its threshold: the services that started most in the last 15 minutes."""
    services: ServiceTable | None = None
    drift: DriftReport | None = None
    """Absent in the reports of older members, and before the first reconcile."""

    @property
    def scope(self) -> Scope:
        """The scope that the report is about."""
        return Scope(self.account, self.region)

    @property
    def over(self) -> bool:
        """Whether any gauge is at or over its threshold."""
        return any(gauge.percent is not None and gauge.percent >= gauge.threshold for gauge in self.gauges)


def encode(report: ScopeReport) -> bytes:
    """Return the report as JSON of at most `MAX_BYTES`.

    Where it is larger, which takes hundreds of names of the longest form, each list is halved until it fits. What is cut from the clusters
    is summed, so that the totals do not change.
    """
    text = msgspec.json.encode(report)
    while len(text) > MAX_BYTES:
        report = _halved(report)
        text = msgspec.json.encode(report)
    return text


def decode(text: bytes | str | msgspec.Raw) -> ScopeReport:
    """Read a report; keys that this version does not know are ignored.

    Raises:
        msgspec.MsgspecError: it is no report. UnicodeError, RecursionError: it is no JSON that can be read.
    """
    return _DECODER.decode(text)


_DECODER = msgspec.json.Decoder(ScopeReport)


def summed(clusters: Sequence[ClusterEntry], others: Sequence[OtherClusters] = ()) -> list[OtherClusters]:
    """Return clusters without entries of their own: one sum for each kind and each state of knowledge."""
    parts: dict[tuple[Kind, bool, bool, bool], list[OtherClusters]] = {}
    each = [OtherClusters(kind=c.kind, clusters=1, counts=c.counts, readable=c.readable, as_of=c.as_of) for c in clusters]
    for one in [*others, *each]:
        parts.setdefault((one.kind, one.readable, one.counts is None, one.as_of is None), []).append(one)
    return [_sum(group) for _, group in sorted(parts.items())]


def _sum(group: Sequence[OtherClusters]) -> OtherClusters:
    first = group[0]
    return OtherClusters(
        kind=first.kind,
        clusters=sum(one.clusters for one in group),
        counts=None if first.counts is None else cells_of(Counts.total(counts_from(one.counts or ()) for one in group)),
        readable=first.readable,
        as_of=min((one.as_of for one in group if one.as_of is not None), default=None),
    )


def _halved(report: ScopeReport) -> ScopeReport:
    kept = report.clusters[: len(report.clusters) // 2]
    table = report.services
    if table is not None:
        half = len(table.services) // 2
        cut = [counts_from(entry.counts) for entry in table.services[half:]]
        table = msgspec.structs.replace(
            table,
            services=table.services[:half],
            others=table.others + len(cut),
            other_counts=cells_of(Counts.total([counts_from(table.other_counts), *cut])),
        )
    quota_gauges = [gauge for gauge in report.gauges if gauge.key.startswith("quota/")]
    limit_gauges = [gauge for gauge in report.gauges if not gauge.key.startswith("quota/")]
    return msgspec.structs.replace(
        report,
        clusters=kept,
        others=summed(report.clusters[len(kept) :], report.others),
        services=table,
        gauges=[*quota_gauges, *limit_gauges[: len(limit_gauges) // 2]],
        grew={key: entries[: len(entries) // 2] for key, entries in list(report.grew.items())[: len(report.grew) // 2]},
    )
