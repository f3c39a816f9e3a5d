"""The scopes that the hub knows: the newest report of each, whether it is silent, and the port that keeps them.

Silent is a kind of unreadable. The last known counts of a silent scope stay in every total, flagged, with their age.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from fargatecount.errors import ReasonCode
from fargatecount.ledger.clusters import Trust
from fargatecount.organization.compose import usage_from
from fargatecount.organization.report import ScopeReport
from fargatecount.timestamps import MINUTE, to_iso
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Millis, Scope

SILENT_AFTER: Millis = 3 * MINUTE
"""The default of the hub's setting `silentSeconds`. A member reports once a minute: one report may be lost to a cold start and one to a
deployment, as `livenessMinutes` assumes too."""


class ScopeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The newest report of one scope, as the hub keeps it."""

    scope: Scope
    as_of: Millis
    report: ScopeReport
    in_breach: bool = False
    """Whether a breach of the scope may be open, so that each further report must be evaluated."""
    retired_at: Millis | None = None
    """When the scope was retired; a report that is newer brings it back."""

    @property
    def retired(self) -> bool:
        """Whether the scope no longer counts: its account was closed, or it was removed, and it has not reported since."""
        return self.retired_at is not None and self.as_of <= self.retired_at


class Offered(StrEnum):
    """What became of a report that was offered to the store."""

    TAKEN = "taken"
    TAKEN_IN_BREACH = "taken, in breach"
    """Taken, and the scope is marked: a breach may be open."""
    STALE = "stale"
    """The store has one as new or newer."""


class ScopeStore(Protocol):
    """Where the hub keeps the newest report of each scope.

    Every method raises UnavailableError or DeniedError where the store does not answer or refuses.
    """

    def offer(self, scope: Scope, as_of: Millis, text: bytes) -> Offered:
        """Keep a report if it is newer than the one of its scope; the check and the write are one."""
        ...

    def mark(self, scope: Scope, *, in_breach: bool) -> None:
        """Note whether a breach of a known scope may be open."""
        ...

    def retire(self, scope: Scope, at: Millis) -> bool:
        """Let a scope count no longer until it reports again; return False if it is not known."""
        ...

    def find(self, scope: Scope) -> ScopeRecord | None:
        """Return one scope, by a consistent read; None if it is not known."""
        ...

    def scopes(self, account: str | None = None) -> Iterable[ScopeRecord]:
        """Return the scopes of the organization or of one account, retired ones included, in any order."""
        ...


class KnownScope(msgspec.Struct, frozen=True, kw_only=True):
    """One scope as it stands now."""

    record: ScopeRecord
    silent: bool
    usage: ScopeUsage
    """Its usage; of a silent scope with its last known counts, each of them unreadable."""

    @property
    def scope(self) -> Scope:
        """Its account and Region."""
        return self.record.scope


def is_silent(record: ScopeRecord, now: Millis, after: Millis = SILENT_AFTER) -> bool:
    """Return whether the hub has not heard from a scope for `after`: its newest report is that old."""
    return now - record.as_of > after


def silence(record: ScopeRecord) -> Trust:
    """Return the verdict on a silent scope."""
    return Trust(
        readable=False,
        reason=f"silent: the hub has had no report since {to_iso(record.as_of)}",
        remedy="run `fargatecount doctor` in that account and Region",
        code=ReasonCode.NOT_READ_LATELY,
    )


def known_scope(record: ScopeRecord, now: Millis, silent_after: Millis = SILENT_AFTER) -> KnownScope:
    """Return a scope as it stands now."""
    silent = is_silent(record, now, silent_after)
    return KnownScope(record=record, silent=silent, usage=usage_from(record.report, now, silent=silence(record) if silent else None))


def known_scopes(records: Iterable[ScopeRecord], now: Millis, silent_after: Millis = SILENT_AFTER) -> Sequence[KnownScope]:
    """Return the scopes that count, by account and Region: retired ones do not."""
    return [known_scope(record, now, silent_after) for record in sorted(records, key=lambda each: each.scope) if not record.retired]
