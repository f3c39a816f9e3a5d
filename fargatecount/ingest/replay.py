"""Dead letters: which ones a command selects, what becomes of each, and how they are listed and replayed.

A pure decision first, then listing and replaying through two small ports. Guarantees: listing removes nothing, and a replay loses nothing,
wherever it is interrupted. A letter is sent to the task queue first and deleted afterwards, so the worst case is that it is sent twice; the
version check of the ledger makes the second one a duplicate.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Protocol

import msgspec

from fargatecount.ingest.dead_letter import DeadLetter, DeadLetterSource, DeadLetterSummary, is_task_event, summarize
from fargatecount.workload import Millis

MIN_ID_LENGTH = 8
"""Characters that name a letter: of a UUID they are unique among a few thousand letters, and the table shows that many."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters a command works on; by default all."""

    ids: tuple[str, ...] = ()
    """Ids, or prefixes of ids."""
    reason: str | None = None
    """A glob over the reason; without wildcards, a part of it."""
    source: DeadLetterSource | None = None

    def includes(self, letter: DeadLetterSummary) -> bool:
        """Return whether a letter is selected."""
        if self.ids and not self.names(letter):
            return False
        if self.source is not None and letter.source is not self.source:
            return False
        if self.reason is None:
            return True
        glob = self.reason if set(self.reason) & set("*?[") else f"*{self.reason}*"
        return fnmatchcase(letter.reason, glob)

    def names(self, letter: DeadLetterSummary) -> bool:
        """Return whether a letter is selected by its id."""
        return any(letter.id.startswith(each) for each in self.ids)


class Disposition(StrEnum):
    """What becomes of a selected letter."""

    REPLAYED = "replayed"
    """It is sent to the task queue again."""
    ACKNOWLEDGED = "acknowledged"
    """It is deleted, because what it asked for has been done."""
    NOT_UNDERSTOOD = "not understood"
    """It stays: this version cannot read it either, so it would only return."""
    NOT_PUBLISHED = "not published since"
    """It stays: nothing has been published after it."""


KEPT_IN_QUEUE = (Disposition.NOT_UNDERSTOOD, Disposition.NOT_PUBLISHED)


class DeadLetterQueue(Protocol):
    """A queue of dead letters. Every method raises DeniedError or UnavailableError, except `release`."""

    holds_stream_failures: bool

    def receive(self) -> Sequence[DeadLetter]:
        """Return up to ten letters, hidden from all other readers for some minutes; none where no more are available."""
        ...

    def release(self, letters: Iterable[DeadLetter]) -> None:
        """Make letters visible again at once; if that fails, they become visible by themselves."""
        ...

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        """Delete letters."""
        ...


class TaskQueue(Protocol):
    """The queue of task events that function task_changed reads."""

    def send(self, bodies: Sequence[str]) -> None:
        """Send messages; raises DeniedError or UnavailableError unless all were accepted, and some may have been."""
        ...


def disposition_of(letter: DeadLetterSummary, selection: Selection, published_at: Millis) -> Disposition:
    """Return what becomes of a selected letter; pure. `published_at` is when counters were last published, 0 for never.

    A letter that is named by its id is sent again even if this version cannot read it: that is the operator's decision.
    """
    if letter.source is DeadLetterSource.STREAM:
        return Disposition.ACKNOWLEDGED if published_at > letter.sent_at else Disposition.NOT_PUBLISHED
    return Disposition.REPLAYED if letter.understood or selection.names(letter) else Disposition.NOT_UNDERSTOOD


def list_letters(
    queues: Iterable[DeadLetterQueue], selection: Selection, *, limit: int, is_readable: Callable[[DeadLetter], bool] = is_task_event
) -> tuple[list[DeadLetterSummary], bool]:
    """Return the selected letters, oldest first, and whether these are all; reads about `limit` letters of each queue.

    `is_readable` says whether this version understands a letter.
    """
    found: list[DeadLetterSummary] = []
    complete = True
    for queue in queues:
        held: dict[str, DeadLetter] = {}
        try:
            while len(held) < limit and (batch := _new(queue.receive(), held)):
                found += [summarize(letter, from_stream=queue.holds_stream_failures, is_readable=is_readable) for letter in batch]
            complete = complete and len(held) < limit
        finally:
            queue.release(held.values())
    return sorted((letter for letter in found if selection.includes(letter)), key=lambda letter: (letter.sent_at, letter.id)), complete


def replay(
    queues: Iterable[DeadLetterQueue], task_queue: TaskQueue, selection: Selection, *, published_at: Millis, dry_run: bool = False
) -> Generator[tuple[DeadLetterSummary, Disposition], None, None]:
    """Try the selected letters again, and yield each with its disposition once that is done; the rest returns to its queue."""
    for queue in queues:
        held: dict[str, DeadLetter] = {}
        try:
            while batch := _new(queue.receive(), held):
                selected = [
                    (letter, summary, disposition_of(summary, selection, published_at))
                    for letter in batch
                    if selection.includes(summary := summarize(letter, from_stream=queue.holds_stream_failures))
                ]
                if not dry_run:
                    _apply(queue, task_queue, [(letter, disposition) for letter, _, disposition in selected], held)
                yield from ((summary, disposition) for _, summary, disposition in selected)
        finally:
            queue.release(held.values())


def _new(batch: Sequence[DeadLetter], held: dict[str, DeadLetter]) -> list[DeadLetter]:
    """Add a batch to `held`, and return its letters that are new: in a long run the first ones become visible and arrive again."""
    fresh = [letter for letter in batch if letter.id not in held]
    held |= {letter.id: letter for letter in batch}
    return fresh


def _apply(
    queue: DeadLetterQueue, task_queue: TaskQueue, decided: Sequence[tuple[DeadLetter, Disposition]], held: dict[str, DeadLetter]
) -> None:
    replayed = [letter.body for letter, disposition in decided if disposition is Disposition.REPLAYED]
    done = [letter for letter, disposition in decided if disposition not in KEPT_IN_QUEUE]
    if replayed:
        task_queue.send(replayed)
    if done:
        queue.delete(done)
    for letter in done:
        del held[letter.id]
