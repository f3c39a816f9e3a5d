"""Mutes: for how long, why, and about what messages are held back, and which changes they hold.

Pure. Promises: every mute has an end; a mute that cannot be read is no mute, so that alarms ring; and a change that a mute holds is named
in it until its summary was sent. The changes themselves stay with the breaches: a release that does not know mutes delivers them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

import msgspec

from fargatecount.errors import MisconfiguredError
from fargatecount.mutes.schedule import occurrence
from fargatecount.timestamps import DAY
from fargatecount.workload import Millis, Scope

MAX_MUTES = 50
"""Mutes of a scope at a time. A list that long is a mistake of a script, and half of what an item of DynamoDB holds."""
MAX_REASON = 200
"""Characters of a reason: one line in a chat."""
KEPT: Millis = DAY
"""How long a mute that has ended and holds nothing stays listed; one that holds something stays until its summary was sent."""
NOT_MUTED = frozenset({"liveness", "critical-while-blind"})
"""Alarms that only a mute of their own name covers: while nothing is published, no summary comes either."""


class GrowthOrigin(msgspec.Struct, frozen=True):
    """A workload's origin, by which a breach of a quota is attributed."""

    cluster: str
    """Key of the cluster, such as `ECS-web`."""
    owner: str | None = None


class Mute(msgspec.Struct, frozen=True, kw_only=True):
    """One mute. With neither `alarm`, `cluster` nor `owner` it covers the whole scope."""

    id: str
    since: Millis
    until: Millis
    reason: str
    by: str = ""
    """ARN of the caller, or `setting` for a recurring window."""
    alarm: str | None = None
    """Name without that of the stack, such as `warning-spot`."""
    cluster: str | None = None
    """Key of a cluster."""
    owner: str | None = None
    rule: str | None = None
    """The mute rule of CloudWatch that goes with it."""
    alarms_ring: bool = False
    """Whether there are alarms of CloudWatch that ring all the same."""
    held: tuple[str, ...] = ()
    """Ids of the changes that it holds back."""
    every: str | None = None
    """For a recurring mute, the cron expression by which it begins, in UTC; `until` is when it recurs no more."""
    length: Millis = 0
    """How long each time of a recurring mute is."""

    def window(self, now: Millis) -> tuple[Millis, Millis]:
        """Return begin and end of its present or last time; of one that never was, an empty one."""
        if self.every is None:
            return self.since, self.until
        found = occurrence(self.every, self.length, now)
        begins, ends = found if found is not None else (self.since, self.since)
        return max(begins, self.since), min(ends, self.until)

    def is_active(self, now: Millis) -> bool:
        """Return whether it holds back messages of this moment."""
        begins, ends = self.window(now)
        return begins <= now < ends

    @property
    def about(self) -> str:
        """What it is about, in words."""
        parts = [f"{word} {name}" for word, name in (("alarm", self.alarm), ("cluster", self.cluster), ("owner", self.owner)) if name]
        return ", ".join(parts) or "everything"

    def covers(self, alarm: str, cluster: str | None, causes: Collection[GrowthOrigin] | None) -> bool:
        """Return whether it covers a message.

        `alarm` is the alarm about the same thing, `cluster` the key of the only cluster that the message is about. `causes` are the origins
        of everything that started lately; None if they are not known. A mute of a cluster or an owner covers a message about more than that
        only if all of its causes are theirs: the growth of others must not be hidden.
        """
        if self.alarm is not None and self.alarm != alarm:
            return False
        if self.alarm is None and alarm in NOT_MUTED:
            return False
        if self.cluster is None and self.owner is None:
            return True
        if self.owner is None and cluster == self.cluster:
            return True
        return bool(causes) and all(
            (self.cluster is None or cause.cluster == self.cluster) and (self.owner is None or cause.owner == self.owner)
            for cause in causes or ()
        )


class Mutes(msgspec.Struct, frozen=True, kw_only=True):
    """The mutes of a scope."""

    rev: int = 0
    """The optimistic lock: the time of the first write in milliseconds, then one more with every write; 0 where nothing is stored. So a
    state that was deleted and made anew never has the revision that a late writer has read."""
    replaces: int = 0
    """The revision that this state was made from; 0 for the first."""
    mutes: tuple[Mute, ...] = ()

    def followed_by(self, mutes: Iterable[Mute], now: Millis) -> Mutes:
        """Return the next revision, with these mutes."""
        return Mutes(rev=self.rev + 1 if self.rev else now, replaces=self.rev, mutes=tuple(mutes))


class MuteStore(Protocol):
    """Storage of mutes, shared by the command line and all publishers of a scope."""

    def mutes(self, scope: Scope) -> Mutes:
        """Return the last stored state; raises UnavailableError, DeniedError, or MalformedError if it cannot be read."""
        ...

    def keep(self, scope: Scope, mutes: Mutes) -> bool:
        """Replace revision `mutes.replaces`; return False, and store nothing, if that is no longer the last one."""
        ...


def active(mutes: Iterable[Mute], now: Millis) -> list[Mute]:
    """Return the mutes that hold back messages of this moment, the next to end first."""
    return sorted((each for each in mutes if each.is_active(now)), key=lambda each: (each.window(now)[1], each.id))


def add(before: Mutes, mute: Mute, now: Millis) -> Mutes:
    """Return the mutes with one more, or with a new version of it, without those that ended long ago.

    Raises:
        MisconfiguredError: there are `MAX_MUTES` already.
    """
    others = [each for each in _current(before.mutes, now) if each.id != mute.id]
    if len(others) >= MAX_MUTES:
        raise MisconfiguredError(f"there are {len(others)} mutes, as many as fit", remedy="end some: fargatecount mute list")
    return before.followed_by((*others, mute), now)


def end(before: Mutes, ids: Collection[str], now: Millis) -> Mutes:
    """Return the mutes after these have ended now; what they hold is summed up by the next evaluation."""
    changed = (msgspec.structs.replace(each, until=now) if each.id in ids and each.until > now else each for each in before.mutes)
    return before.followed_by(_current(changed, now), now)


def _current(mutes: Iterable[Mute], now: Millis) -> Sequence[Mute]:
    return [each for each in mutes if each.held or each.until > now - KEPT]
