"""Selection: which clusters a run has to read, and why, for one call per hundred clusters.

Pure. Compares AWS's own statistics of a cluster with its counter. This misses a lost start that a lost stop cancels, so every cluster is
also read once in a while, whatever its numbers are. A cluster that the last run did not reach comes first. EKS has no statistics, so its
clusters are read each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fargatecount.counts import Counts
from fargatecount.ledger.clusters import RECONCILER, ClusterState
from fargatecount.sources.snapshot import Statistics
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Cluster, Kind, Millis, Phase

LOOK_EVERY: Millis = 45 * MINUTE
"""Stopped tasks stay describable for about an hour (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html);
reading more often than that, with a quarter of an hour to spare, finds every stop with its reason."""
STUCK_AFTER: Millis = 10 * MINUTE
"""No task takes this long to start or stop (ENI attachment, image pull and stopTimeout together): either its event was lost or it hangs."""


class Selected(msgspec.Struct, frozen=True):
    """A cluster to read."""

    cluster: Cluster
    why: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a cluster before it is read."""

    state: ClusterState
    counts: Counts
    statistics: Statistics | None
    """None if AWS has none (EKS, or a deleted cluster)."""
    oldest_transition: Millis | None = None
    """Time at which its oldest pending or stopping row was written."""


def select(known: Iterable[Candidate], now: Millis, *, full: bool) -> Sequence[Selected]:
    """Return the clusters to read: those that have waited longest first, the unreadable EKS clusters last."""
    chosen = [(entry, why) for entry in known if (why := _why(entry, now, full=full)) is not None]
    chosen.sort(key=lambda item: (_may_be_slow(item[0].state), _last_look(item[0].state), item[0].state.cluster))
    return [Selected(entry.state.cluster, why) for entry, why in chosen]


def _why(known: Candidate, now: Millis, *, full: bool) -> str | None:
    view = known.state.sources.get(RECONCILER)
    if view is None or view.listed_at is None:
        return "not yet listed"
    if not view.readable:
        return "unreadable last time"
    if full:
        return "full pass"
    if now - view.listed_at >= LOOK_EVERY:
        return "not looked into for 45 minutes"
    difference = _difference(known.counts, known.statistics)
    if difference is not None:
        return difference
    if known.oldest_transition is not None and now - known.oldest_transition >= STUCK_AFTER:
        return "pending or stopping for more than 10 minutes"
    if known.state.cluster.kind is Kind.EKS:
        return "EKS has no statistics"
    return None


def _difference(counts: Counts, statistics: Statistics | None) -> str | None:
    if statistics is None:
        return None
    pairs: Mapping[str, tuple[int, int]] = {
        "running": (counts.running.count, statistics.running),
        "pending": (counts.tally(phases=(Phase.PENDING,)).count, statistics.pending),
    }
    parts = [f"{ours} {name}, AWS says {theirs}" for name, (ours, theirs) in pairs.items() if ours != theirs]
    return "counter says " + "; ".join(parts) if parts else None


def _may_be_slow(state: ClusterState) -> bool:
    """Return whether a read is likely to time out: an unreachable endpoint costs seconds each time, which should not delay the others."""
    view = state.sources.get(RECONCILER)
    return state.cluster.kind is Kind.EKS and view is not None and not view.readable


def _last_look(state: ClusterState) -> Millis:
    view = state.sources.get(RECONCILER)
    return (view.listed_at or 0) if view is not None else 0
