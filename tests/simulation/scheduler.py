"""Actors that run real, blocking code one step at a time in simulated time, by the choices of one seed.

Each actor is a greenlet. Wherever its code calls the table or AWS, or waits, it pauses and another actor may go on. The same seed makes the
same choices, so a failure replays alone. Two seconds of real time hold weeks of simulated time.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from greenlet import getcurrent, greenlet

from fargatecount.workload import Millis

FREEZES: tuple[Millis, ...] = (1_000, 30_000, 120_000, 1_200_000)
"""How long a process may stand still: a garbage collection, a throttled container, more than the shortest lease, more than the longest."""


class Killed(BaseException):
    """Ends an actor; no `except Exception` stops it, as none stops a process from being killed."""


class Actor:
    """One process under way."""

    def __init__(self, name: str, action: Callable[[], object], *, wake_at: Millis, skew: Millis, parent: greenlet) -> None:
        self.name = name
        self.wake_at = wake_at
        self.skew = skew
        """How far its clock is ahead, in milliseconds."""
        self.killed = False
        self._action = action
        self.glet = greenlet(self._run, parent)

    def _run(self) -> None:
        try:
            self._action()
        except Killed:
            self.killed = True

    @property
    def ended(self) -> bool:
        """Whether it has nothing more to do."""
        return bool(self.glet.dead)


class Scheduler:
    """Lets one actor at a time make a step, and time pass when all of them wait."""

    def __init__(self, chance: random.Random, now: Millis) -> None:
        self.chance = chance
        self.now = now
        self.steps = 0
        self.calm = False
        """No process freezes or dies while it is calm."""
        self._actors: list[Actor] = []
        self._hub = getcurrent()
        self._current: dict[greenlet, Actor] = {}

    def spawn(self, name: str, action: Callable[[], object], *, after: Millis = 0, skew: Millis = 0) -> Actor:
        """Start a process after so many milliseconds."""
        actor = Actor(name, action, wake_at=self.now + after, skew=skew, parent=self._hub)
        self._actors.append(actor)
        self._current[actor.glet] = actor
        return actor

    def actor(self) -> Actor | None:
        """Return the actor whose code is running; None outside of all."""
        return self._current.get(getcurrent())

    def pause(self, freeze: float = 0.01) -> None:
        """Let others act; with the probability `freeze` the process stands still for a while."""
        actor = self.actor()
        if actor is None:
            return
        actor.wake_at = self.now
        if not self.calm and self.chance.random() < freeze:
            actor.wake_at += self.chance.choice(FREEZES)
        self._hub.switch()

    def sleep(self, milliseconds: Millis) -> None:
        """Wait; outside of all actors time passes at once."""
        actor = self.actor()
        if actor is None:
            self.now += milliseconds
            return
        actor.wake_at = self.now + milliseconds
        self._hub.switch()

    def run(self, until: Millis, after_step: Callable[[], None], *, done: Callable[[], bool] = lambda: False) -> None:
        """Let the actors act until that moment, or until all have ended, or `done` says yes."""
        while not done():
            living, now = self._actors, self.now
            ready = [actor for actor in living if actor.wake_at <= now]
            if not ready:
                following = min((actor.wake_at for actor in living), default=until)
                if following > until or not living:
                    self.now = max(self.now, until)
                    break
                self.now = following
                continue
            actor = self.chance.choice(ready)
            actor.glet.switch()
            self.steps += 1
            if actor.ended:
                self._actors.remove(actor)
                del self._current[actor.glet]
            after_step()


class ActorClock:
    """The clock of the process that asks, which may be minutes wrong."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def now(self) -> Millis:
        """Return the time by this process's clock."""
        actor = self._scheduler.actor()
        return self._scheduler.now + (actor.skew if actor else 0)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._scheduler.sleep(round(seconds * 1000))
