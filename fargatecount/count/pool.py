"""Side by side: several questions asked at the same time, because each spends most of its time waiting for the answer.

Owns the threads. They are daemons: a person who presses Ctrl-C gets his prompt back at once, whatever a question still waits for, which is
why `concurrent.futures` would not do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import TypeAlias

Job: TypeAlias = Callable[[], "Iterable[Job]"]
"""Something to do, which puts its result where it belongs and returns what has to be done next."""

NOTICE = 0.2
"""Seconds until Ctrl-C is noticed that came in the instant before a wait began: it would not end that wait."""


def run_concurrently(jobs: Iterable[Job], hands: int) -> None:
    """Do all jobs and all that they lead to, at most `hands` at a time, and return when nothing is left.

    Raises:
        Exception: whatever the first job that failed has raised; what had not been begun then is left undone.
    """
    crew = _Crew(hands)
    try:
        crew.give(jobs)
        while crew.busy:
            crew.give(crew.ended())
    finally:
        crew.dismiss()


class _Crew:
    """Threads that do jobs, and whoever waits for them."""

    def __init__(self, hands: int) -> None:
        self._hands = hands
        self._threads = 0
        self._open = 0
        self._todo: SimpleQueue[Job | None] = SimpleQueue()
        self._done: SimpleQueue[list[Job] | BaseException] = SimpleQueue()
        self._stopped = threading.Event()

    @property
    def busy(self) -> bool:
        """Whether a job has not ended."""
        return self._open > 0

    def give(self, jobs: Iterable[Job]) -> None:
        """Let these be done."""
        for job in jobs:
            self._open += 1
            if self._threads < min(self._hands, self._open):
                self._threads += 1
                threading.Thread(target=self._work, daemon=True).start()
            self._todo.put(job)

    def ended(self) -> list[Job]:
        """Wait for the next job to end; return those that it leads to, or raise what it has raised."""
        while True:
            try:
                result = self._done.get(timeout=NOTICE)
            except Empty:
                continue
            self._open -= 1
            if isinstance(result, BaseException):
                raise result
            return result

    def dismiss(self) -> None:
        """Begin nothing more."""
        self._stopped.set()
        for _ in range(self._threads):
            self._todo.put(None)

    def _work(self) -> None:
        while (job := self._todo.get()) is not None and not self._stopped.is_set():
            try:
                self._done.put(list(job()))
            except BaseException as error:  # noqa: BLE001 - it is raised again where somebody waits for it
                self._stopped.set()
                self._done.put(error)
