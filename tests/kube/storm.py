"""Pods that are created, changed and deleted at random, reproducibly: an hour of a busy cluster in seconds."""

from __future__ import annotations

import random
from collections.abc import Callable

from local.kubernetes.driver import PodDriver

WAYS_ON = {
    "created": ("bind", "bind", "bind", "delete"),
    "bound": ("run", "run", "run", "complete", "mark", "delete"),
    "running": ("complete", "complete", "mark", "delete"),
    "completed": ("delete",),
    "marked": ("delete",),
}
"""The possible next steps of a pod in each state; a step that is listed twice is twice as likely."""
LEADS_TO = {"bind": "bound", "run": "running", "complete": "completed", "mark": "marked"}


class Storm:
    """The pods of one cluster, driven step by step."""

    def __init__(self, driver: PodDriver, *, pods: int, seed: int, name: str = "storm") -> None:
        self._driver = driver
        self._dice = random.Random(seed)
        self._to_come = [f"{name}-{number}" for number in range(pods)]
        self._states: dict[str, str] = {}
        self._survivors = pods // 5
        """The number of pods that may be left at the end, so that there is something to count."""

    @property
    def is_over(self) -> bool:
        """Whether all pods were created, and most deleted."""
        return not self._to_come and len(self._states) <= self._survivors

    def step(self) -> None:
        """Perform one step."""
        if self._to_come and (not self._states or self._dice.random() < 0.35):
            name = self._to_come.pop()
            self._driver.create(name)
            self._states[name] = "created"
            return
        name = self._dice.choice(sorted(self._states))
        act = self._dice.choice(WAYS_ON[self._states[name]])
        if act == "mark":
            self._driver.delete(name, grace=30)
        else:
            getattr(self._driver, act)(name)
        if act == "delete":
            del self._states[name]
        else:
            self._states[name] = LEADS_TO[act]

    def blow(self, steps: int | None = None, between: Callable[[], None] | None = None) -> None:
        """Perform that many steps, or all; call `between` after each."""
        while not self.is_over and (steps is None or steps > 0):
            self.step()
            if between:
                between()
            steps = None if steps is None else steps - 1
