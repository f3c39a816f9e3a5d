"""Clusters of a scope: which are known, and whether their counts can be trusted now.

A cluster is readable when a complete view of it exists and a source that keeps that view up to date was successful lately. Anything else is
unreadable with its reason, and unreadable is never zero: the last known counts stay.
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
"""A rebuild has a word of its own: a reconcile that comes after an interrupted one, or that was frozen since before it, must not erase its
mark."""
SOURCES = (RECONCILER, WATCHER, REBUILD)

STALE_AFTER: Mapping[str, Millis] = {
    RECONCILER: 16 * 60_000,  # three periods of the default schedule (5 min) and a minute: two runs may fail before a number is doubted
    WATCHER: 3 * 60_000,  # three heartbeats of a minute
}

DISCOVERED_KINDS = tuple(Kind)
"""Kinds of which every cluster must be known before a scope is complete."""

NOT_YET_LISTED = "not yet listed"


class Readability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one source last found out about a cluster."""

    readable: bool
    at: Millis
    """When it looked."""
    reason: str = ""
    """Why it could not read; empty when it could."""
    remedy: str = ""
    """What to do about it."""
    code: str = ""
    """A `ReasonCode`, or one of a later version; empty where there is none, and in items of earlier versions."""
    denied_action: str = ""
    """The IAM action that was refused; empty where none was."""
    listed_at: Millis | None = None
    """When it last had a complete view; kept while the cluster cannot be read."""
    suspected_at: Millis | None = None
    """When a view would have removed most of the cluster, and was held back for a second one to agree."""
    deleted_at: Millis | None = None
    """When AWS first said that the cluster is deleted."""
    rebuilding: bool = False
    """Set while the rows are derived anew: no source's word makes the numbers right before it is done."""
    version: str = ""
    """Version of the watcher; empty for the reconciler, whose version the stack states."""

    @classmethod
    def failed(cls, error: FargatecountError, *, at: Millis, listed_at: Millis | None = None, version: str = "") -> Readability:
        """Return that a read at that moment ended in `error`."""
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
    """One cluster with what each source knows of it."""

    cluster: Cluster
    first_seen: Millis = 0
    epoch: int = 0
    sources: Mapping[str, Readability] = {}

    @property
    def listed_at(self) -> Millis | None:
        """When any source last had a complete view."""
        return max((view.listed_at for view in self.sources.values() if view.listed_at is not None), default=None)

    @property
    def is_deleted(self) -> bool:
        """Whether AWS said at the last look that there is no such cluster any more."""
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
        """Return the reason that a failed read left."""
        return cls(readable=False, reason=view.reason, remedy=view.remedy or None, code=view.code, denied_action=view.denied_action)


class ClusterRegistry(Protocol):
    """Where clusters are kept."""

    def discovered(self, scope: Scope, kind: Kind, at: Millis) -> None:
        """Write that all clusters of a kind that exist in a scope are known, as of that moment."""
        ...

    def passed(self, scope: Scope, at: Millis) -> None:
        """Write that a run has looked into every cluster of a scope; the first such moment is kept."""
        ...

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters of each kind were last known."""
        ...

    def register(self, cluster: Cluster) -> None:
        """Make sure that the cluster can be found by its scope."""
        ...

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the clusters of a scope that are known, by name."""
        ...

    def note(self, cluster: Cluster, source: str, view: Readability, *, epoch: int | None = None) -> None:
        """Write what a source knows of a cluster now; what other sources wrote stays."""
        ...

    def retire(self, cluster: Cluster) -> None:
        """Forget a cluster that is gone; a new fact about it registers it again."""
        ...


def undiscovered(discoveries: Mapping[Kind, Millis], now: Millis) -> str | None:
    """Say why there may be clusters of which nothing is known; None where all that exist are known. Pure.

    A deployment that has just begun knows no cluster, and would else report a total of nothing as complete.
    """
    for kind in DISCOVERED_KINDS:
        at = discoveries.get(kind)
        if at is None:
            return f"{kind} clusters have not been listed yet"
        if now - at > STALE_AFTER[RECONCILER]:
            return f"{kind} clusters have not been listed since {to_iso(at)}"
    return None


def is_watched(state: ClusterState, now: Millis, fresh_for: Mapping[str, Millis] = STALE_AFTER) -> bool:
    """Say whether a watcher keeps the cluster's rows up to date now; pure."""
    view = state.sources.get(WATCHER)
    return view is not None and view.readable and now - view.at <= fresh_for[WATCHER]


def judge(state: ClusterState, now: Millis, fresh_for: Mapping[str, Millis] = STALE_AFTER) -> Trust:
    """Say whether the counts of a cluster can be trusted now, and if not, why; pure."""
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
