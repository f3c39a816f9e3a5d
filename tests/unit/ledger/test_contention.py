"""Which rows go into one transaction, and for how long a bucket is remembered as busy."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fargatecount.ledger.contention import BUSY_FOR, Contention, transactions
from fargatecount.ledger.store import MAX_ACTIONS, Bucket, Write
from tests.support.builders import BATCH, NOW, WEB, row

BUCKETS = [Bucket(cluster, number) for cluster in (WEB, BATCH) for number in range(4)]


def writes(number: int) -> list[Write]:
    """Return writes of so many rows."""
    return [Write(f"t{i}", row(), None) for i in range(number)]


@given(st.dictionaries(st.sampled_from(BUCKETS), st.integers(1, 250).map(writes)), st.frozensets(st.sampled_from(BUCKETS)))
def test_every_row_is_in_one_transaction_that_dynamodb_takes(by_bucket: dict[Bucket, list[Write]], busy: frozenset[Bucket]) -> None:
    """No row is lost or doubled, no transaction has more than 100 rows and counters, and a busy bucket shares none."""
    made = list(transactions(by_bucket, busy))
    for bucket, expected in by_bucket.items():
        assert [write for transaction in made for write in transaction.get(bucket, ())] == expected
    for transaction in made:
        assert 0 < sum(len(part) + 1 for part in transaction.values()) <= MAX_ACTIONS
        assert len(transaction) == 1 or not busy & transaction.keys()


def test_as_few_transactions_as_possible() -> None:
    """Ten rows of as many buckets are one; what does not fit begins the next."""
    assert len(list(transactions({bucket: writes(1) for bucket in BUCKETS}, frozenset()))) == 1
    divided = list(transactions({BUCKETS[0]: writes(60), BUCKETS[1]: writes(60), BUCKETS[2]: writes(3)}, frozenset()))
    assert [{bucket: len(part) for bucket, part in one.items()} for one in divided] == [{BUCKETS[0]: 60}, {BUCKETS[1]: 60, BUCKETS[2]: 3}]


def test_a_bucket_is_busy_for_a_while_after_each_encounter() -> None:
    """Each encounter starts the time again."""
    contention = Contention()
    contention.met(BUCKETS[:2], NOW)
    contention.met(BUCKETS[:1], NOW + 1)
    assert contention.busy(NOW + 1) == set(BUCKETS[:2])
    assert contention.busy(NOW + BUSY_FOR) == set(BUCKETS[:1])
    assert contention.busy(NOW + BUSY_FOR + 1) == frozenset()
