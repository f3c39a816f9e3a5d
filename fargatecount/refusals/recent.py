"""Recent refusals: the refusal log of the last minutes and hours, merged from its windows.

Pure, besides reading the log. All windows of one service and reason become one entry with its count, first and last time. If a window was
full, the count is a lower bound and is flagged as one.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.refusals.log import MAX_IDS, RefusalLog, RefusalWindow, Subject
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.timestamps import HOUR
from fargatecount.workload import Cluster, Kind, Millis, Scope


class Refused(Subject, frozen=True, kw_only=True):
    """Refusals of one service for one reason over some time."""

    count: int
    at_least: bool
    """Whether there were more than a window has room for."""
    first: Millis
    last: Millis

    def in_scope(self, scope: Scope) -> Cluster:
        """Return the cluster of the refusals."""
        kind, _, name = self.cluster.partition("-")
        return Cluster(scope, Kind(kind), name)


def recent(log: RefusalLog, scope: Scope, now: Millis, *, within: Millis = HOUR) -> list[Refused]:
    """Return the refusals of the last `within` milliseconds, latest first; raises as the log does."""
    return merge_windows(log.since(scope, now - within), now - within)


def merge_windows(items: Iterable[RefusalWindow], moment: Millis) -> list[Refused]:
    """Merge the windows of each service and reason, without refusals before `moment`; latest first."""
    parts: dict[str, list[RefusalWindow]] = {}
    for item in items:
        parts.setdefault(item.identity, []).append(item)
    found = []
    for same in parts.values():
        moments = sorted((at, each) for item in same for at, each in item.moments if at >= moment)
        if moments:
            one = same[-1]
            found.append(
                Refused(
                    **{field.name: getattr(one, field.name) for field in msgspec.structs.fields(Subject)},
                    # A waiting pod has an id in each window, and is one pod.
                    count=len({each for _, each in moments}),
                    at_least=any(len(item.ids) >= MAX_IDS for item in same),
                    first=moments[0][0],
                    last=moments[-1][0],
                )
            )
    return sorted(found, key=lambda one: (-one.last, one.cluster, one.group, one.reason))


def waiting_pods(items: Iterable[RefusalWindow], window: Millis) -> int:
    """Return how many pods waited for capacity or quota in a window."""
    return sum(len(item.ids) for item in items if item.kind is RefusalKind.WAITING and item.is_shortage and item.window == window)
