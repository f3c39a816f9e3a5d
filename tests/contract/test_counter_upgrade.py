"""Counters of a table in which an earlier release, without sums by price class, writes beside this one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.counts import Counts
from fargatecount.ledger.pricing import price
from fargatecount.ledger.record import record
from fargatecount.ledger.store import Bucket, Counter
from fargatecount.ledger.verify import VerifyResult, verify, verify_bucket
from fargatecount.usage.prices import cost_of_counts, cost_per_hour
from fargatecount.workload import Capacity, Facts, Phase
from tests.support.builders import BATCH, WEB, seen
from tests.support.earlier_release import BeforePriceClasses
from tests.support.effort import tries
from tests.support.fakes import FakeClock
from tests.support.tables import REGION, create_table

BUCKET = Bucket(WEB, 0)
PENDING, RUNNING, GONE = Phase.PENDING, Phase.RUNNING, Phase.GONE
ARM = Facts(cpu=1024, memory=2048, architecture="arm64", capacity=Capacity.SPOT)
X86 = Facts(cpu=256, memory=512, architecture="x86_64", storage=50)


class Table:
    """A table with a writer of each release."""

    def __init__(self, dynamodb: Any) -> None:
        table = create_table(dynamodb)
        self.clock = FakeClock()
        self.now = DynamoLedger(table, REGION, clock=self.clock)
        self.before = BeforePriceClasses(table, REGION, clock=self.clock)

    def write(self, ledger: DynamoLedger, workload_id: str, phase: Phase, version: int, facts: Facts = ARM) -> None:
        """Record one observation."""
        record([seen(phase, version, workload_id=workload_id, facts=facts)], ledger, self.clock)

    def counter(self) -> Counter:
        """Return the counter."""
        counter = self.now.read_counter(BUCKET)
        assert counter is not None
        return counter

    def recount(self) -> Counts:
        """Return the sum of the rows."""
        return Counts.total(row.counts for _, row in self.now.rows_of(BUCKET))


@pytest.fixture
def table(dynamodb: Any) -> Table:
    """Return an empty table."""
    return Table(dynamodb)


def test_a_counter_of_the_earlier_release_does_not_know_its_charges(table: Table) -> None:
    """Unknown is not zero, and the counts themselves are right; moves of this release do not make the charges known."""
    table.write(table.before, "t1", RUNNING, 1)
    assert (table.counter().counts.charges, table.counter().counts.cells) == (None, table.recount().cells)
    table.write(table.now, "t2", RUNNING, 1)
    assert (table.counter().counts.charges, table.counter().counts.cells) == (None, table.recount().cells)
    assert verify_bucket(table.now, BUCKET, table.clock).verdict is VerifyResult.EQUAL


def test_a_recount_makes_the_charges_known(table: Table) -> None:
    """From then on the transactions of this release keep them, and a second recount has nothing to write."""
    table.write(table.before, "t1", RUNNING, 1)
    assert price(table.now, [WEB, BATCH]) == 1
    assert table.counter().counts == table.recount()
    table.write(table.now, "t2", RUNNING, 1, X86)
    table.write(table.now, "t1", GONE, 2)
    assert table.counter().counts == table.recount()
    assert price(table.now, [WEB, BATCH]) == 0


def test_a_later_write_of_the_earlier_release_makes_them_unknown_again(table: Table) -> None:
    """Even where the numbers of workloads fit: one on ARM has come, and one on x86 has gone."""
    table.write(table.now, "t1", RUNNING, 1, X86)
    assert table.counter().counts == table.recount()
    table.write(table.before, "t2", RUNNING, 1)
    table.write(table.before, "t1", GONE, 2)
    assert table.counter().counts.charges is None
    assert price(table.now, [WEB]) == 1
    assert table.counter().counts == table.recount()


def test_a_repaired_counter_knows_its_charges(table: Table) -> None:
    """`verify --repair` writes all sums, and those of the earlier release are no hindrance."""
    table.write(table.before, "t1", RUNNING, 1)
    assert table.now.replace_counter(BUCKET, table.counter(), Counts())
    repaired = verify_bucket(table.now, BUCKET, table.clock, repair=True)
    assert (repaired.verdict, table.counter().counts) == (VerifyResult.REPAIRED, table.recount())


def test_wrong_charges_are_a_difference(table: Table) -> None:
    """`verify` compares the sums by price class too, and repairs them."""
    table.write(table.now, "t1", RUNNING, 1)
    assert table.now.price_counter(BUCKET, table.counter(), Counts.of(RUNNING, X86))
    assert verify_bucket(table.now, BUCKET, table.clock).verdict is VerifyResult.DIFFERENT
    assert verify_bucket(table.now, BUCKET, table.clock, repair=True).verdict is VerifyResult.REPAIRED
    assert table.counter().counts == table.recount()


def test_a_fact_that_the_earlier_release_alone_learned_is_recounted(table: Table) -> None:
    """It moves no counter for a fact that only changes the price: the rows alone show it, and a full look recounts those it has read."""
    table.write(table.now, "t1", PENDING, 1, Facts(cpu=1024, memory=2048))
    table.write(table.before, "t1", PENDING, 2, Facts(cpu=1024, memory=2048, architecture="arm64"))
    assert table.counter().counts.charges not in (None, table.recount().charges)
    assert price(table.now, [WEB], known_too=True) == 1
    assert table.counter().counts == table.recount()


steps = st.lists(
    st.tuples(st.sampled_from(["before", "now", "price"]), st.sampled_from(["t1", "t2", "t3"]), st.sampled_from([PENDING, RUNNING, GONE])),
    min_size=1,
    max_size=25,
)


@settings(max_examples=tries(12))
@given(steps)
def test_charges_that_are_known_are_those_of_the_rows(dynamodb: Any, course: list[tuple[str, str, Phase]]) -> None:
    """Whatever order both releases and recounts come in, a counter knows no wrong charges, and its counts are always right."""
    table = Table(dynamodb)
    facts = {"t1": ARM, "t2": X86, "t3": Facts(cpu=4096, memory=8192, os="WINDOWS_SERVER_2022_CORE")}
    for version, (who, workload_id, phase) in enumerate(course, start=1):
        if who == "price":
            price(table.now, [WEB])
        else:
            table.write(table.before if who == "before" else table.now, workload_id, phase, version, facts[workload_id])
        counts, rows = table.counter().counts, table.recount()
        assert counts.cells == rows.cells
        assert counts.charges in (None, rows.charges)
    price(table.now, [WEB])
    assert table.counter().counts == table.recount()
    assert {finding.verdict for finding in verify(table.now, [WEB], table.clock)} == {VerifyResult.EQUAL}
    by_rows = cost_per_hour((WEB, row) for _, row in table.now.rows_of(BUCKET)).total
    by_counter = cost_of_counts(table.counter().counts, REGION)
    assert by_counter.amount == pytest.approx(by_rows.amount)
    assert (by_counter.workloads, by_counter.unpriced, by_counter.approximate) == (by_rows.workloads, by_rows.unpriced, by_rows.approximate)
