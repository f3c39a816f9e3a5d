"""Concurrent jobs: several calls at the same time, because each spends most of its time waiting for an answer.

Owns the threads. They are daemons, so that Ctrl-C returns to the prompt at once whatever a call still waits for; `concurrent.futures` waits
for its threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import TypeAlias

Job: TypeAlias = Callable[[], "Iterable[Job]"]
"""A function that stores its result itself and returns the jobs that follow from it."""

NOTICE = 0.2
"""Seconds. A Ctrl-C that arrives just before a wait begins does not end that wait, so no wait is longer."""


def run_concurrently(jobs: Iterable[Job], max_workers: int) -> None:
    """Run all jobs and the jobs that follow from them, at most `max_workers` at a time; return when none is left.

    Raises:
        Exception: the error of the first job that failed; jobs that had not started then do not run.
    """
    pool = _Pool(max_workers)
    try:
        pool.submit(jobs)
        while pool.busy:
            pool.submit(pool.next_done())
    finally:
        pool.stop()


class _Pool:
    """Worker threads and their queues."""

    def __init__(self, max_workers: int) -> None:
        self._max_workers = max_workers
        self._threads = 0
        self._open = 0
        self._todo: SimpleQueue[Job | None] = SimpleQueue()
        self._done: SimpleQueue[list[Job] | BaseException] = SimpleQueue()
        self._stopped = threading.Event()

    @property
    def busy(self) -> bool:
        """Whether a job is not done yet."""
        return self._open > 0

    def submit(self, jobs: Iterable[Job]) -> None:
        """Add jobs."""
        for job in jobs:
            self._open += 1
            if self._threads < min(self._max_workers, self._open):
                self._threads += 1
                threading.Thread(target=self._work, daemon=True).start()
            self._todo.put(job)

    def next_done(self) -> list[Job]:
        """Wait for the next job to end; return the jobs that follow from it, or raise its error."""
        while True:
            try:
                result = self._done.get(timeout=NOTICE)
            except Empty:
                continue
            self._open -= 1
            if isinstance(result, BaseException):
                raise result
            return result

    def stop(self) -> None:
        """Start no further job."""
        self._stopped.set()
        for _ in range(self._threads):
            self._todo.put(None)

    def _work(self) -> None:
        while (job := self._todo.get()) is not None and not self._stopped.is_set():
            try:
                self._done.put(list(job()))
            except BaseException as error:  # noqa: BLE001 - the waiting thread raises it again
                self._stopped.set()
                self._done.put(error)
