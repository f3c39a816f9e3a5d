"""Hold: which changes are reported now, which a mute holds back, and which the summary of an ended mute reports.

Pure. Promises: a change is reported unless an active mute covers it; once a mute has ended, each change that it held is in its summary, and
a breach that is still open is reported by its own event besides, so that its end never comes without its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec

from fargatecount.breaches.alarm_list import alarm_of
from fargatecount.breaches.breach import Breaches, Change, ChangeKind, LimitGauge
from fargatecount.breaches.mute_event import change_id, is_open
from fargatecount.mutes.mute import GrowthOrigin, Mute, Mutes, active
from fargatecount.workload import Millis

CausesOf = Callable[[Change], Collection[GrowthOrigin] | None]
"""Returns the origins of what started lately under a gauge; None if they are not known."""


class HoldPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to the pending changes."""

    now: Millis
    mutes: Mutes
    """With the changes that they hold now; the state that was given if nothing new is held."""
    deliver: tuple[Change, ...] = ()
    """Changes to report, each by an event of its own."""
    summaries: tuple[tuple[Mute, tuple[Change, ...]], ...] = ()
    """Mutes that have ended, with what they held."""


def plan_hold(breaches: Breaches, mutes: Mutes, now: Millis, causes: CausesOf) -> HoldPlan:
    """Return the plan for the pending changes of `breaches`; `causes` is asked only for what a mute of a cluster or owner may cover."""
    held = {each.id: list(each.held) for each in mutes.mutes}
    running = active(mutes.mutes, now)
    deliver: list[Change] = []
    summed: dict[str, list[Change]] = {}
    for change in breaches.pending:
        name = change_id(change)
        if any(name in held[each.id] for each in running):
            continue
        cover = next((each for each in running if _covers(each, change, held[each.id], causes)), None)
        if cover is not None:
            held[cover.id].append(name)
            continue
        ended = next((each for each in mutes.mutes if name in each.held), None)
        if ended is not None:
            summed.setdefault(ended.id, []).append(change)
        if ended is None or is_open(change, breaches.open):
            deliver.append(change)
    after = tuple(msgspec.structs.replace(each, held=tuple(held[each.id])) for each in mutes.mutes)
    return HoldPlan(
        now=now,
        mutes=mutes if after == mutes.mutes else mutes.followed_by(after, now),
        deliver=tuple(deliver),
        summaries=tuple((each, tuple(summed[each.id])) for each in after if each.id in summed),
    )


def release(before: Mutes, summed_up: Collection[str], pending: Collection[Change]) -> Mutes:
    """Return the mutes without what these held, and without changes that are not pending any more; `before` itself if nothing changed."""
    left = {change_id(change) for change in pending}
    after = tuple(
        msgspec.structs.replace(each, held=() if each.id in summed_up else tuple(name for name in each.held if name in left))
        for each in before.mutes
    )
    return before if after == before.mutes else msgspec.structs.replace(before, rev=before.rev + 1, replaces=before.rev, mutes=after)


def _covers(mute: Mute, change: Change, held: Collection[str], causes: CausesOf) -> bool:
    gauge = change.gauge
    alarm = alarm_of(gauge)
    cluster = gauge.cluster if isinstance(gauge, LimitGauge) else None
    if mute.covers(alarm, cluster, None):
        return True
    if change.kind is ChangeKind.CLEARED:  # an end has no causes: it goes with its beginning
        return f"{ChangeKind.CROSSED}/{gauge.key}/{change.since}" in held
    return (mute.cluster is not None or mute.owner is not None) and mute.covers(alarm, cluster, causes(change))
