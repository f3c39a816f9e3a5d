"""Which dead letters are selected, what becomes of them, and that a replay loses nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, suppress
from typing import cast

import pytest

from fargatecount.adapters.memory.dead_letter_queue import HIDDEN, MemoryQueue
from fargatecount.errors import UnavailableError
from fargatecount.ingest.dead_letter import DeadLetter, DeadLetterSource, summarize
from fargatecount.ingest.replay import Disposition, Selection, disposition_of, list_letters, replay
from tests.support.builders import NOW
from tests.support.fakes import FakeClock
from tests.support.letters import EVENT, FAILURE, UNDELIVERED, UNREADABLE, letter

ALL = Selection()


@pytest.mark.parametrize(
    ("selection", "included"),
    [
        (Selection(), True),
        (Selection(ids=("12345678",)), True),
        (Selection(ids=("12345678-1", "87654321")), True),
        (Selection(ids=("2345678-1",)), False),
        (Selection(reason="no JSON*"), True),
        (Selection(reason="JSON"), True),
        (Selection(reason="?JSON*"), False),
        (Selection(source=DeadLetterSource.HANDLER), True),
        (Selection(source=DeadLetterSource.RULE), False),
        (Selection(source=DeadLetterSource.HANDLER, reason="ends", ids=("12345678",)), True),
        (Selection(source=DeadLetterSource.HANDLER, reason="other"), False),
    ],
)
def test_which_letters_are_selected(selection: Selection, included: bool) -> None:
    """Ids, reason and source must all match; one that is not given matches every letter."""
    assert selection.includes(summarize(letter("x", UNREADABLE), from_stream=False)) is included


@pytest.mark.parametrize(
    ("body", "from_stream", "selection", "published_at", "disposition"),
    [
        (EVENT, False, Selection(), 0, Disposition.REPLAYED),
        ("x", False, Selection(), NOW + 1, Disposition.NOT_UNDERSTOOD),
        ("x", False, Selection(reason="*"), NOW + 1, Disposition.NOT_UNDERSTOOD),
        ("x", False, Selection(ids=("12345678",)), 0, Disposition.REPLAYED),
        (FAILURE, True, Selection(), NOW + 1, Disposition.ACKNOWLEDGED),
        (FAILURE, True, Selection(), NOW, Disposition.NOT_PUBLISHED),
        (FAILURE, True, Selection(ids=("12345678",)), 0, Disposition.NOT_PUBLISHED),
    ],
)
def test_what_becomes_of_a_letter(body: str, from_stream: bool, selection: Selection, published_at: int, disposition: Disposition) -> None:
    """An event is sent again if it is readable or was named; a failure of the stream is deleted once a publish followed it."""
    assert disposition_of(summarize(letter(body), from_stream=from_stream), selection, published_at) is disposition


class Stage:
    """A queue of letters, a queue of stream failures, and the task queue."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.letters = MemoryQueue(self.clock)
        self.failures = MemoryQueue(self.clock, holds_stream_failures=True)
        self.tasks = MemoryQueue(self.clock)

    def everywhere(self) -> list[str]:
        return self.letters.bodies + self.tasks.bodies

    def replay(self, selection: Selection = ALL, *, published_at: int = 0, dry_run: bool = False) -> list[Disposition]:
        found = replay([self.letters, self.failures], self.tasks, selection, published_at=published_at, dry_run=dry_run)
        return [disposition for _, disposition in found]


def test_listing_removes_nothing() -> None:
    """A list has all letters of both queues, oldest first, and the next list has them at once."""
    stage = Stage()
    bodies = [f"{number}" for number in range(25)]
    for body in bodies:
        stage.letters.put(body)
        stage.clock.advance(1000)
    stage.failures.put(FAILURE)
    for _ in range(2):
        found, complete = list_letters([stage.letters, stage.failures], Selection(), limit=100)
        assert ([letter.body for letter in found], complete) == ([*bodies, FAILURE], True)
    assert {letter.received for letter in found} == {2}


def test_a_list_has_a_limit() -> None:
    """A list that reached its limit is flagged as not complete."""
    stage = Stage()
    stage.letters.send([str(number) for number in range(25)])
    found, complete = list_letters([stage.letters], Selection(), limit=10)
    assert (len(found), complete) == (10, False)


def test_a_letter_in_flight_is_not_listed() -> None:
    """Two replays at the same time do not work on the same letters."""
    stage = Stage()
    stage.letters.put(EVENT)
    stage.letters.receive()
    assert list_letters([stage.letters], Selection(), limit=10) == ([], True)


