"""Dead letters in JSON: the documents `fargatecount/dead-letters` and `fargatecount/replay`, both version 1.

Pure. Keys may be added; none is renamed.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType

from fargatecount.ingest.dead_letter import DeadLetterSource, DeadLetterSummary
from fargatecount.ingest.replay import Disposition
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis, Scope

SCHEMA = "fargatecount/dead-letters"
REPLAY_SCHEMA = "fargatecount/replay"
VERSION = 1


class DeadLetterDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One dead letter."""

    id: str
    source: DeadLetterSource
    reason: str
    sent_at: str | None
    """ISO 8601 in UTC."""
    age_seconds: int
    received: int
    """Number of receives, the one for this document included."""
    understood: bool | None
    """Whether this version can read it; null for a message that is not an event."""
    excerpt: str
    body: str | UnsetType = UNSET
    """The whole body, where letters were named by id."""


class DeadLettersDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount dead-letters list --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str | None
    account: str
    region: str
    complete: bool
    """Whether these are all letters; false where a queue has more than were read."""
    letters: list[DeadLetterDocument]


class ReplayedLetterDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One dead letter and what was done with it."""

    id: str
    source: DeadLetterSource
    reason: str
    excerpt: str
    fate: Disposition


class ReplayDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount dead-letters replay --json`."""

    schema: str = REPLAY_SCHEMA
    version: int = VERSION
    dry_run: bool
    complete: bool
    """Whether the run came to its end; false where it was interrupted."""
    letters: list[ReplayedLetterDocument]


def letter_documents(letters: Iterable[DeadLetterSummary], now: Millis, *, with_bodies: bool = False) -> list[DeadLetterDocument]:
    """Return letters as they stand in JSON; an age is in whole seconds and never negative."""
    return [
        DeadLetterDocument(
            id=letter.id,
            source=letter.source,
            reason=letter.reason,
            sent_at=to_iso(letter.sent_at),
            age_seconds=max(now - letter.sent_at, 0) // 1000,
            received=letter.received,
            understood=letter.understood,
            excerpt=letter.excerpt,
            body=letter.body if with_bodies else UNSET,
        )
        for letter in letters
    ]


def dead_letters_document(letters: list[DeadLetterDocument], scope: Scope, now: Millis, *, complete: bool) -> DeadLettersDocument:
    """Return the whole answer of `list`."""
    return DeadLettersDocument(as_of=to_iso(now), account=scope.account, region=scope.region, complete=complete, letters=letters)


def replay_document(done: Iterable[tuple[DeadLetterSummary, Disposition]], *, dry_run: bool, complete: bool) -> ReplayDocument:
    """Return the whole answer of `replay`."""
    letters = [
        ReplayedLetterDocument(id=letter.id, source=letter.source, reason=letter.reason, excerpt=letter.excerpt, fate=disposition)
        for letter, disposition in done
    ]
    return ReplayDocument(dry_run=dry_run, complete=complete, letters=letters)
