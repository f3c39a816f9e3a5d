"""How the ledger translates DynamoDB's errors: a value if nothing was written, an error with a remedy if the operator must act."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from fargatecount.adapters.dynamodb.counters import IMMEDIATE_READS
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.ledger.record import Recorded, record
from fargatecount.ledger.row import MergeOutcome
from fargatecount.ledger.store import Bucket, Committed, Conflict, Contended, Counter, Write
from fargatecount.ledger.verify import verify_bucket
from fargatecount.workload import Cluster, Kind, WorkloadKey
from tests.support.builders import SCOPE, WEB, row, seen
from tests.support.fakes import FakeClock
from tests.support.tables import REGION, create_table
from tests.support.wire import AnswerLost, NoConnection, Refused, Trouble, Troubles, Unprocessed, Wire, no_trouble

BUCKET = Bucket(WEB, 0)
WRITES = [Write("t0", row(), None), Write("t1", row(), None)]
WRITE, READ_MANY, GET, TRANSACT_GET = "TransactWriteItems", "BatchGetItem", "GetItem", "TransactGetItems"


class Wired(NamedTuple):
    """A ledger with a wire on which a test may make trouble."""

    ledger: DynamoLedger
    wire: Wire


@pytest.fixture(scope="module")
def wired(dynamodb: Any) -> Wired:
    """Return the module's ledger: making a client takes longer than any of these tests."""
    ledger = DynamoLedger(create_table(dynamodb), REGION, clock=FakeClock())
    return Wired(ledger, Wire(ledger.items))


@pytest.fixture
def wire(wired: Wired) -> Wire:
    """Return the wire, free of trouble."""
    wired.wire.trouble = no_trouble
    return wired.wire


@pytest.fixture
def ledger(wired: Wired, wire: Wire) -> DynamoLedger:
    """Return the ledger, whose calls pass so far."""
    assert wire.trouble is no_trouble
    return wired.ledger


_numbers = itertools.count()


@pytest.fixture
def cluster(ledger: DynamoLedger) -> Cluster:
    """Return a cluster of the test's own, known to the ledger."""
    cluster = Cluster(SCOPE, Kind.ECS, f"cluster-{next(_numbers)}")
    ledger.register(cluster)
    return cluster


@pytest.fixture
def bucket(cluster: Cluster) -> Bucket:
    """Return the bucket of that cluster."""
    return Bucket(cluster, 0)


def cancelled(*reasons: str) -> Refused:
    """Return a canceled transaction."""
    return Refused("TransactionCanceledException", reasons)


# A commit that wrote nothing is a value

COMMITS = {
    "conflict on the counter": (cancelled("None", "None", "TransactionConflict"), Contended()),
    "conflict on a row": (cancelled("TransactionConflict", "None", "None"), Contended()),
    "throttled inside": (cancelled("None", "ThrottlingError", "None"), Contended()),
    "conflict and throttling": (cancelled("TransactionConflict", "None", "ProvisionedThroughputExceeded"), Contended()),
    "throttled at the door": (Refused("ThrottlingException"), Contended()),
    "over the partition's limit": (Refused("ProvisionedThroughputExceededException"), Contended()),
    "over the account's limit": (Refused("RequestLimitExceeded"), Contended()),
    "one row overtaken": (cancelled("None", "ConditionalCheckFailed", "None"), "t1"),
    "overtaken and in conflict": (cancelled("ConditionalCheckFailed", "None", "TransactionConflict"), "t0"),
}


@pytest.mark.parametrize(("trouble", "expected"), COMMITS.values(), ids=COMMITS.keys())
def test_a_commit_that_was_turned_away_is_a_value(
    ledger: DynamoLedger, wire: Wire, bucket: Bucket, trouble: Trouble, expected: object
) -> None:
    """The ledger's caller may try the same write again, or must read the named rows first."""
    wire.trouble = Troubles(WRITE, trouble)
    if isinstance(expected, str):
        expected = Conflict(frozenset({WorkloadKey(bucket.cluster, expected)}))
    assert ledger.commit({bucket: WRITES}) == expected
    assert (ledger.read_counter(bucket), list(ledger.rows_of(bucket))) == (Counter(), [])
    assert ledger.commit({bucket: WRITES}) == Committed()


