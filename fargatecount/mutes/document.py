"""Mutes in JSON: the document `fargatecount/mutes` version 1, and `muted` in the documents of usage and of alarms. Keys are only added."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.mutes.mute import Mute
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis

SCHEMA = "fargatecount/mutes"
VERSION = 1


class MuteDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One mute."""

    id: str
    active: bool
    since: str
    """ISO 8601 in UTC, as `until`; of a recurring mute, those of the time that is or was last."""
    until: str
    every: str | None
    """The cron expression of a recurring mute, in UTC."""
    recurs_until: str | None
    """When a recurring mute recurs no more."""
    reason: str
    by: str | None
    about: str
    """In words: `everything`, or what it is limited to."""
    alarm: str | None
    cluster: str | None
    owner: str | None
    cloudwatch: bool
    """Whether CloudWatch mutes its alarms too."""
    alarms_ring: bool
    """Whether there are alarms of CloudWatch that ring all the same; neither, if the stack has no alarms."""
    held: int
    """Messages that it holds back so far."""


class MutesDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount mute` and its sub-commands."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str
    dry_run: bool = False
    mutes: list[MuteDocument]


def mute_documents(mutes: Iterable[Mute], now: Millis) -> list[MuteDocument]:
    """Return mutes as they stand in JSON."""
    return [
        MuteDocument(
            id=each.id,
            active=each.is_active(now),
            since=to_iso(each.window(now)[0]),
            until=to_iso(each.window(now)[1]),
            every=each.every,
            recurs_until=to_iso(each.until) if each.every is not None else None,
            reason=each.reason,
            by=each.by or None,
            about=each.about,
            alarm=each.alarm,
            cluster=each.cluster,
            owner=each.owner,
            cloudwatch=each.rule is not None,
            alarms_ring=each.alarms_ring,
            held=len(each.held),
        )
        for each in mutes
    ]


def mutes_document(mutes: Iterable[Mute], now: Millis, *, dry_run: bool = False) -> MutesDocument:
    """Return the document of mutes."""
    return MutesDocument(as_of=to_iso(now), dry_run=dry_run, mutes=mute_documents(mutes, now))


def headline(mute: MuteDocument) -> str:
    """Return one line for people: what is muted, until when, and why."""
    ring = "; CloudWatch's own alarms still ring" if mute.alarms_ring else ""
    if not mute.active and mute.every is not None:
        return f"Mutes at {mute.every} UTC until {mute.recurs_until}: {mute.about} ({mute.reason}){ring}"
    if not mute.active:
        return f"Not muted any more since {mute.until}: {mute.about} ({mute.reason})"
    held = f", {mute.held} held" if mute.held else ""
    return f"Muted until {mute.until}: {mute.about} ({mute.reason}){held}{ring}"
