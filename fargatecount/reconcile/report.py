"""The report of one reconcile: what it read, what had drifted and why, what is not known.

Pure. `document` has the JSON form that is kept and shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fargatecount.counts import Counts
from fargatecount.reconcile.drift import COUNTED, Repair
from fargatecount.refusals.refusal import Refusal
from fargatecount.timestamps import to_iso
from fargatecount.workload import Cluster, Millis, Scope, Transition, WorkloadKey


class ClusterReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one run found in one cluster."""

    cluster: Cluster
    why: str
    """Why the run read this cluster."""
    readable: bool = True
    reason: str = ""
    remedy: str = ""
    before: Counts = Counts()
    after: Counts = Counts()
    repairs: Sequence[Repair] = ()
    unreported: int = 0
    """Changes that are not repairs, because no other source reports on this cluster."""
    newer_than_aws: int = 0
    unsettled: int = 0
    withheld: int = 0
    contradictions: Sequence[str] = ()
    versions_restarted: bool = False
    """The cluster's versions went back, as after a restore of etcd: every row was derived again."""
    transitions: Mapping[str, Transition] = {}
    """Workloads that are pending or stopping: since when, and why."""
    refused: Sequence[Refusal] = ()
    """Launches that AWS refuses there now."""

    @property
    def drifted(self) -> int:
        """How many repairs put a wrong counter right."""
        return sum(1 for repair in self.repairs if repair.cause in COUNTED and not repair.in_flight)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One reconcile."""

    id: str
    scope: Scope
    started_at: Millis
    ended_at: Millis
    full: bool
    dry_run: bool
    known: int
    """Clusters that exist, as far as they could be listed."""
    looked: Sequence[ClusterReport]
    counted: Mapping[Cluster, Counts] = {}
    """The counters of the clusters that were not read, as of `counted_at`."""
    counted_at: Millis = 0
    not_reached: Sequence[Cluster] = ()
    """Selected, and not read in time. The next run begins with them."""
    problems: Sequence[str] = ()
    """What failed as a whole, such as listing the clusters of a kind."""
    denied_actions: Sequence[str] = ()
    """IAM actions whose refusal is among the `problems`."""
    calls: Mapping[str, int] = {}
    throttles: Mapping[str, int] = {}

    @property
    def complete(self) -> bool:
        """Whether every selected cluster was read."""
        return not self.problems and not self.not_reached and all(cluster.readable for cluster in self.looked)

    @property
    def drifted(self) -> int:
        """How many repairs put a wrong counter right."""
        return sum(cluster.drifted for cluster in self.looked)

    @property
    def transitions(self) -> Mapping[WorkloadKey, Transition]:
        """Workloads of the clusters that were read that are pending or stopping."""
        return {WorkloadKey(one.cluster, name): each for one in self.looked for name, each in one.transitions.items()}

    @property
    def is_routine(self) -> bool:
        """Whether no cluster had a difference. Clusters that could not be read or reached have a state of their own."""
        return not any(c.repairs or c.contradictions or c.withheld or c.versions_restarted for c in self.looked)


def report_id(started_at: Millis) -> str:
    """Return an id that sorts by time, such as `2026-10-01T120031.250Z`; a lease prevents two runs of a scope at once."""
    return f"{to_iso(started_at)}".removesuffix("Z").replace(":", "") + f".{started_at % 1000:03d}Z"
