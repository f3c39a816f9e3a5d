"""Dead letters: which are meant, what becomes of each when it is tried again, and how they are looked at and replayed.

Pure first, then looking and replaying through two small ports. Promises: looking takes nothing away, and replaying loses nothing wherever
it is interrupted. A letter is sent to the task queue first and deleted afterwards, so the worst is that it is sent twice, and versions make
the second one a duplicate. What a letter says is `letter`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Protocol

import msgspec

from fargatecount.ingest.dead_letter import Letter, Source, Told, tell
from fargatecount.workload import Millis

SHORTEST_ID = 8
"""Characters by which a letter may be named: of a UUID they are enough for a few thousand letters, and what the table shows."""


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
