"""Rows that a real DynamoDB refuses for good hold up no other: AWS's own DynamoDB decides what that is."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.ledger.isolation import record_isolated
from fargatecount.ledger.row import MergeOutcome
from fargatecount.ledger.store import Bucket
from fargatecount.ledger.verify import VerifyResult, verify_bucket
from fargatecount.workload import Facts
from tests.support.builders import NOW, WEB, seen
from tests.support.dynamodb_local import CREDENTIALS, client
from tests.support.fakes import FakeClock
from tests.support.tables import REGION, create_table

TOO_LARGE = Facts(group="service:" + "x" * 450_000)
"""An item holds 400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html."""
NO_NUMBER = Facts(cpu=10**40)
"""A number has 38 digits."""


@pytest.mark.xdist_group("dynamodb-local")
def test_all_others_are_recorded(dynamodb_local: str) -> None:
    """An item that is too large, a number with too many digits and a key that is too long: each has DynamoDB's reason, the rest counts."""
    table = create_table(client(dynamodb_local))
    ledger = DynamoLedger(table, REGION, buckets=1, endpoint=dynamodb_local, credentials=CREDENTIALS)
    observations = [
        seen(workload_id="t0"),
        seen(workload_id="t1", facts=TOO_LARGE),
        seen(workload_id="t2"),
        seen(workload_id="t3", facts=NO_NUMBER),
        seen(workload_id="k" * 1_100),
        seen(workload_id="t5"),
    ]
    done = record_isolated(observations, ledger, FakeClock(NOW))
    assert set(done.refused) == {1, 3, 4}
    assert [index for index, outcome in enumerate(done.outcomes) if outcome is MergeOutcome.APPLIED] == [0, 2, 5]
    assert done.unfinished == ()
    assert verify_bucket(ledger, Bucket(WEB, 0), FakeClock(NOW)).verdict is VerifyResult.EQUAL
    assert len(dict(ledger.rows_of(Bucket(WEB, 0)))) == 3