def test_the_buckets_that_were_refused_are_named(ledger: DynamoLedger, wire: Wire, cluster: Cluster) -> None:
    """The reasons come in the order of rows and then counters; where all buckets were refused, none is named."""
    other = Cluster(SCOPE, Kind.EKS, cluster.name)
    ledger.register(other)
    first, second = Bucket(cluster, 0), Bucket(other, 0)
    transaction = {first: WRITES, second: WRITES[:1]}  # three rows and two counters
    met = "TransactionConflict"
    cases: dict[tuple[str, ...], Contended | Conflict] = {
        ("None", "None", "None", "None", met): Contended(frozenset({second})),
        ("None", "None", met, "None", "None"): Contended(frozenset({second})),
        ("ThrottlingError", "None", "None", "None", "None"): Contended(frozenset({first})),
        ("None", "None", "None", met, met): Contended(),
        ("None", "None", "ConditionalCheckFailed", met, "None"): Conflict(frozenset({WorkloadKey(other, "t0")})),
    }
    for reasons, expected in cases.items():
        wire.trouble = Troubles(WRITE, cancelled(*reasons))
        assert ledger.commit(transaction) == expected, reasons
    assert ledger.commit(transaction) == Committed()


# A commit with an unknown outcome is an error

UNKNOWN = {
    "no connection": NoConnection(),
    "answer lost": AnswerLost(),
    "server error": Refused("InternalServerError"),
    "still at work": Refused("TransactionInProgressException"),
    "a reason that is none of ours": cancelled("None", "None", "ItemCollectionSizeLimitExceeded"),
}


