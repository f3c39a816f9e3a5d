"""Concurrent jobs: none is left out, none runs twice, and an error is raised in the caller."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from fargatecount.count.pool import Job, run_concurrently


class Work:
    """Jobs that write down that they were done."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self._writing = threading.Lock()

    def job(self, name: str, *more: Job) -> Job:
        def do() -> list[Job]:
            with self._writing:
                self.done[name] += 1
            return list(more)

        return do


@pytest.mark.parametrize("hands", [1, 3, 50])
def test_every_job_is_done_once(hands: int) -> None:
    """Jobs, and those that they lead to, in whatever depth."""
    work = Work()
    leaves = [[work.job(f"leaf {i} {j}") for j in range(5)] for i in range(10)]
    run_concurrently([work.job(f"branch {i}", *leaves[i]) for i in range(10)], hands)
    assert len(work.done) == 60
    assert set(work.done.values()) == {1}


def test_nothing_to_do() -> None:
    """No job is no reason to wait."""
    run_concurrently([], 4)


def test_jobs_are_done_at_the_same_time() -> None:
    """Four jobs that each wait for the other three come to an end."""
    together = threading.Barrier(4)

    def job() -> list[Job]:
        together.wait(timeout=60)
        return []

    run_concurrently([job] * 4, 4)
    assert not together.broken


def test_no_more_hands_than_are_allowed() -> None:
    """However many jobs there are."""
    busy, most = set[int](), 0
    writing = threading.Lock()

    def job() -> list[Job]:
        nonlocal most
        me = threading.get_ident()
        with writing:
            busy.add(me)
            most = max(most, len(busy))
        with writing:
            busy.discard(me)
        return []

    run_concurrently([job] * 100, 3)
    assert most <= 3


def test_a_failure_is_raised_where_the_jobs_were_given() -> None:
    """A defect in a thread is not lost."""

    def fails() -> list[Job]:
        raise ZeroDivisionError("a defect")

    with pytest.raises(ZeroDivisionError, match="a defect"):
        run_concurrently([Work().job("fine"), fails], 2)


def test_a_failure_stops_what_has_not_begun() -> None:
    """After it no further job starts."""
    work = Work()

    def fails() -> list[Job]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_concurrently([fails, *(work.job(f"later {i}") for i in range(1000))], 1)
    assert not work.done
