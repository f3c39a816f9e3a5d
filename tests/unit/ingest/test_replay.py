"""Which dead letters are meant, what becomes of them, and that replaying them loses nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, suppress
from typing import cast

import pytest

from fargatecount.adapters.memory.dead_letter_queue import HIDDEN, MemoryQueue
from fargatecount.errors import UnavailableError
from fargatecount.ingest.dead_letter import DeadLetter, DeadLetterSource, summarize
from fargatecount.ingest.replay import Disposition, Selection, disposition_of, look, replay
from tests.support.builders import NOW
from tests.support.fakes import FakeClock
from tests.support.letters import EVENT, FAILURE, UNDELIVERED, UNREADABLE, letter

ALL = Selection()


@pytest.mark.parametrize(
    ("selection", "included"),
    [
        (Selection(), True),
        (Selection(ids=("12345678",)), True),
        (Selection(ids=("12345678-1", "nobody-here")), True),
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
def test_which_letters_are_meant(selection: Selection, included: bool) -> None:
    """Ids, reason and source must all fit; what is not given fits all."""
    assert selection.includes(summarize(letter("x", UNREADABLE), from_stream=False)) is included


@pytest.mark.parametrize(
    ("body", "from_stream", "selection", "published_at", "fate"),
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
def test_what_becomes_of_a_letter(body: str, from_stream: bool, selection: Selection, published_at: int, fate: Disposition) -> None:
    """An event is sent again if it can be read or was named; a failure of the stream goes once something was published after it."""
    assert disposition_of(summarize(letter(body), from_stream=from_stream), selection, published_at) is fate


class Stage:
    """A box of letters, a box of failures, and the task queue."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.box = MemoryQueue(self.clock)
        self.failures = MemoryQueue(self.clock, holds_stream_failures=True)
        self.tasks = MemoryQueue(self.clock)

    def everywhere(self) -> list[str]:
        return self.box.bodies + self.tasks.bodies

    def replay(self, selection: Selection = ALL, *, published_at: int = 0, dry_run: bool = False) -> list[Disposition]:
        found = replay([self.box, self.failures], self.tasks, selection, published_at=published_at, dry_run=dry_run)
        return [fate for _, fate in found]


def test_looking_takes_nothing_away() -> None:
    """All letters are seen, oldest first, from both boxes, and are there for the next one who looks at once."""
    stage = Stage()
    bodies = [f"{number}" for number in range(25)]
    for body in bodies:
        stage.box.put(body)
        stage.clock.advance(1000)
    stage.failures.put(FAILURE)
    for _ in range(2):
        found, complete = look([stage.box, stage.failures], Selection(), limit=100)
        assert ([told.body for told in found], complete) == ([*bodies, FAILURE], True)
    assert {told.received for told in found} == {2}


def test_a_look_has_a_limit_and_says_so() -> None:
    """Of ten thousand letters nobody wants to read all; that there are more is said."""
    stage = Stage()
    stage.box.send([str(number) for number in range(25)])
    found, complete = look([stage.box], Selection(), limit=10)
    assert (len(found), complete) == (10, False)


def test_what_somebody_else_looks_at_is_not_seen() -> None:
    """Two that replay at the same time do not do the same."""
    stage = Stage()
    stage.box.put(EVENT)
    stage.box.receive()
    assert look([stage.box], Selection(), limit=10) == ([], True)


def test_replaying_moves_letters_to_the_task_queue() -> None:
    """Body by body as they were, and nothing is left."""
    stage = Stage()
    bodies = [EVENT + " " * number for number in range(23)]
    stage.box.send(bodies)
    assert stage.replay() == [Disposition.REPLAYED] * 23
    assert (stage.tasks.bodies, stage.box.bodies) == (bodies, [])


def test_what_is_not_meant_or_not_understood_is_back_at_once() -> None:
    """It is as if nobody had looked."""
    stage = Stage()
    stage.box.put("not JSON", UNREADABLE)
    stage.box.put(EVENT, UNDELIVERED)
    stage.box.put(EVENT)
    assert stage.replay(Selection(source=DeadLetterSource.RULE)) == [Disposition.REPLAYED]
    assert stage.replay() == [Disposition.NOT_UNDERSTOOD, Disposition.REPLAYED]
    assert [each.body for each in stage.box.receive()] == ["not JSON"]
    assert len(stage.tasks.bodies) == 2


def test_failures_of_the_stream_are_acknowledged_never_sent() -> None:
    """Publishing is level-based: once something was published after the failure, nothing is left to do."""
    stage = Stage()
    stage.failures.put(FAILURE)
    assert stage.replay(published_at=stage.clock.now()) == [Disposition.NOT_PUBLISHED]
    assert stage.replay(published_at=stage.clock.now() + 1) == [Disposition.ACKNOWLEDGED]
    assert (stage.failures.bodies, stage.tasks.bodies) == ([], [])


def test_a_dry_run_changes_nothing() -> None:
    """It says the same fates, and everything is where it was."""
    stage = Stage()
    stage.box.put(EVENT)
    stage.failures.put(FAILURE)
    assert stage.replay(published_at=stage.clock.now() + 1, dry_run=True) == [Disposition.REPLAYED, Disposition.ACKNOWLEDGED]
    assert (stage.box.bodies, stage.failures.bodies, stage.tasks.bodies) == ([EVENT], [FAILURE], [])
    assert len(stage.box.receive()) == 1


class Breaking(MemoryQueue):
    """A queue whose connection breaks after so many calls: before the call arrives, or before its answer does."""

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
@pytest.mark.parametrize("which", ["box", "tasks"])
def test_nothing_is_lost_wherever_it_breaks(which: str, after: int, arrives: bool) -> None:
    """Every letter is in one of the queues at any moment, and the next run brings all of them to the task queue."""
    stage = Stage()
    bodies = [EVENT + " " * number for number in range(23)]
    broken = Breaking(stage, after=1000, arrives=arrives)
    setattr(stage, which, broken)
    stage.box.send(bodies)
    broken._left = after
    with suppress(UnavailableError):
        stage.replay()
    assert set(stage.everywhere()) == set(bodies)
    broken._left = 1000
    stage.clock.advance(HIDDEN)
    stage.replay()
    assert (set(stage.tasks.bodies), stage.box.bodies) == (set(bodies), [])


def test_stopping_in_the_middle_gives_the_rest_back() -> None:
    """Whoever breaks off between two letters has lost none, and the rest can be had at once."""
    stage = Stage()
    stage.box.send([EVENT] * 15)
    fates = replay([stage.box], stage.tasks, Selection(), published_at=0)
    with closing(cast("Generator[object]", fates)):
        next(iter(fates))
    assert (len(stage.tasks.bodies), len(stage.box.receive())) == (10, 5)
