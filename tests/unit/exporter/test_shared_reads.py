"""One read per period, however many ask."""

from __future__ import annotations

import pytest

from fargatecount.errors import UnavailableError
from fargatecount.exporter.shared_reads import SharedReads
from tests.support.fakes import FakeClock


class Table:
    """Something that counts its reads and may be in trouble."""

    def __init__(self) -> None:
        self.reads = 0
        self.trouble: Exception | None = None

    def read(self) -> int:
        self.reads += 1
        if self.trouble:
            raise self.trouble
        return self.reads


def test_a_period_has_one_read() -> None:
    """All who ask in it get the same answer, and the first after it makes a new one."""
    clock, table = FakeClock(), Table()
    reads = SharedReads(clock, 15_000)
    answers = []
    for _ in range(31):
        reads.begin()
        answers.append(reads.get("x", table.read))
        clock.advance(1_000)
    assert answers == [1] * 15 + [2] * 15 + [3]


def test_a_period_begins_with_a_request() -> None:
    """Without a request nothing is read."""
    clock, table = FakeClock(), Table()
    reads = SharedReads(clock, 15_000)
    for _ in range(2):
        assert reads.begin() == clock.now()
        reads.get("x", table.read)
        clock.advance(3_600_000)
    assert table.reads == 2


def test_an_error_lasts_for_its_period() -> None:
    """A table that does not answer is not asked by every scrape; it is asked again in the next period."""
    clock, table = FakeClock(), Table()
    reads = SharedReads(clock, 15_000)
    table.trouble = UnavailableError("no answer")
    for _ in range(3):
        reads.begin()
        with pytest.raises(UnavailableError):
            reads.get("x", table.read)
    table.trouble = None
    clock.advance(15_000)
    reads.begin()
    assert (reads.get("x", table.read), table.reads) == (2, 2)


def test_a_clock_that_is_set_back_begins_a_new_period() -> None:
    """Old answers are not kept until the clock has caught up."""
    clock, table = FakeClock(), Table()
    reads = SharedReads(clock, 15_000)
    reads.begin()
    reads.get("x", table.read)
    clock.advance(-3_600_000)
    reads.begin()
    assert reads.get("x", table.read) == 2
