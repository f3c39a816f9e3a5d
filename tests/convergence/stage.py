"""A stage on which several actors act, one at a time, in an order that the test decides.

Each actor runs ordinary blocking code in a thread of its own, and acts only while it holds the baton. Wherever the code could meet
another (at each call to the table, at each wait) it pauses and hands the baton back. So the test interleaves real code step by step, can
look at the table between any two steps, and the same choices give the same run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum, auto

from fargatecount.workload import Millis
from tests.support.fakes import FakeClock

PATIENCE = 30.0
"""Seconds until an actor that neither pauses nor ends is a failure instead of a hanging build."""


class Luck(Enum):
    """What an actor's next call meets."""

    GOOD = auto()
    CONFLICT = auto()
    """Another transaction is at work on the same items."""
    THROTTLED = auto()
    TURNED_AWAY = auto()
    """No connection: nothing is done, and the caller cannot know that."""
    ANSWER_LOST = auto()
    """It is done, and the caller never hears of it."""
    IN_PART = auto()
    """A batch read answers for some keys only."""
    DEATH = auto()
    """The actor's process ends before the call."""
    DEATH_AFTER = auto()
    """The call is done, and the actor's process ends before it can hear of it."""


class Died(BaseException):
    """Ends an actor; no `except Exception` may stop it, as none stops a process from being killed."""


class Actor:
    """One piece of code under way."""

    def __init__(self, stage: Stage, action: Callable[[], object]) -> None:
        self._stage = stage
        self.waiting_for = "its entrance"
        """The call before which it has paused."""
        self.ended = False
        self.died = False
        self.result: object = None
        self.error: BaseException | None = None
        self.luck = Luck.GOOD
        self.baton = threading.Semaphore(0)
        self.thread = threading.Thread(target=self._act, args=(action,), daemon=True)

    def _act(self, action: Callable[[], object]) -> None:
        try:
            take_baton(self)
            self.result = action()
        except Died:
            self.died = True
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test's own thread raises it
            self.error = error
        self.ended = True
        self._stage.handed_back.release()


class Stage:
    """Gives the baton to one actor at a time."""

    def __init__(self) -> None:
        self.handed_back = threading.Semaphore(0)
        self._here = threading.local()

    def enter(self, action: Callable[[], object]) -> Actor:
        """Bring an actor on stage, up to its first call."""

        def act() -> object:
            self._here.actor = actor
            return action()

        actor = Actor(self, act)
        actor.thread.start()
        self.step(actor)
        return actor

    def step(self, actor: Actor, luck: Luck = Luck.GOOD) -> None:
        """Let an actor go on until it pauses again or ends; the call before which it stands meets `luck`."""
        actor.luck = luck
        actor.baton.release()
        assert self.handed_back.acquire(timeout=PATIENCE), f"an actor waiting for {actor.waiting_for} went on and never came back"
        if actor.error is not None:
            raise actor.error

    def pause(self, before: str) -> Luck:
        """Hand the baton back, and return with what the call that comes now is to meet; called by the actors' code."""
        actor: Actor | None = getattr(self._here, "actor", None)
        if actor is None:  # the test itself looks at the table
            return Luck.GOOD
        actor.waiting_for = before
        self.handed_back.release()
        take_baton(actor)
        return actor.luck


def take_baton(actor: Actor) -> None:
    """Wait for the baton; an actor whose luck is death never acts again."""
    assert actor.baton.acquire(timeout=PATIENCE * 10), "the test has forgotten an actor"
    if actor.luck is Luck.DEATH:
        raise Died


class StageClock(FakeClock):
    """Time in which waiting is a pause: while one waits, others act."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def sleep(self, seconds: float) -> None:
        """Let the others act, and time pass."""
        self._stage.pause("the end of a wait")
        super().sleep(seconds)

    def now(self) -> Millis:
        """Return the test's time."""
        return super().now()
