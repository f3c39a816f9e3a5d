"""The schedule: which clusters a scheduled run has to read now.

Pure. The schedule ticks every minute. Each kind of cluster has its own period, and a cluster that was never read does not wait for it. The
time of the last read is stored with each cluster, so the next tick makes up for a run that failed or was cut short, without a second record
that could be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from fargatecount.ledger.clusters import RECONCILER, ClusterState
from fargatecount.workload import Cluster, Kind, Millis

TICK: Millis = 60_000
"""The period of the schedule in serverless.yml."""


class DueWork(msgspec.Struct, frozen=True):
    """The clusters to read."""

    kinds: frozenset[Kind] = frozenset()
    """All clusters of these kinds, including those not known yet."""
    clusters: frozenset[Cluster] = frozenset()
    """Other clusters to read."""

    def __bool__(self) -> bool:
        """Whether anything is due."""
        return bool(self.kinds or self.clusters)

    def includes(self, cluster: Cluster) -> bool:
        """Return whether the run covers a cluster."""
        return cluster.kind in self.kinds or cluster in self.clusters

    @property
    def all_kinds(self) -> frozenset[Kind]:
        """The kinds with anything due."""
        return self.kinds | {cluster.kind for cluster in self.clusters}


def due_work(states: Iterable[ClusterState], discoveries: Mapping[Kind, Millis], now: Millis, every: Mapping[Kind, Millis]) -> DueWork:
    """Return what is due; `every` is the period of each kind that is reconciled here.

    `discoveries` has the time of the last list of each kind; for a kind without clusters there is no other record.
    """
    looks: dict[Kind, list[Millis]] = {kind: [] for kind in every}
    never_seen: set[Cluster] = set()
    for state in states:
        if state.cluster.kind not in looks:
            continue
        view = state.sources.get(RECONCILER)
        if view is None:
            never_seen.add(state.cluster)
        else:
            looks[state.cluster.kind].append(view.at)
    # Half a tick early: a read is recorded seconds after its tick, and would otherwise always wait one tick more.
    oldest = {kind: min(ats, default=discoveries.get(kind)) for kind, ats in looks.items()}
    kinds = {kind for kind, at in oldest.items() if at is None or now - at >= every[kind] - TICK // 2}
    return DueWork(frozenset(kinds), frozenset(cluster for cluster in never_seen if cluster.kind not in kinds))
