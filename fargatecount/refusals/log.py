"""The refusal log: which launches were refused in the last hours, kept beside the counters.

Pure, besides the port. Events arrive at least once, in any order, from several concurrent writers. So the log stores a set, not a number:
for each service, reason and five minutes, the ids of the refusals. Adding an id twice changes nothing, and the count is the size of the
set. A full set takes no more ids and its size is then a lower bound, so a storm never makes an item that costs more than one write unit.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from hashlib import blake2s
from typing import Protocol

import msgspec

from fargatecount.refusals.refusal import Refusal, RefusalKind
from fargatecount.timestamps import HOUR
from fargatecount.workload import Capacity, Millis, Scope

WINDOW: Millis = 5 * 60_000
"""Time span of one item. An hour is then twelve items for each service and reason, also for `status -w`, which reads every two seconds."""
RETENTION: Millis = 24 * HOUR
"""So that the log can be asked in the morning about the night; reports keep refusals for longer."""
MAX_IDS = 24
"""Ids in one item. ECS reports a service that cannot place a task every few minutes; only a storm of stopped tasks has more."""
MAX_ITEMS = 500
"""The newest items that a reader takes: half a megabyte at most."""

REASON_BYTES = 220
GROUP_BYTES = 150
"""AWS's texts have about a hundred characters. With these limits, and an ECS cluster name of at most 255, an item stays below 1 KB."""

_SECOND_DIGITS = 3
"""Leading digits of an id: the second of its window, 0 to 299."""

_VARIABLE = re.compile(r"\b[0-9a-f]{8,64}(?:-[0-9a-f]{4,12}){0,4}\b|\d+", re.IGNORECASE | re.ASCII)
"""Request ids, task ids and retry counts: they differ in each copy of what is one reason. Every repetition is bounded and separated: a
nested one takes exponential time over a long run of hexadecimal digits."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The service whose launches were refused, and the reason."""

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
    """Start of the window."""
    identity: str
    """Equal in all windows of the same service and reason."""
    ids: frozenset[str]

    @property
    def key(self) -> str:
        """Sort key: by time, unique within a scope."""
        return f"{key_of(self.window)}#{self.identity}"

    @property
    def expires_at(self) -> Millis:
        """When no reader needs the item any more."""
        return self.window + WINDOW + RETENTION

    @property
    def moments(self) -> list[tuple[Millis, str]]:
        """Time of each refusal, to the second, and the part of its id that distinguishes it."""
        return [(self.window + int(each[:_SECOND_DIGITS]) * 1000, each[_SECOND_DIGITS:]) for each in self.ids]


class RefusalLog(Protocol):
    """Storage of refusals.

    Methods raise DeniedError, UnavailableError or MisconfiguredError where the table refused or did not answer.
    """

    def remember(self, scope: Scope, kept: Iterable[RefusalWindow]) -> None:
        """Add the ids of each window to the item of its key, as far as there is room."""
        ...

    def since(self, scope: Scope, moment: Millis) -> Sequence[RefusalWindow]:
        """Return the newest items, at most `MAX_ITEMS`, whose window ends after `moment`; oldest first."""
        ...


def window_of(at: Millis) -> Millis:
    """Return the start of the window that a moment lies in."""
    return at - at % WINDOW


def key_of(window: Millis) -> str:
    """Return a window as text that sorts by time; a time before 1970 counts as 1970, since a sign does not sort."""
    return f"{max(window, 0):013d}"


def windows(refusals: Iterable[Refusal]) -> dict[Scope, list[RefusalWindow]]:
    """Return refusals as items, for each scope."""
    found: dict[tuple[Scope, str], RefusalWindow] = {}
    for refusal in refusals:
        one = _window(refusal)
        before = found.get((refusal.cluster.scope, one.key))
        if before is not None:
            one = msgspec.structs.replace(one, ids=before.ids | one.ids)
        found[refusal.cluster.scope, one.key] = one
    by_scope: dict[Scope, list[RefusalWindow]] = {}
    for (scope, _), one in found.items():
        by_scope.setdefault(scope, []).append(one)
    return by_scope


def remember(log: RefusalLog, refusals: Iterable[Refusal]) -> None:
    """Store refusals of any scopes; raises as the log does."""
    for scope, items in windows(refusals).items():
        log.remember(scope, items)


def room_for(stored: frozenset[str], ids: Iterable[str]) -> frozenset[str]:
    """Return the ids of an item after an addition: the stored ones, and as many new ones as there is room for."""
    new = sorted(set(ids) - stored)
    return stored | frozenset(new[: MAX_IDS - len(stored)])


def _window(refusal: Refusal) -> RefusalWindow:
    window = max(window_of(refusal.at), 0)
    second = max(refusal.at - window, 0) // 1000
    same = (refusal.cluster.key, refusal.group, refusal.capacity, refusal.kind, _VARIABLE.sub("0", refusal.reason))
    return RefusalWindow(
        window=window,
        identity=_digest("\0".join(same), 9),
        cluster=refusal.cluster.key,
        group=_cut(refusal.group, GROUP_BYTES),
        capacity=refusal.capacity,
        kind=refusal.kind,
        reason=_cut(refusal.reason, REASON_BYTES),
        is_shortage=refusal.is_shortage,
        # 30 bits: two of the few ids of an item collide once in four million items.
        ids=frozenset({f"{second:0{_SECOND_DIGITS}d}{_digest(refusal.id, 5)}"}),
    )


def _digest(text: str, length: int) -> str:
    digest = blake2s(text.encode(errors="replace"), digest_size=16).digest()
    return urlsafe_b64encode(digest).decode()[:length]


def _cut(text: str, size: int) -> str:
    """Return text of at most `size` bytes, whole characters only, with an ellipsis where it was cut."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= size:
        return encoded.decode()
    return encoded[: size - len("…".encode())].decode(errors="ignore") + "…"
