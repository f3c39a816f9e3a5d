"""Clusters of a scope: which are known, and whether their counts can be trusted now.

A cluster is readable if it was listed completely once and a source that keeps its rows up to date succeeded recently. Otherwise it is
unreadable, with a reason. Unreadable is never zero: the last known counts stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.errors import FargatecountError, ReasonCode
from fargatecount.timestamps import to_iso
from fargatecount.workload import Cluster, Kind, Millis, Scope

RECONCILER = "reconciler"
WATCHER = "watcher"
REBUILD = "rebuild"
"""A rebuild is a source of its own: a reconcile that follows an interrupted rebuild, or that was suspended before it, must not erase its
`rebuilding` mark."""
SOURCES = (RECONCILER, WATCHER, REBUILD)

STALE_AFTER: Mapping[str, Millis] = {
    RECONCILER: 16 * 60_000,  # three periods of the default schedule (5 min) and a minute: two runs may fail before a cluster is stale
    WATCHER: 3 * 60_000,  # three heartbeats of a minute
}

DISCOVERED_KINDS = tuple(Kind)
"""A scope is complete only when all clusters of these kinds are known."""

NOT_YET_LISTED = "not yet listed"


class Readability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of one source's last attempt to read a cluster."""

    readable: bool
    at: Millis
    """When the source made the attempt."""
    reason: str = ""
    """Why the read failed; empty if it succeeded."""
    remedy: str = ""
    """What the operator can do about it."""
    code: str = ""
    """A `ReasonCode`, or a code of a later version; empty where there is none, and in items of earlier versions."""
    denied_action: str = ""
    """The IAM action that was denied; empty if none was."""
    listed_at: Millis | None = None
    """When the source last listed the cluster completely; kept while the cluster cannot be read."""
    suspected_at: Millis | None = None
    """When a list that removes most of the cluster was held back until a second list agrees."""
    deleted_at: Millis | None = None
    """When AWS first reported the cluster as deleted."""
    rebuilding: bool = False
    """Set while the rows are rebuilt: until that is done, no source can make the counts trustworthy."""
    version: str = ""
    """Version of the watcher; empty for the reconciler, whose version is an output of the stack."""

    @classmethod
    def failed(cls, error: FargatecountError, *, at: Millis, listed_at: Millis | None = None, version: str = "") -> Readability:
        """Return the result of a read at `at` that ended in `error`."""
        return cls(
            readable=False,
            at=at,
            reason=str(error),
            remedy=error.remedy,
            code=error.code or "",
            denied_action=error.denied_action,
            listed_at=listed_at,
            version=version,
        )


class ClusterState(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster with the last result of each source."""

    cluster: Cluster
    first_seen: Millis = 0
    epoch: int = 0
    sources: Mapping[str, Readability] = {}

    @property
    def listed_at(self) -> Millis | None:
        """When any source last listed the cluster completely."""
        return max((view.listed_at for view in self.sources.values() if view.listed_at is not None), default=None)

    @property
    def is_deleted(self) -> bool:
        """Whether a source reported the cluster as deleted."""
        return any(view.deleted_at is not None for view in self.sources.values())


class Trust(msgspec.Struct, frozen=True):
    """Whether a cluster's counts can be trusted now."""

    readable: bool
    reason: str | None = None
    remedy: str | None = None
    code: str = ""
    """A `ReasonCode`, or one of a later version; empty where there is none."""
    denied_action: str = ""

    @classmethod
    def unreadable(cls, view: Readability) -> Trust:
        """Return the reason of a failed read."""
        return cls(readable=False, reason=view.reason, remedy=view.remedy or None, code=view.code, denied_action=view.denied_action)


class ClusterRegistry(Protocol):
    """The port that stores the clusters of each scope."""

    def discovered(self, scope: Scope, kind: Kind, at: Millis) -> None:
        """Store that at `at` all clusters of a kind in a scope were known."""
        ...

    def passed(self, scope: Scope, at: Millis) -> None:
        """Store that a run has listed every cluster of a scope; the first such time is kept."""
        ...

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters of each kind were last known."""
        ...

    def register(self, cluster: Cluster) -> None:
        """Make sure that the cluster can be found by its scope."""
        ...

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the known clusters of a scope, ordered by name."""
        ...

    def note(self, cluster: Cluster, source: str, view: Readability, *, epoch: int | None = None) -> None:
        """Store one source's last result for a cluster; the results of other sources stay."""
        ...

    def retire(self, cluster: Cluster) -> None:
        """Forget a cluster that is gone; a new fact about it registers it again."""
        ...


def undiscovered(discoveries: Mapping[Kind, Millis], now: Millis) -> str | None:
    """Return why there may be unknown clusters, or None if all existing clusters are known; pure.

    A new deployment knows no cluster. Without this check it would report a total of 0 as complete.
    """
    for kind in DISCOVERED_KINDS:
        at = discoveries.get(kind)
        if at is None:
            return f"{kind} clusters have not been listed yet"
        if now - at > STALE_AFTER[RECONCILER]:
            return f"{kind} clusters have not been listed since {to_iso(at)}"
    return None


def is_watched(state: ClusterState, now: Millis, fresh_for: Mapping[str, Millis] = STALE_AFTER) -> bool:
    """Return whether a watcher keeps the cluster's rows up to date now; pure."""
    view = state.sources.get(WATCHER)
    return view is not None and view.readable and now - view.at <= fresh_for[WATCHER]


def judge(state: ClusterState, now: Millis, fresh_for: Mapping[str, Millis] = STALE_AFTER) -> Trust:
    """Return whether the counts of a cluster can be trusted now, and if not, why; pure."""
    rebuilding = next((view for view in state.sources.values() if view.rebuilding), None)
    if rebuilding is not None:
        return Trust.unreadable(rebuilding)
    fresh = [view for source, view in state.sources.items() if source in fresh_for and view.readable and now - view.at <= fresh_for[source]]
    if fresh and state.listed_at is not None:
        return Trust(readable=True)
    failed = [view for view in state.sources.values() if not view.readable]
    if failed:
        return Trust.unreadable(max(failed, key=lambda view: view.at))
    if state.listed_at is None:
        return Trust(
            readable=False,
            reason=NOT_YET_LISTED,
            remedy="wait for the first full reconcile, or run: fargatecount reconcile",
            code=ReasonCode.NOT_YET_LISTED,
        )
    newest_look = max(view.at for view in state.sources.values())
    return Trust(
        readable=False,
        reason=f"not read since {to_iso(newest_look)}",
        remedy="check that the reconcile function runs: fargatecount doctor",
        code=ReasonCode.NOT_READ_LATELY,
    )
