"""A campaign: many schedules, in several processes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from multiprocessing import get_context

from tests.simulation.replay import seeded
from tests.simulation.schedule import Outcome, Schedule

FEATURES = frozenset({"rebuild", "buckets", "hide", "etcd", "restore", "publish", "outage"})


def play(arguments: tuple[int, frozenset[str], str]) -> Outcome:
    """Run the schedule of one seed."""
    seed, features, mutant = arguments
    logging.disable(logging.CRITICAL)  # lost connections are the daily bread of the watcher
    with seeded(seed):
        return Schedule(seed, features=features, mutant=mutant).run()


def outcomes(seeds: Iterator[int], processes: int, features: frozenset[str], mutant: str) -> Iterator[Outcome]:
    """Yield what each schedule came to, in any order."""
    work = ((seed, features, mutant) for seed in seeds)
    if processes == 1:
        yield from map(play, work)
        return
    with get_context("spawn").Pool(processes, maxtasksperchild=500) as pool:
        yield from pool.imap_unordered(play, work, chunksize=4)
