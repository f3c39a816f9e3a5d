"""A sidecar in simulated time: its endpoint is a task in memory, and its output a list."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from taskstats.endpoint import EndpointError
from taskstats.sidecar import Options, Sidecar
from tests.support.metadata_endpoint import START, UsedTask


class SimulatedTimer:
    """Time that passes only in a wait, in which `work` happens, or while the endpoint answers."""

    def __init__(self, used: UsedTask, until: float, work: Callable[[float], None] = lambda _: None) -> None:
        self._used = used
        self._until = until
        self._work = work
        self.waits: list[float] = []

    def now(self) -> int:
        return round((START.timestamp() + self._used.seconds) * 1_000_000)

    def elapsed(self) -> float:
        return self._used.seconds

    def wait(self, seconds: float) -> bool:
        self.waits = [*self.waits[-9:], seconds]
        self._used.advance(seconds)
        self._work(seconds)
        return self._used.seconds >= self._until


class MemoryEndpoint:
    """Answers for a task; `away` is what it raises instead, `slow` the seconds that an answer takes, `answer` other stats."""

    def __init__(self, used: UsedTask) -> None:
        self._used = used
        self.away: str = ""
        self.slow = 0.0
        self.answer: object = None

    def task(self) -> Any:
        self._answer()
        return self._used.task()

    def stats(self) -> Any:
        return self._used.stats() if self.answer is None else self.answer

    def _answer(self) -> None:
        self._used.seconds += self.slow
        if self.away:
            raise EndpointError(self.away)


class Simulated:
    """A sidecar with its surroundings."""

    def __init__(
        self, used: UsedTask, until: float, options: Options | None = None, *, work: Callable[[float], None] = lambda _: None
    ) -> None:
        self.endpoint = MemoryEndpoint(used)
        self.timer = SimulatedTimer(used, until, work)
        self.lines: list[str] = []
        self.sidecar = Sidecar(self.endpoint, self.timer, self.lines.append, options or Options(), cores=2)

    def run(self, every: float = 10.0) -> list[dict[str, Any]]:
        """Run to the end; return what was written, decoded."""
        self.sidecar.run(every)
        return [json.loads(line) for line in self.lines]
