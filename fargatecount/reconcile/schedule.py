"""Due: what a scheduled run of the reconciler has to look at now.

Pure. The schedule ticks every minute; each kind of cluster has a period of its own, and a cluster that nobody has ever looked at does not
wait for it. When something was last looked at is what its clusters say, so a run that failed or was cut short is made up for by the next
tick, without a record of its own that could be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from fargatecount.ledger.clusters import RECONCILER, ClusterState
from fargatecount.workload import Cluster, Kind, Millis

TICK: Millis = 60_000
"""The period of the schedule in serverless.yml."""


class DueWork(msgspec.Struct, frozen=True):
    """What to look at."""

    kinds: frozenset[Kind] = frozenset()
    """All clusters of these kinds, those included that nobody knows of yet."""
    clusters: frozenset[Cluster] = frozenset()
    """Besides them, these."""

    def __bool__(self) -> bool:
        """Whether anything is due."""
        return bool(self.kinds or self.clusters)

    def includes(self, cluster: Cluster) -> bool:
        """Say whether the run is about a cluster."""
        return cluster.kind in self.kinds or cluster in self.clusters

    @property
    def all_kinds(self) -> frozenset[Kind]:
        """The kinds of which anything is due."""
        return self.kinds | {cluster.kind for cluster in self.clusters}


def due_work(states: Iterable[ClusterState], discoveries: Mapping[Kind, Millis], now: Millis, every: Mapping[Kind, Millis]) -> DueWork:
    """Return what is due; `every` is the period of each kind that is reconciled here.

    `discoveries` say when the clusters of a kind were last listed: where there were none, nothing else tells.
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
    # Half a tick early: a look is noted seconds after the tick that began it, and would else always wait one tick more.
    oldest = {kind: min(ats, default=discoveries.get(kind)) for kind, ats in looks.items()}
    kinds = {kind for kind, at in oldest.items() if at is None or now - at >= every[kind] - TICK // 2}
    return DueWork(frozenset(kinds), frozenset(cluster for cluster in never_seen if cluster.kind not in kinds))
