"""Dead letters: what could not be delivered or processed, why, and what becomes of it when it is tried again.

Pure first, then looking and replaying through two small ports. Promises: looking takes nothing away, and replaying loses nothing wherever
it is interrupted. A letter is sent to the task queue first and deleted afterwards, so the worst is that it is sent twice, and versions make
the second one a duplicate. Of the shape `fargatecount/dead-letters` version 1: keys may be added, none is renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Protocol

import msgspec

from fargatecount.ecs import parse_event
from fargatecount.errors import Malformed
from fargatecount.moments import iso
from fargatecount.refusals import is_about_a_service
from fargatecount.workload import Millis

SCHEMA = "fargatecount/dead-letters"
VERSION = 1

EXCERPT = 200
"""Characters of a body: an event's type, account, time and cluster stand in the first 200."""
SHORTEST_ID = 8
"""Characters by which a letter may be named: of a UUID they are enough for a few thousand letters, and what the table shows."""


class Source(StrEnum):
    """Where a letter comes from."""

    HANDLER = "handler"
    """Function task_changed could not understand it."""
    RULE = "rule"
    """EventBridge could not deliver it to the task queue."""
    RETRIES = "retries"
    """It was understood, or nobody came as far, and could not be processed in all its tries."""
    STREAM = "stream"
    """Function publish could not be woken by changes of counters: no event, and nothing is lost with it."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One message as a queue hands it out."""

    id: str
    receipt: str = ""
    """What it is deleted or put back by; of this one look."""
    body: str
    attributes: Mapping[str, str] = {}
    """Message attributes."""
    sent_at: Millis
    received: int
    """How often somebody has received it, this look included."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter says to a person."""

    id: str
    source: Source
    reason: str
    sent_at: Millis
    received: int
    understood: bool | None
    """Whether this version of fargatecount can read it; None for what is no event."""
    excerpt: str
    body: str


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters are meant; all of them, unless told otherwise."""

    ids: tuple[str, ...] = ()
    """Ids, or how they begin."""
    reason: str | None = None
    """A glob over the reason; without wildcards, a part of it."""
    source: Source | None = None

    def includes(self, told: Told) -> bool:
        """Say whether a letter is meant."""
        if self.ids and not self.names(told):
            return False
        if self.source is not None and told.source is not self.source:
            return False
        if self.reason is None:
            return True
        glob = self.reason if set(self.reason) & set("*?[") else f"*{self.reason}*"
        return fnmatchcase(told.reason, glob)

    def names(self, told: Told) -> bool:
        """Say whether a letter is meant by its id."""
        return any(told.id.startswith(each) for each in self.ids)


class Fate(StrEnum):
    """What becomes of a letter that is meant."""

    REPLAYED = "replayed"
    """It is sent to the task queue again."""
    ACKNOWLEDGED = "acknowledged"
    """It is deleted, for what it asked for has been done."""
    NOT_UNDERSTOOD = "not understood"
    """It stays: this version cannot read it either, so it would only come back."""
    NOT_PUBLISHED = "not published since"
    """It stays: nothing has been published after it."""


LEFT = (Fate.NOT_UNDERSTOOD, Fate.NOT_PUBLISHED)


class Letterbox(Protocol):
    """A queue of dead letters. Every method raises Denied or Unavailable, except `release`."""

    holds_stream_failures: bool

    def receive(self) -> Sequence[Letter]:
        """Return up to ten letters, hidden from everybody else for some minutes; none where no more is to be had."""
        ...

    def release(self, letters: Iterable[Letter]) -> None:
        """Let others see letters again at once; those with which that fails come back by themselves."""
        ...

    def delete(self, letters: Sequence[Letter]) -> None:
        """Delete letters."""
        ...


class TaskQueue(Protocol):
    """Where task events wait for the ledger."""

    def send(self, bodies: Sequence[str]) -> None:
        """Send messages; raises Denied or Unavailable unless all were taken, and then some may have been."""
        ...


def tell(letter: Letter, *, from_stream: bool) -> Told:
    """Return what a letter says; pure."""
    source = Source.STREAM if from_stream else _source_of(letter)
    return Told(
        id=letter.id,
        source=source,
        reason=_reason_of(letter, source),
        sent_at=letter.sent_at,
        received=letter.received,
        understood=None if from_stream else _is_understood(letter.body),
        excerpt=" ".join(letter.body[: EXCERPT * 2].split())[:EXCERPT],
        body=letter.body,
    )


def fate_of(told: Told, selection: Selection, published_at: Millis) -> Fate:
    """Return what becomes of a letter that is meant; pure. `published_at` is when counters were last published, 0 for never.

    A letter that is named by its id is sent again even if this version cannot read it: whoever names it knows why.
    """
    if told.source is Source.STREAM:
        return Fate.ACKNOWLEDGED if published_at > told.sent_at else Fate.NOT_PUBLISHED
    return Fate.REPLAYED if told.understood or selection.names(told) else Fate.NOT_UNDERSTOOD


def look(boxes: Iterable[Letterbox], selection: Selection, *, limit: int) -> tuple[list[Told], bool]:
    """Return the letters that are meant, oldest first, and whether that is all; at most `limit` letters of each box are looked at."""
    found: list[Told] = []
    complete = True
    for box in boxes:
        held: dict[str, Letter] = {}
        try:
            while len(held) < limit and (batch := _new(box.receive(), held)):
                found += [tell(letter, from_stream=box.holds_stream_failures) for letter in batch]
            complete = complete and len(held) < limit
        finally:
            box.release(held.values())
    return sorted((told for told in found if selection.includes(told)), key=lambda told: (told.sent_at, told.id)), complete


def replay(
    boxes: Iterable[Letterbox], queue: TaskQueue, selection: Selection, *, published_at: Millis, dry_run: bool = False
) -> Iterator[tuple[Told, Fate]]:
    """Try the letters that are meant again, and yield each with its fate once that is done; what is left goes back where it was."""
    for box in boxes:
        held: dict[str, Letter] = {}
        try:
            while batch := _new(box.receive(), held):
                fates = [
                    (letter, told, fate_of(told, selection, published_at))
                    for letter in batch
                    if selection.includes(told := tell(letter, from_stream=box.holds_stream_failures))
                ]
                if not dry_run:
                    _carry_out(box, queue, [(letter, fate) for letter, _, fate in fates], held)
                yield from ((told, fate) for _, told, fate in fates)
        finally:
            box.release(held.values())


def document(letters: Iterable[Told], now: Millis, *, with_bodies: bool = False) -> list[dict[str, Any]]:
    """Return letters for JSON."""
    return [
        {
            "id": told.id,
            "source": str(told.source),
            "reason": told.reason,
            "sent_at": iso(told.sent_at),
            "age_seconds": max(now - told.sent_at, 0) // 1000,
            "received": told.received,
            "understood": told.understood,
            "excerpt": told.excerpt,
            **({"body": told.body} if with_bodies else {}),
        }
        for told in letters
    ]


def _new(batch: Sequence[Letter], held: dict[str, Letter]) -> list[Letter]:
    """Hold a batch, and return those of it that are seen for the first time: after a long while the first ones come again."""
    fresh = [letter for letter in batch if letter.id not in held]
    held |= {letter.id: letter for letter in batch}
    return fresh


def _carry_out(box: Letterbox, queue: TaskQueue, fates: Sequence[tuple[Letter, Fate]], held: dict[str, Letter]) -> None:
    again = [letter.body for letter, fate in fates if fate is Fate.REPLAYED]
    done = [letter for letter, fate in fates if fate not in LEFT]
    if again:
        queue.send(again)
    if done:
        box.delete(done)
    for letter in done:
        del held[letter.id]


def _source_of(letter: Letter) -> Source:
    if letter.attributes.get("source") == Source.HANDLER:
        return Source.HANDLER
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    return Source.RULE if {"RULE_ARN", "ERROR_CODE"} & letter.attributes.keys() else Source.RETRIES


def _reason_of(letter: Letter, source: Source) -> str:
    of = letter.attributes
    match source:
        case Source.HANDLER:
            return of.get("reason") or "no reason was written"
        case Source.RULE:
            return ": ".join(filter(None, (of.get("ERROR_CODE"), of.get("ERROR_MESSAGE")))) or "EventBridge could not deliver it"
        case Source.RETRIES:
            return "not processed in all its tries"
        case Source.STREAM:
            return _reason_of_stream(letter.body)


def _is_understood(body: str) -> bool:
    try:
        parse_event(body)
    except Malformed:
        return is_about_a_service(body)
    return True


class _Context(msgspec.Struct, rename="camel"):
    condition: str = ""


class _Batch(msgspec.Struct, rename="camel"):
    batch_size: int = 0


class _Failure(msgspec.Struct, rename="camel"):
    """https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html."""

    request_context: _Context = msgspec.field(default_factory=_Context)
    batch: _Batch = msgspec.field(name="DDBStreamBatchInfo", default_factory=_Batch)


def _reason_of_stream(body: str) -> str:
    try:
        failure = msgspec.json.decode(body, type=_Failure)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "function publish was not woken"
    return f"{failure.request_context.condition or 'function publish was not woken'}, {failure.batch.batch_size} changes"
