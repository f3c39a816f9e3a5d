"""The watch of a simulated cluster: the lines that one watcher receives, and when.

A generator of lines, without any socket: it ends when the server ends the watch, and raises `CutError` where the connection is to break.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from local.kubernetes.faults import PodFaultBoard
from local.kubernetes.history import Change, History, Stored, stored
from local.kubernetes.refusal import RefusalError, expired
from local.kubernetes.selector import Matches

TICK: Final = 0.1
"""Seconds between two checks of the faults and of the watcher's connection."""
EARLY: Final = 2.0
"""Seconds before the end of a watch at which the last bookmark comes, as in the real server's `nextBookmarkTime`
(https://github.com/kubernetes/kubernetes/blob/v1.20.2/staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go)."""


class CutError(Exception):
    """The connection breaks now, after this much of a line."""

    def __init__(self, sent: bytes) -> None:
        super().__init__("connection cut on purpose")
        self.sent = sent


class Watch(msgspec.Struct, frozen=True):
    """The parameters of one watch."""

    matches: Matches
    after: int | None
    """The version after which changes are sent; None: all pods as they are come first."""
    seconds: float
    bookmarks: bool
    sees_all: bool = False
    """Also what watches do not receive."""


def lines(
    watch: Watch,
    history: History,
    faults: PodFaultBoard,
    alive: Callable[[], bool],
    *,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[bytes]:
    """Yield the lines of a watch until its time is up, or until `alive` says that the client is gone.

    Raises:
        Cut: break the connection.
    """
    end = now() + watch.seconds
    bookmark_at = _next_bookmark(now(), end, faults)
    position = watch.after
    if position is None:
        position, pods = history.snapshot()
        yield from (line("ADDED", state) for _, state in pods if watch.matches(state.pod))
    while alive():
        if faults.settings.frozen:
            _wait(history, history.version, TICK)
            continue
        try:
            if faults.take("gone_in_stream"):
                raise expired(f"too old resource version: {position} ({history.version})")
            changes, position = history.changes_after(position)
        except RefusalError as refusal:
            yield msgspec.json.encode({"type": "ERROR", "object": refusal.status}) + b"\n"
            return
        for event in _told(changes, watch):
            if faults.cuts():
                raise CutError(event[: len(event) // 2])
            yield event
        if now() >= end:
            return
        if watch.bookmarks and now() >= bookmark_at:
            yield bookmark(position)
            bookmark_at = _next_bookmark(now(), end, faults)
        _wait(history, position, min(TICK, end - now(), bookmark_at - now()))


def _told(changes: list[Change], watch: Watch) -> Iterator[bytes]:
    for change in changes:
        if (change.watched or watch.sees_all) and (event := event_of(change, watch.matches)):
            yield event


def _wait(history: History, version: int, seconds: float) -> None:
    """Wait until there is something newer than the version, or the time is up."""
    with history.changed:
        if history.version <= version:
            history.changed.wait(max(0.0, seconds))


def event_of(change: Change, matches: Matches) -> bytes | None:
    """Return a change as a selector shows it: a pod that begins to match is added, one that ceases to match is deleted."""
    was = change.before is not None and matches(change.before.pod)
    if change.after is not None and matches(change.after.pod):
        return line("MODIFIED" if was else "ADDED", change.after)
    if was and change.before is not None:
        last = change.before.pod
        return line("DELETED", stored({**last, "metadata": {**last["metadata"], "resourceVersion": str(change.version)}}))
    return None


def line(kind: str, state: Stored) -> bytes:
    """Return one event."""
    return b'{"type":"%s","object":%s}\n' % (kind.encode(), whole_object(state))


def whole_object(state: Stored) -> bytes:
    """Return the JSON of a pod that stands alone."""
    return b'{"kind":"Pod","apiVersion":"v1",' + state.body[1:]


def bookmark(version: int) -> bytes:
    """Return the event that says only: you have seen everything up to this version."""
    pod = {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": str(version), "creationTimestamp": None},
        "spec": {"containers": None},
        "status": {},
    }
    return msgspec.json.encode({"type": "BOOKMARK", "object": pod}) + b"\n"


def _next_bookmark(now: float, end: float, faults: PodFaultBoard) -> float:
    regular = now + faults.settings.bookmark_seconds
    return min(regular, end - EARLY) if now < end - EARLY else regular
