"""Simulated time for code that waits: processes run one at a time, in the order of their wake-up times.

The code under test is ordinary blocking code, unaware of the simulation: each process is a thread, and only one of them ever runs.
With the same seeds a simulation repeats itself exactly.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable

from fargatecount.workload import Millis

START = 1_767_225_600.0
"""2026-01-01T00:00:00Z in seconds: an arbitrary, fixed moment."""


class Simulation:
    """One run of processes in simulated time."""

    def __init__(self) -> None:
        self.now = 0.0
        """Seconds since the beginning."""
        self._order = 0
        self._waiting: list[tuple[float, int, threading.Semaphore]] = []
        self._over = threading.Semaphore(0)
        self._errors: list[BaseException] = []

    def run(self, processes: list[Callable[[], None]]) -> None:
        """Run all processes to their ends; raise the error of any of them."""
        threads = []
        for process in processes:
            turn = threading.Semaphore(0)
            self._push(0.0, turn)
            threads.append(threading.Thread(target=self._live, args=(process, turn), daemon=True))
        for thread in threads:
            thread.start()
        self._next()
        self._over.acquire()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def sleep(self, seconds: float) -> None:
        """Let the calling process wait while the others continue."""
        turn = threading.Semaphore(0)
        self._push(self.now + seconds, turn)
        self._next()
        turn.acquire()

    def _live(self, process: Callable[[], None], turn: threading.Semaphore) -> None:
        turn.acquire()
        try:
            process()
        except BaseException as error:  # noqa: BLE001 - it is raised again by `run`
            self._errors.append(error)
        self._next()

    def _push(self, at: float, turn: threading.Semaphore) -> None:
        self._order += 1
        heapq.heappush(self._waiting, (at, self._order, turn))

    def _next(self) -> None:
        if not self._waiting:
            self._over.release()
            return
        self.now, _, turn = heapq.heappop(self._waiting)
        turn.release()


class SimulatedClock:
    """The clock of a process in a simulation."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def now(self) -> Millis:
        """Return the simulated time."""
        return round((START + self._simulation.now) * 1000)

    def sleep(self, seconds: float) -> None:
        """Wait in simulated time."""
        self._simulation.sleep(seconds)