@pytest.mark.parametrize("trouble", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_commit_without_a_clear_answer_is_unavailable(ledger: DynamoLedger, wire: Wire, bucket: Bucket, trouble: Trouble) -> None:
    """Whether it was written is not known, so the rows must be read before anything is decided."""
    wire.trouble = Troubles(WRITE, trouble)
    with pytest.raises(UnavailableError):
        ledger.commit({bucket: WRITES})


def test_an_unknown_reason_is_told(ledger: DynamoLedger, wire: Wire, bucket: Bucket) -> None:
    """The log has DynamoDB's own message."""
    wire.trouble = Troubles(WRITE, cancelled("None", "None", "ItemCollectionSizeLimitExceeded"))
    with pytest.raises(UnavailableError, match="ItemCollectionSizeLimitExceeded of the test"):
        ledger.commit({bucket: WRITES})


def test_a_lost_answer_is_found_written(ledger: DynamoLedger, wire: Wire, cluster: Cluster) -> None:
    """The transaction happened, once; the retry sees it and adds nothing."""
    record([seen(cluster=cluster, workload_id="t0")], ledger, FakeClock())
    wire.trouble = Troubles(WRITE, AnswerLost())
    assert record([seen(cluster=cluster)], ledger, FakeClock()) == Recorded((MergeOutcome.DUPLICATE,), retries=1)
    assert verify_bucket(ledger, Bucket(cluster, 0), FakeClock()).counter.running.count == 2


# Every call, every refusal

CALLS: dict[str, tuple[str, Callable[[DynamoLedger], Any]]] = {
    "commit": (WRITE, lambda ledger: ledger.commit({BUCKET: WRITES})),
    "read_rows": (READ_MANY, lambda ledger: ledger.read_rows([WorkloadKey(WEB, "t1")])),
    "read_counters": (READ_MANY, lambda ledger: ledger.read_counters([BUCKET])),
    "read_counter": (TRANSACT_GET, lambda ledger: ledger.read_counter(BUCKET)),
    "rows_of": ("Query", lambda ledger: list(ledger.rows_of(BUCKET))),
    "scopes": ("Query", lambda ledger: ledger.scopes()),
    "clusters": ("Query", lambda ledger: ledger.clusters(SCOPE)),
    "replace_counter": ("PutItem", lambda ledger: ledger.replace_counter(BUCKET, Counter(), Counter().counts)),
    "buckets": (GET, lambda ledger: ledger.buckets),
    "register": (GET, lambda ledger: ledger.register(WEB)),
}
ERRORS: dict[str, tuple[Trouble, type[FargatecountError], str, str]] = {
    "no permission": (Refused("AccessDeniedException"), DeniedError, "AccessDeniedException", "permissions in IAM"),
    "expired credentials": (Refused("ExpiredTokenException"), DeniedError, "ExpiredTokenException", "log in again"),
    "no table": (Refused("ResourceNotFoundException"), MisconfiguredError, "does not exist in this Region", "deploy first"),
    "a bad request": (Refused("ValidationException"), MisconfiguredError, "because of the test", "report it"),
    "no connection": (NoConnection(), UnavailableError, "Could not connect to the endpoint URL", ""),
    "answer lost": (AnswerLost(), UnavailableError, "Read timeout on endpoint URL", ""),
    "server error": (Refused("InternalServerError"), UnavailableError, "InternalServerError", ""),
}


@pytest.mark.parametrize(("operation", "call"), CALLS.values(), ids=CALLS.keys())
def test_each_call_translates_each_error(table: str, operation: str, call: Callable[[DynamoLedger], Any]) -> None:
    """Whatever the call, the error is a FargatecountError that names the table and DynamoDB's message, and has the remedy."""
    ledger = DynamoLedger(table, REGION)
    Wire(ledger.items, Troubles(operation, *(case[0] for case in ERRORS.values())))
    for _, kind, text, remedy in ERRORS.values():
        with pytest.raises(kind) as caught:
            call(ledger)
        assert table in str(caught.value)
        assert text in str(caught.value)
        assert remedy in caught.value.remedy


def test_a_throttled_read_is_unavailable(ledger: DynamoLedger, wire: Wire) -> None:
    """A read has no outcome but its answer."""
    wire.trouble = Troubles(READ_MANY, Refused("ThrottlingException"))
    with pytest.raises(UnavailableError, match="ThrottlingException"):
        ledger.read_rows([WorkloadKey(WEB, "t1")])


# Reads that come in part


def test_unprocessed_keys_are_asked_for_again(ledger: DynamoLedger, wire: Wire, bucket: Bucket) -> None:
    """A batch read that answers for some keys is asked for the rest, and no row is taken for absent."""
    ledger.commit({bucket: [Write(f"t{i}", row(), None) for i in range(10)]})
    troubles = wire.trouble = Troubles(READ_MANY, Unprocessed(4), Unprocessed(1))
    assert len(ledger.read_rows([WorkloadKey(bucket.cluster, f"t{i}") for i in range(10)])) == 10
    assert troubles.calls == 3


def test_keys_that_stay_unprocessed_are_unavailable(ledger: DynamoLedger, wire: Wire, bucket: Bucket) -> None:
    """Could not look is not "there is no row"."""
    ledger.commit({bucket: [Write(f"t{i}", row(), None) for i in range(10)]})
    wire.trouble = Troubles(READ_MANY, *[Unprocessed(1)] * IMMEDIATE_READS)
    with pytest.raises(UnavailableError, match="left 7 of 10 keys unprocessed"):
        ledger.read_rows([WorkloadKey(bucket.cluster, f"t{i}") for i in range(10)])


def test_a_counter_in_a_transaction_is_no_answer_yet(ledger: DynamoLedger, wire: Wire, bucket: Bucket) -> None:
    """A transaction in progress on the counter makes the read fail; that is not reported as an error."""
    wire.trouble = Troubles(TRANSACT_GET, cancelled("TransactionConflict"))
    assert ledger.read_counter(bucket) is None


def test_a_repair_that_meets_a_transaction_is_not_made(ledger: DynamoLedger, wire: Wire, bucket: Bucket) -> None:
    """A plain write in the middle of a transaction is refused by DynamoDB, and the repair looks again."""
    wire.trouble = Troubles("PutItem", Refused("TransactionConflictException"))
    assert ledger.replace_counter(bucket, Counter(), Counter().counts) is False


# The way there


def test_a_table_that_does_not_exist_is_named(dynamodb: Any) -> None:
    """The error names the table, and where its name comes from."""
    assert dynamodb
    with pytest.raises(MisconfiguredError, match="table nowhere does not exist") as caught:
        record([seen()], DynamoLedger("nowhere", REGION), FakeClock())
    assert "FARGATECOUNT_TABLE" in caught.value.remedy


def test_without_credentials_the_remedy_is_to_log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """A missing login is not a matter of trying again."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(DeniedError, match="credentials") as caught:
        DynamoLedger("any", REGION).scopes()
    assert "log in" in caught.value.remedy


def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """A misspelled profile counts as a missing login."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(DeniedError, match="no-such-profile"):
        DynamoLedger("any", REGION).scopes()


def test_nobody_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real refused connection, not a played one: port 9 of this machine has no listener."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(UnavailableError, match="table any: Could not connect"):
        DynamoLedger("any", REGION, retries=0).read_rows([WorkloadKey(WEB, "t1")])


def test_all_calls_share_one_client(table: str) -> None:
    """Rows, counters, clusters, scopes and layout go through one pool of connections: each client makes a cold start slower."""
    ledger = DynamoLedger(table, REGION)
    operations: set[str] = set()

    def note(operation: str) -> Trouble:
        operations.add(operation)
        return None

    Wire(ledger.items, note)
    for _, call in CALLS.values():
        call(ledger)
    assert operations == {operation for operation, _ in CALLS.values()}
