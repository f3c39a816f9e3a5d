"""Dead letters: which are meant, what becomes of each when it is tried again, and how they are looked at and replayed.

Pure first, then looking and replaying through two small ports. Promises: looking takes nothing away, and replaying loses nothing wherever
it is interrupted. A letter is sent to the task queue first and deleted afterwards, so the worst is that it is sent twice, and versions make
the second one a duplicate. What a letter says is `letter`'s matter.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Protocol

import msgspec

from fargatecount.ingest.dead_letter import DeadLetter, DeadLetterSource, DeadLetterSummary, summarize
from fargatecount.workload import Millis

MIN_ID_LENGTH = 8
"""Characters by which a letter may be named: of a UUID they are enough for a few thousand letters, and what the table shows."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters are meant; all of them, unless told otherwise."""

    ids: tuple[str, ...] = ()
    """Ids, or how they begin."""
    reason: str | None = None
    """A glob over the reason; without wildcards, a part of it."""
    source: DeadLetterSource | None = None

    def includes(self, told: DeadLetterSummary) -> bool:
        """Say whether a letter is meant."""
        if self.ids and not self.names(told):
            return False
        if self.source is not None and told.source is not self.source:
            return False
        if self.reason is None:
            return True
        glob = self.reason if set(self.reason) & set("*?[") else f"*{self.reason}*"
        return fnmatchcase(told.reason, glob)

    def names(self, told: DeadLetterSummary) -> bool:
        """Say whether a letter is meant by its id."""
        return any(told.id.startswith(each) for each in self.ids)


class Disposition(StrEnum):
    """What becomes of a letter that is meant."""

    REPLAYED = "replayed"
    """It is sent to the task queue again."""
    ACKNOWLEDGED = "acknowledged"
    """It is deleted, for what it asked for has been done."""
    NOT_UNDERSTOOD = "not understood"
    """It stays: this version cannot read it either, so it would only come back."""
    NOT_PUBLISHED = "not published since"
    """It stays: nothing has been published after it."""


KEPT_IN_QUEUE = (Disposition.NOT_UNDERSTOOD, Disposition.NOT_PUBLISHED)


class DeadLetterQueue(Protocol):
    """A queue of dead letters. Every method raises DeniedError or UnavailableError, except `release`."""

    holds_stream_failures: bool

    def receive(self) -> Sequence[DeadLetter]:
        """Return up to ten letters, hidden from everybody else for some minutes; none where no more is to be had."""
        ...

    def release(self, letters: Iterable[DeadLetter]) -> None:
        """Let others see letters again at once; those with which that fails come back by themselves."""
        ...

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        """Delete letters."""
        ...


class TaskQueue(Protocol):
    """Where task events wait for the ledger."""

    def send(self, bodies: Sequence[str]) -> None:
        """Send messages; raises DeniedError or UnavailableError unless all were taken, and then some may have been."""
        ...


def disposition_of(told: DeadLetterSummary, selection: Selection, published_at: Millis) -> Disposition:
    """Return what becomes of a letter that is meant; pure. `published_at` is when counters were last published, 0 for never.

    A letter that is named by its id is sent again even if this version cannot read it: whoever names it knows why.
    """
    if told.source is DeadLetterSource.STREAM:
        return Disposition.ACKNOWLEDGED if published_at > told.sent_at else Disposition.NOT_PUBLISHED
    return Disposition.REPLAYED if told.understood or selection.names(told) else Disposition.NOT_UNDERSTOOD


def look(boxes: Iterable[DeadLetterQueue], selection: Selection, *, limit: int) -> tuple[list[DeadLetterSummary], bool]:
    """Return the letters that are meant, oldest first, and whether that is all; at most `limit` letters of each box are looked at."""
    found: list[DeadLetterSummary] = []
    complete = True
    for box in boxes:
        held: dict[str, DeadLetter] = {}
        try:
            while len(held) < limit and (batch := _new(box.receive(), held)):
                found += [summarize(letter, from_stream=box.holds_stream_failures) for letter in batch]
            complete = complete and len(held) < limit
        finally:
            box.release(held.values())
    return sorted((told for told in found if selection.includes(told)), key=lambda told: (told.sent_at, told.id)), complete


def replay(
    boxes: Iterable[DeadLetterQueue], queue: TaskQueue, selection: Selection, *, published_at: Millis, dry_run: bool = False
) -> Generator[tuple[DeadLetterSummary, Disposition], None, None]:
    """Try the letters that are meant again, and yield each with its fate once that is done; what is left goes back where it was."""
    for box in boxes:
        held: dict[str, DeadLetter] = {}
        try:
            while batch := _new(box.receive(), held):
                fates = [
                    (letter, told, disposition_of(told, selection, published_at))
                    for letter in batch
                    if selection.includes(told := summarize(letter, from_stream=box.holds_stream_failures))
                ]
                if not dry_run:
                    _carry_out(box, queue, [(letter, fate) for letter, _, fate in fates], held)
                yield from ((told, fate) for _, told, fate in fates)
        finally:
            box.release(held.values())


def _new(batch: Sequence[DeadLetter], held: dict[str, DeadLetter]) -> list[DeadLetter]:
    """Hold a batch, and return those of it that are seen for the first time: after a long while the first ones come again."""
    fresh = [letter for letter in batch if letter.id not in held]
    held |= {letter.id: letter for letter in batch}
    return fresh


def _carry_out(
    box: DeadLetterQueue, queue: TaskQueue, fates: Sequence[tuple[DeadLetter, Disposition]], held: dict[str, DeadLetter]
) -> None:
    again = [letter.body for letter, fate in fates if fate is Disposition.REPLAYED]
    done = [letter for letter, fate in fates if fate not in KEPT_IN_QUEUE]
    if again:
        queue.send(again)
    if done:
        box.delete(done)
    for letter in done:
        del held[letter.id]
