"""The event at the end of a mute: one message for everything that it held back, for programs and for a chat.

Pure. Promises of the shape `fargatecount/mute-ended` version 1: keys may be added, none is renamed. `breach` identifies it, however often
it is delivered. A breach that is still open is reported by its own limit event besides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fargatecount.breaches.breach import Change, ChangeKind
from fargatecount.breaches.event import ChatNotification, LimitDetail, limit_event
from fargatecount.breaches.event_text import describe, plain_name
from fargatecount.mutes.mute import Mute
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis, Scope

SCHEMA = "fargatecount/mute-ended"
VERSION = 1
DETAIL_TYPE = "Fargate Mute Ended"
MAX_LISTED = 20
"""Changes in full: a longer list does not fit one screen of a chat, nor 100 of them the 256 KB of an event."""


class MuteEndedDetail(msgspec.Struct, frozen=True, kw_only=True):
    """The detail of the event: the promised document."""

    schema: str = SCHEMA
    version: int = VERSION
    breach: str
    """What identifies the message, as in a limit event: `<account>/<region>/mute/<id>`."""
    test: bool = False
    account: str
    region: str
    since: str
    until: str
    """When the mute ended."""
    reason: str
    by: str | None
    about: str
    began: int
    """Breaches that began meanwhile."""
    ended: int
    still_open: list[str]
    """`breach` of those that are open now; each has a limit event of its own besides."""
    held: list[LimitDetail]
    """The held messages, oldest first, at most 20; they do not name who grew, because that was then."""
    held_count: int
    chat: ChatNotification


class MuteEndedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event."""

    at: Millis
    detail: MuteEndedDetail

    @property
    def detail_type(self) -> str:
        """`Fargate Mute Ended`."""
        return DETAIL_TYPE


def change_id(change: Change) -> str:
    """Return what identifies a change among those of its scope."""
    return f"{change.kind}/{change.gauge.key}/{change.since}"


def message_of(mute: Mute, scope: Scope, now: Millis) -> str:
    """Return what identifies the summary of a mute, and of each time of a recurring one."""
    which = mute.id if mute.every is None else f"{mute.id}/{mute.window(now)[0]}"
    return f"{scope.account}/{scope.region}/mute/{which}"


def is_open(change: Change, still_open: Mapping[str, Change]) -> bool:
    """Return whether a change began a breach that is still open."""
    now_open = still_open.get(change.gauge.key)
    return change.kind is ChangeKind.CROSSED and now_open is not None and now_open.since == change.since


def mute_ended(mute: Mute, changes: Sequence[Change], still_open: Mapping[str, Change], scope: Scope, now: Millis) -> MuteEndedEvent:
    """Return the event of a mute that held back `changes`."""
    details = [limit_event(change, scope, None).detail for change in changes]
    opened = [detail.breach for change, detail in zip(changes, details, strict=True) if is_open(change, still_open)]
    since, until = map(to_iso, mute.window(now))
    began = sum(change.kind is ChangeKind.CROSSED for change in changes)
    lines = [
        f"Muted from {since} to {until}: {plain_name(mute.about)}. Reason: {plain_name(mute.reason)}.",
        f"Held back: {began} crossed, {len(changes) - began} cleared; {len(opened)} still open.",
        "",
        *(f"- {to_iso(change.at)} {change.gauge.level} {change.kind.lower()}: {describe(change)}" for change in changes[:MAX_LISTED]),
    ]
    if len(changes) > MAX_LISTED:
        lines.append(f"- and {len(changes) - MAX_LISTED} more: fargatecount alarms")
    detail = MuteEndedDetail(
        breach=message_of(mute, scope, now),
        account=scope.account,
        region=scope.region,
        since=since,
        until=until,
        reason=mute.reason,
        by=mute.by or None,
        about=mute.about,
        began=began,
        ended=len(changes) - began,
        still_open=opened,
        held=details[:MAX_LISTED],
        held_count=len(changes),
        chat=ChatNotification(
            title=f"Mute ended in {scope.region}: {len(changes)} messages were held back",
            description="\n".join(lines),
            next_steps=["See what is open now: fargatecount alarms"] if opened else [],
            keywords=["fargatecount", "mute", scope.region, scope.account],
        ),
    )
    return MuteEndedEvent(at=now, detail=detail)