def test_replaying_moves_letters_to_the_task_queue() -> None:
    """Every body arrives unchanged, and no letter is left."""
    stage = Stage()
    bodies = [EVENT + " " * number for number in range(23)]
    stage.letters.send(bodies)
    assert stage.replay() == [Disposition.REPLAYED] * 23
    assert (stage.tasks.bodies, stage.letters.bodies) == (bodies, [])


def test_letters_that_stay_are_visible_at_once() -> None:
    """A letter that is not selected or not understood returns to its queue without a wait."""
    stage = Stage()
    stage.letters.put("not JSON", UNREADABLE)
    stage.letters.put(EVENT, UNDELIVERED)
    stage.letters.put(EVENT)
    assert stage.replay(Selection(source=DeadLetterSource.RULE)) == [Disposition.REPLAYED]
    assert stage.replay() == [Disposition.NOT_UNDERSTOOD, Disposition.REPLAYED]
    assert [each.body for each in stage.letters.receive()] == ["not JSON"]
    assert len(stage.tasks.bodies) == 2


def test_failures_of_the_stream_are_deleted_and_never_sent() -> None:
    """Publishing is level-based: a publish after the failure leaves nothing to do."""
    stage = Stage()
    stage.failures.put(FAILURE)
    assert stage.replay(published_at=stage.clock.now()) == [Disposition.NOT_PUBLISHED]
    assert stage.replay(published_at=stage.clock.now() + 1) == [Disposition.ACKNOWLEDGED]
    assert (stage.failures.bodies, stage.tasks.bodies) == ([], [])


def test_a_dry_run_changes_nothing() -> None:
    """A dry run yields the same dispositions and leaves every queue as it was."""
    stage = Stage()
    stage.letters.put(EVENT)
    stage.failures.put(FAILURE)
    assert stage.replay(published_at=stage.clock.now() + 1, dry_run=True) == [Disposition.REPLAYED, Disposition.ACKNOWLEDGED]
    assert (stage.letters.bodies, stage.failures.bodies, stage.tasks.bodies) == ([EVENT], [FAILURE], [])
    assert len(stage.letters.receive()) == 1


class Breaking(MemoryQueue):
    """A queue whose connection breaks after `after` calls: before the call arrives, or before its answer does."""

    def __init__(self, stage: Stage, *, after: int, arrives: bool) -> None:
        super().__init__(stage.clock)
        self._left = after
        self._arrives = arrives

    def receive(self) -> Sequence[DeadLetter]:
        self._count()
        return super().receive()

    def send(self, bodies: Sequence[str]) -> None:
        if self._arrives:
            super().send(bodies)
        self._count()
        if not self._arrives:
            super().send(bodies)

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        if self._arrives:
            super().delete(letters)
        self._count()
        if not self._arrives:
            super().delete(letters)

    def release(self, letters: Iterable[DeadLetter]) -> None:
        if self._left > 0:
            super().release(letters)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise UnavailableError("the cable was pulled")


@pytest.mark.parametrize("arrives", [False, True], ids=["call lost", "answer lost"])
@pytest.mark.parametrize("after", range(8))
@pytest.mark.parametrize("which", ["letters", "tasks"])
def test_nothing_is_lost_wherever_it_breaks(which: str, after: int, arrives: bool) -> None:
    """Every letter is in one of the queues at any moment, and the next run moves all of them to the task queue."""
    stage = Stage()
    bodies = [EVENT + " " * number for number in range(23)]
    broken = Breaking(stage, after=1000, arrives=arrives)
    setattr(stage, which, broken)
    stage.letters.send(bodies)
    broken._left = after
    with suppress(UnavailableError):
        stage.replay()
    assert set(stage.everywhere()) == set(bodies)
    broken._left = 1000
    stage.clock.advance(HIDDEN)
    stage.replay()
    assert (set(stage.tasks.bodies), stage.letters.bodies) == (set(bodies), [])


def test_stopping_in_the_middle_releases_the_rest() -> None:
    """A run that is closed between two letters loses none, and the rest is visible at once."""
    stage = Stage()
    stage.letters.send([EVENT] * 15)
    dispositions = replay([stage.letters], stage.tasks, Selection(), published_at=0)
    with closing(cast("Generator[object]", dispositions)):
        next(iter(dispositions))
    assert (len(stage.tasks.bodies), len(stage.letters.receive())) == (10, 5)
