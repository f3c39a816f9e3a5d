"""The loop: read the endpoint, compute, write lines; and what it keeps between two readings, which is one reading per container."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from taskstats.document import Sample, document, error_document, sample_of
from taskstats.emf import metrics_line
from taskstats.endpoint import EndpointError
from taskstats.exposition import State
from taskstats.reading import Reading, reading_of
from taskstats.task import Task, task_of


class TaskEndpoint(Protocol):
    """The metadata endpoint. Both methods raise `EndpointError`."""

    def task(self) -> Any:
        """Return the answer of `/task`."""
        ...

    def stats(self) -> Any:
        """Return the answer of `/task/stats`."""
        ...


class Timer(Protocol):
    """Time for the loop."""

    def now(self) -> int:
        """Return the time in microseconds, UTC."""
        ...

    def elapsed(self) -> float:
        """Return seconds that only go forward."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait; return whether to stop."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """What to write: every `sample`-th reading as documents (0: none), `brief` or whole; embedded metrics by a namespace, if given."""

    sample: int = 1
    brief: bool = False
    namespace: str = ""
    service: str = ""
    account_name: str = ""


class Sidecar:
    """Reads one task. Not for several threads, except that any may read `state`."""

    def __init__(self, endpoint: TaskEndpoint, timer: Timer, write: Callable[[str], None], options: Options, cores: int | None) -> None:
        """Take the ports; `cores` is the number of cores of this machine, which the containers of a task share."""
        self._endpoint = endpoint
        self._timer = timer
        self._write = write
        self._options = options
        self._cores = cores
        self._earlier: Mapping[str, Reading] = {}
        self.state = State()

    def run(self, every: float) -> None:
        """Read every `every` seconds until the timer says stop. A slow reading delays no later one: the beats stay where they are."""
        beat = self._timer.elapsed()
        while True:
            self.read()
            now = self._timer.elapsed()
            beat += every * max(1, -(-(now - beat) // every))  # beats that a slow reading has missed are skipped, not caught up
            if self._timer.wait(max(beat - now, 0.0)):
                return

    def read(self) -> None:
        """Read once, and write what is due."""
        state = self.state
        try:
            task = task_of(self._endpoint.task())
            stats = self._endpoint.stats()
            if not isinstance(stats, dict):
                raise EndpointError(f"/task/stats answered {type(stats).__name__}, not an object")
        except (EndpointError, ValueError) as error:
            self.state = State(state.readings, state.failures + 1, state.at, state.task, state.samples)
            self._line(error_document(self._timer.now(), str(error), state.task, account_name=self._options.account_name))
            return
        samples = self._samples(task, stats)
        self.state = State(state.readings + 1, state.failures, self._timer.now(), task, samples)
        self._report(state.readings, task, samples)

    def _samples(self, task: Task, stats: Mapping[str, Any]) -> tuple[Sample, ...]:
        """Return the samples of the containers that have numbers, and keep their readings; those of containers that left are dropped."""
        readings = {each.id: reading for each in task.containers if (reading := reading_of(stats.get(each.id))) is not None}
        samples = tuple(
            sample_of(each, task, readings[each.id], self._earlier.get(each.id), online=self._cores)
            for each in task.containers
            if each.id in readings
        )
        self._earlier = readings
        return samples

    def _report(self, number: int, task: Task, samples: tuple[Sample, ...]) -> None:
        options = self._options
        if options.sample and number % options.sample == 0:
            for sample in samples:
                self._line(document(sample, task, account_name=options.account_name, brief=options.brief))
        if options.namespace:
            service = options.service or task.service
            line = metrics_line(samples, task, self._timer.now(), service=service, namespace=options.namespace)
            if line is not None:
                self._line(line)

    def _line(self, found: Mapping[str, Any]) -> None:
        self._write(json.dumps(found, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n")
