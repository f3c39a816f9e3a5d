"""The refusal log: which launches were refused in the last hours, remembered beside the counters.

Pure, besides the port. Events come at least once and in any order, from several writers at a time. So what is remembered is no number but
a set: for each service, reason and five minutes, the marks of the refusals that there were. Adding a mark twice changes nothing, and the
number is that of the marks. A set that is full takes no more, and its number is then a lower bound; so no storm makes an item that costs
more than one write unit.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from hashlib import blake2s
from typing import Protocol

import msgspec

from fargatecount.refusals.refusal import Refusal, RefusalKind
from fargatecount.timestamps import HOUR
from fargatecount.workload import Capacity, Millis, Scope

WINDOW: Millis = 5 * 60_000
"""What one item is about: an hour is then read in twelve items for each service and reason, also by `status -w` every two seconds."""
RETENTION: Millis = 24 * HOUR
"""So that in the morning the table can be asked about the night; the reports remember for longer."""
MOST = 24
"""Marks in one item. ECS tells of a service that cannot place a task every few minutes; more come of tasks that stop in a storm."""
MAX_ITEMS = 500
"""The newest that a reader takes: half a megabyte at most, whatever has happened."""

REASON_BYTES = 220
GROUP_BYTES = 150
"""AWS's texts have about a hundred characters. With these, and an ECS cluster's name of at most 255, an item stays below 1 KB."""

_SECONDS = 3
"""Digits of a mark that say in which second of its window it was."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whose launches were refused, and why."""

    cluster: str
    """Its key, such as `ECS-web`."""
    group: str
    capacity: Capacity
    kind: RefusalKind
    reason: str
    is_shortage: bool


class RefusalWindow(Subject, frozen=True, kw_only=True):
    """One item: the refusals of one service for one reason within one window."""

    window: Millis
    """When the window begins."""
    identity: str
    """What the windows of the same service and reason have in common."""
    ids: frozenset[str]

    @property
    def key(self) -> str:
        """Sorts by time, and tells it from all others of its scope."""
        return f"{key_of(self.window)}#{self.identity}"

    @property
    def expires_at(self) -> Millis:
        """When nobody asks for it any more."""
        return self.window + WINDOW + RETENTION

    @property
    def moments(self) -> list[tuple[Millis, str]]:
        """When each refusal was, to the second, and what tells it from others."""
        return [(self.window + int(mark[:_SECONDS]) * 1000, mark[_SECONDS:]) for mark in self.ids]


class RefusalLog(Protocol):
    """Where refusals are remembered.

    Methods raise DeniedError, UnavailableError or MisconfiguredError where the table refused or did not answer.
    """

    def remember(self, scope: Scope, kept: Iterable[RefusalWindow]) -> None:
        """Add the marks of each to what is remembered under its key, as far as there is room for them."""
        ...

    def since(self, scope: Scope, moment: Millis) -> Sequence[RefusalWindow]:
        """Return the newest items, at most `MAX_ITEMS`, whose window ends after `moment`; oldest first."""
        ...


def window_of(at: Millis) -> Millis:
    """Return the beginning of the window that a moment lies in."""
    return at - at % WINDOW


def key_of(window: Millis) -> str:
    """Return a window as text that sorts by time."""
    return f"{window:013d}"


def kept(refusals: Iterable[Refusal]) -> dict[Scope, list[RefusalWindow]]:
    """Return refusals as items, for each scope."""
    found: dict[tuple[Scope, str], RefusalWindow] = {}
    for refusal in refusals:
        one = _kept(refusal)
        before = found.get((refusal.cluster.scope, one.key))
        if before is not None:
            one = msgspec.structs.replace(one, ids=before.ids | one.ids)
        found[refusal.cluster.scope, one.key] = one
    by_scope: dict[Scope, list[RefusalWindow]] = {}
    for (scope, _), one in found.items():
        by_scope.setdefault(scope, []).append(one)
    return by_scope


def remember(log: RefusalLog, refusals: Iterable[Refusal]) -> None:
    """Remember refusals of whatever scopes; raises as the log does."""
    for scope, items in kept(refusals).items():
        log.remember(scope, items)


def room_for(there: frozenset[str], marks: Iterable[str]) -> frozenset[str]:
    """Return the marks that are there afterwards: those that were, and as many new ones as there is room for."""
    new = sorted(set(marks) - there)
    return there | frozenset(new[: MOST - len(there)])


def _kept(refusal: Refusal) -> RefusalWindow:
    window = window_of(refusal.at)
    second = (refusal.at - window) // 1000
    same = (refusal.cluster.key, refusal.group, refusal.capacity, refusal.kind, refusal.reason)
    return RefusalWindow(
        window=window,
        identity=_digest("\0".join(same), 9),
        cluster=refusal.cluster.key,
        group=_cut(refusal.group, GROUP_BYTES),
        capacity=refusal.capacity,
        kind=refusal.kind,
        reason=_cut(refusal.reason, REASON_BYTES),
        is_shortage=refusal.is_shortage,
        # 30 bits: two of the few marks of an item are taken for one once in four million items.
        ids=frozenset({f"{second:0{_SECONDS}d}{_digest(refusal.id, 5)}"}),
    )


def _digest(text: str, length: int) -> str:
    digest = blake2s(text.encode(errors="replace"), digest_size=16).digest()
    return urlsafe_b64encode(digest).decode()[:length]


def _cut(text: str, size: int) -> str:
    """Return text of at most so many bytes, whole characters only, that says so where it was cut."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= size:
        return encoded.decode()
    return encoded[: size - len("…".encode())].decode(errors="ignore") + "…"
