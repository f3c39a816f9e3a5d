"""Recent refusals: what the refusal log tells of the last minutes and hours, put together from its windows.

Pure, besides reading the log. The windows of one service and reason are one entry again, with its number, the first and the last; where a
window was full, the number is a lower bound and says so.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.refusals.log import MOST, RefusalLog, RefusalWindow, Subject
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.timestamps import HOUR
from fargatecount.workload import Cluster, Kind, Millis, Scope


class Refused(Subject, frozen=True, kw_only=True):
    """What was refused to one service for one reason over some time."""

    count: int
    at_least: bool
    """Whether there were more than could be remembered."""
    first: Millis
    last: Millis

    def in_scope(self, scope: Scope) -> Cluster:
        """Return the cluster that it is about."""
        kind, _, name = self.cluster.partition("-")
        return Cluster(scope, Kind(kind), name)


def recent(log: RefusalLog, scope: Scope, now: Millis, *, within: Millis = HOUR) -> list[Refused]:
    """Return what was refused within that time, the last first; raises as the log does."""
    return merge_windows(log.since(scope, now - within), now - within)


def merge_windows(items: Iterable[RefusalWindow], moment: Millis) -> list[Refused]:
    """Put the windows of each service and reason together, leaving out what was before `moment`; the last one first."""
    parts: dict[str, list[RefusalWindow]] = {}
    for item in items:
        parts.setdefault(item.identity, []).append(item)
    found = []
    for same in parts.values():
        moments = sorted((at, who) for item in same for at, who in item.moments if at >= moment)
        if moments:
            one = same[-1]
            found.append(
                Refused(
                    **{field.name: getattr(one, field.name) for field in msgspec.structs.fields(Subject)},
                    # A pod that waits has a mark in each window, and is one pod.
                    count=len({who for _, who in moments}),
                    at_least=any(len(item.ids) >= MOST for item in same),
                    first=moments[0][0],
                    last=moments[-1][0],
                )
            )
    return sorted(found, key=lambda one: (-one.last, one.cluster, one.group, one.reason))


def waiting_pods(items: Iterable[RefusalWindow], window: Millis) -> int:
    """Return how many pods were seen to wait for capacity or quota in a window."""
    return sum(len(item.ids) for item in items if item.kind is RefusalKind.WAITING and item.is_shortage and item.window == window)
