"""Deliveries: observations in batches that are repeated, shuffled, cut off and delivered again by several writers at once."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import msgspec
from hypothesis import strategies as st

from fargatecount.ledger.record import Recorded, record
from fargatecount.ledger.store import LedgerStore
from fargatecount.workload import Observation
from tests.convergence.stage import Actor, Luck, Stage, StageClock

WRITERS = 3
"""Three can do what two cannot: one overtakes another while a third has yet to read."""
ATTEMPTS = 3
"""Few, so that a delivery that gives up and comes again is an everyday matter."""

Batch = list[Observation]


class Move(msgspec.Struct, frozen=True):
    """Who acts next, and what its next call meets."""

    writer: int
    luck: Luck


_moves = st.builds(Move, st.integers(0, WRITERS - 1), st.sampled_from([Luck.GOOD] * 8 + list(Luck)))
courses = st.lists(_moves, min_size=20, max_size=60)
"""What happens before calm returns; a delivery without trouble takes two moves."""


@st.composite
def batches(draw: st.DrawFn, observations: st.SearchStrategy[Observation]) -> list[Batch]:
    """Return every observation in some batch, and some in several, in any order."""
    once = draw(st.lists(observations, min_size=1, max_size=8))
    again = draw(st.lists(st.sampled_from(once), max_size=5))
    everything = draw(st.permutations(once + again))
    result: list[Batch] = []
    while everything:
        size = draw(st.integers(1, 4))
        result.append(list(everything[:size]))
        everything = everything[size:]
    return result


class Deliveries:
    """A queue that delivers at least once: what a writer leaves unfinished, or dies of, comes again."""

    def __init__(self, stage: Stage, stores: Sequence[LedgerStore], clock: StageClock) -> None:
        self._stage = stage
        self._stores = stores
        self._clock = clock
        self._queue: deque[Batch] = deque()
        self._under_way: dict[int, tuple[Actor, Batch]] = {}

    def deliver(self, batches: Iterable[Batch], moves: Iterable[Move], after_step: Callable[[str], None]) -> None:
        """Deliver all batches by the given moves, then calmly until everything is recorded.

        `after_step` is called after every step, with the call that was made in it.
        """
        self._queue.extend(batches)
        for move in moves:
            self._move(move, after_step)
        calm_steps = 0
        while self._queue or self._under_way:
            self._move(Move(calm_steps % WRITERS, Luck.GOOD), after_step)
            calm_steps += 1
            assert calm_steps < 5000, "deliveries never come to an end"

    def _move(self, move: Move, after_step: Callable[[str], None]) -> None:
        if move.writer not in self._under_way:
            if not self._queue:
                return
            batch = self._queue.popleft()
            self._under_way[move.writer] = (self._stage.enter(lambda: self._record(move.writer, batch)), batch)
        actor, batch = self._under_way[move.writer]
        call = actor.waiting_for
        if not actor.ended:
            self._stage.step(actor, move.luck)
        if actor.ended:
            del self._under_way[move.writer]
            self._settle(actor, batch)
        after_step(call)

    def _record(self, writer: int, batch: Batch) -> Recorded:
        return record(batch, self._stores[writer], self._clock, attempts=ATTEMPTS, jitter=random.Random(0))

    def _settle(self, actor: Actor, batch: Batch) -> None:
        if actor.died:
            self._queue.append(batch)
            return
        assert isinstance(actor.result, Recorded)
        left = [batch[i] for i in actor.result.unfinished]
        if left:
            self._queue.append(left)
