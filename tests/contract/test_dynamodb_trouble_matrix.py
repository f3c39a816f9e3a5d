"""Every call of every DynamoDB adapter under every trouble: each ends in one of our errors, or in a value where nothing was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ReadTimeoutError
from pynamodb.exceptions import PutError

from fargatecount.adapters.dynamodb.breaches import DynamoBreaches
from fargatecount.adapters.dynamodb.counters import IMMEDIATE_READS
from fargatecount.adapters.dynamodb.errors import code_of
from fargatecount.adapters.dynamodb.launches import DynamoLaunches, DynamoLaunchQuotas
from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.moved import DynamoMovedCounters
from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.adapters.dynamodb.published import DynamoPublishState
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.breaches.breach import Breaches
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.leases import PUBLISH, RECONCILE, lease
from fargatecount.ledger.store import Bucket, Contended, Counter, Write
from fargatecount.metrics.cadence import LastPublish
from fargatecount.metrics.counter_memory import MovedCounters
from fargatecount.mutes.mute import Mutes
from fargatecount.quotas.launch_rates import LaunchQuotaReading
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.workload import Capacity, Kind, WorkloadKey
from tests.contract.refusal_log_contract import item
from tests.support.builders import BATCH, MINUTE, NOW, SCOPE, WEB, row
from tests.support.fakes import FakeClock
from tests.support.tables import REGION, create_table
from tests.support.wire import AnswerLost, ConnectionClosed, NoConnection, Refused, TimedOut, Trouble, Troubles, Unprocessed, Wire

BUCKET = Bucket(WEB, 0)
KEY = WorkloadKey(WEB, "t1")
QUOTA = Quota(capacity=Capacity.SPOT, value=6.0, source=Origin.DEFAULT, read_at=NOW)
VIEW = Readability(readable=True, at=NOW)
WRITE, READ_MANY, GET, TRANSACT_GET = "TransactWriteItems", "BatchGetItem", "GetItem", "TransactGetItems"
PUT, UPDATE, DELETE, QUERY = "PutItem", "UpdateItem", "DeleteItem", "Query"


class Adapters:
    """Every adapter over one connection to one table."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.clock = FakeClock()
        self.ledger = DynamoLedger(table, REGION, clock=self.clock)
        items = self.ledger.items
        self.leases = DynamoLeases(items)
        self.breaches = DynamoBreaches(items)
        self.published = DynamoPublishState(items)
        self.moved = DynamoMovedCounters(items)
        self.quotas = DynamoQuotas(items)
        self.refusals = DynamoRefusals(items)
        self.mutes = DynamoMutes(items)
        self.launches = DynamoLaunches(items)
        self.launch_quotas = DynamoLaunchQuotas(items)
        self.wire = Wire(items)
        self.ledger.register(WEB)
        self.ledger.discovered(SCOPE, Kind.ECS, NOW)
        self.leases.acquire(SCOPE, PUBLISH, "another", now=NOW, until=NOW + MINUTE)

    def forget(self) -> None:
        """Let everything that the ledger remembers of the table expire."""
        self.clock.advance(2 * MINUTE)


class Call(NamedTuple):
    """One method, and the operation in which it meets the trouble."""

    operation: str
    make: Callable[[Adapters], object]


CALLS = {
    "ledger.read_rows": Call(READ_MANY, lambda a: a.ledger.read_rows([KEY])),
    "ledger.commit": Call(WRITE, lambda a: a.ledger.commit({BUCKET: [Write("t1", row(), None)]})),
    "ledger.price_counter": Call(WRITE, lambda a: a.ledger.price_counter(BUCKET, Counter(), Counter().counts)),
    "ledger.discard": Call(WRITE, lambda a: a.ledger.discard(BUCKET, {"t1": row()})),
    "ledger.fence": Call(WRITE, lambda a: a.ledger.fence(BUCKET)),
    "ledger.read_counter": Call(TRANSACT_GET, lambda a: a.ledger.read_counter(BUCKET)),
    "ledger.read_counters": Call(READ_MANY, lambda a: a.ledger.read_counters([BUCKET])),
    "ledger.rows_of": Call(QUERY, lambda a: list(a.ledger.rows_of(BUCKET))),
    "ledger.replace_counter": Call(PUT, lambda a: a.ledger.replace_counter(BUCKET, Counter(), Counter().counts)),
    "registry.buckets": Call(GET, lambda a: a.ledger.buckets),
    "registry.buckets_ever": Call(GET, lambda a: a.ledger.buckets_ever),
    "registry.register, a known cluster": Call(GET, lambda a: a.ledger.register(WEB)),
    "registry.register, a new cluster": Call(PUT, lambda a: a.ledger.register(BATCH)),
    "registry.divide": Call(PUT, lambda a: a.ledger.divide(1)),
    "registry.divided": Call(UPDATE, lambda a: a.ledger.divided()),
    "registry.scopes": Call(QUERY, lambda a: a.ledger.scopes()),
    "registry.discovered": Call(UPDATE, lambda a: a.ledger.discovered(SCOPE, Kind.ECS, NOW)),
    "registry.discoveries": Call(GET, lambda a: a.ledger.discoveries(SCOPE)),
    "registry.passed": Call(UPDATE, lambda a: a.ledger.passed(SCOPE, NOW)),
    "registry.first_pass": Call(GET, lambda a: a.ledger.first_pass(SCOPE)),
    "registry.clusters": Call(QUERY, lambda a: a.ledger.clusters(SCOPE)),
    "registry.note": Call(UPDATE, lambda a: a.ledger.note(WEB, RECONCILER, VIEW)),
    "registry.retire": Call(DELETE, lambda a: a.ledger.retire(BATCH)),
    "leases.acquire": Call(PUT, lambda a: a.leases.acquire(SCOPE, RECONCILE, "one", now=NOW, until=NOW + MINUTE)),
    "leases.acquire, naming the holder": Call(GET, lambda a: a.leases.acquire(SCOPE, PUBLISH, "one", now=NOW, until=NOW + MINUTE)),
    "leases.release": Call(DELETE, lambda a: a.leases.release(SCOPE, RECONCILE, "one")),
    "mutes.mutes": Call(GET, lambda a: a.mutes.mutes(SCOPE)),
    "mutes.keep": Call(PUT, lambda a: a.mutes.keep(SCOPE, Mutes(rev=1))),
    "launches.add": Call(UPDATE, lambda a: a.launches.add(SCOPE, {(Capacity.SPOT, NOW): 1})),
    "launches.since": Call(QUERY, lambda a: a.launches.since(SCOPE, NOW)),
    "launch_quotas.keep": Call(PUT, lambda a: a.launch_quotas.keep(SCOPE, LaunchQuotaReading())),
    "launch_quotas.reading": Call(GET, lambda a: a.launch_quotas.reading(SCOPE)),
    "quotas.keep": Call(PUT, lambda a: a.quotas.keep(SCOPE, [QUOTA])),
    "quotas.quotas": Call(QUERY, lambda a: a.quotas.quotas(SCOPE)),
    "moved.moved": Call(GET, lambda a: a.moved.moved(SCOPE)),
    "moved.share": Call(PUT, lambda a: a.moved.share(SCOPE, MovedCounters())),
    "published.last": Call(GET, lambda a: a.published.last(SCOPE)),
    "published.remember": Call(PUT, lambda a: a.published.remember(SCOPE, LastPublish(minute=1, at=NOW))),
    "refusals.remember": Call(UPDATE, lambda a: a.refusals.remember(SCOPE, [item(1)])),
    "refusals.since": Call(QUERY, lambda a: a.refusals.since(SCOPE, 0)),
    "breaches.breaches": Call(GET, lambda a: a.breaches.breaches(SCOPE)),
    "breaches.keep": Call(PUT, lambda a: a.breaches.keep(SCOPE, Breaches(rev=1))),
}

CONFLICT = "a transaction at work"
THROTTLE = "throttled"
TRANSACTIONS = {WRITE, TRANSACT_GET}

TROUBLES: dict[str, tuple[Trouble, type[FargatecountError], str]] = {
    "timed out before the commit": (TimedOut(), UnavailableError, "Read timeout"),
    "timed out after the commit": (AnswerLost(), UnavailableError, "Read timeout"),
    "no connection": (NoConnection(), UnavailableError, "Could not connect"),
    "connection closed": (ConnectionClosed(), UnavailableError, "Connection was closed"),
    THROTTLE: (Refused("ThrottlingException"), UnavailableError, "ThrottlingException"),
    CONFLICT: (Refused("TransactionConflictException"), UnavailableError, "TransactionConflict"),
    "server error": (Refused("InternalServerError"), UnavailableError, "InternalServerError"),
    "access denied": (Refused("AccessDeniedException"), DeniedError, "AccessDeniedException"),
    "missing table": (Refused("ResourceNotFoundException"), MisconfiguredError, "does not exist in this Region"),
}

NOTHING_WRITTEN: dict[tuple[str, str], object] = {
    ("ledger.commit", CONFLICT): Contended(),
    ("ledger.commit", THROTTLE): Contended(),
    ("ledger.discard", CONFLICT): Contended(),
    ("ledger.discard", THROTTLE): Contended(),
    ("ledger.fence", CONFLICT): Contended(),
    ("ledger.fence", THROTTLE): Contended(),
    ("ledger.price_counter", CONFLICT): False,
    ("ledger.price_counter", THROTTLE): False,
    ("ledger.read_counter", CONFLICT): None,
    ("ledger.replace_counter", CONFLICT): False,
}
"""The calls for which a trouble is a value: the caller may try the same again."""


@pytest.fixture(scope="module")
def adapters(dynamodb: Any) -> Adapters:
    """Return the adapters; making a client takes longer than any of these tests."""
    return Adapters(create_table(dynamodb))


def trouble_for(call: Call, name: str) -> Trouble:
    """Return the trouble as the call's operation meets it: a transaction is canceled where a single request is refused."""
    if name == CONFLICT and call.operation in TRANSACTIONS:
        return Refused("TransactionCanceledException", ("TransactionConflict", "None"))
    return TROUBLES[name][0]


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_translates_every_trouble(adapters: Adapters, call: str, trouble: str) -> None:
    """A trouble becomes a FargatecountError that names its cause and the table, or a value of the port."""
    adapters.wire.trouble = Troubles(CALLS[call].operation)
    adapters.forget()
    adapters.wire.trouble = troubles = Troubles(CALLS[call].operation, trouble_for(CALLS[call], trouble))
    _, kind, text = TROUBLES[trouble]
    if (call, trouble) in NOTHING_WRITTEN:
        assert CALLS[call].make(adapters) == NOTHING_WRITTEN[call, trouble]
    else:
        with pytest.raises(kind, match=text) as caught:
            CALLS[call].make(adapters)
        assert type(caught.value) is kind
        assert adapters.table in str(caught.value)
    assert troubles.calls == 1


@pytest.mark.parametrize("call", [name for name, call in CALLS.items() if call.operation == READ_MANY])
def test_keys_that_stay_unprocessed_are_unavailable(adapters: Adapters, call: str) -> None:
    """A batch read that answers in part is never taken for an answer."""
    adapters.wire.trouble = Troubles(READ_MANY)
    adapters.ledger.commit({BUCKET: [Write("t1", row(), None)]})
    adapters.wire.trouble = Troubles(READ_MANY, *[Unprocessed(0)] * IMMEDIATE_READS)
    with pytest.raises(UnavailableError, match="unprocessed"):
        CALLS[call].make(adapters)


def methods(kinds: Sequence[type]) -> set[str]:
    """Return the public methods and properties of classes."""
    return {name for kind in kinds for name in dir(kind) if not name.startswith("_")}


def test_the_matrix_has_every_call() -> None:
    """A method that an adapter gains must be added to the matrix."""
    stores = [DynamoLeases, DynamoBreaches, DynamoMutes, DynamoMovedCounters, DynamoPublishState, DynamoQuotas, DynamoRefusals]
    every = methods([DynamoLedger, *stores, DynamoLaunches, DynamoLaunchQuotas])
    assert every - {"items", "launch_log"} == {name.partition(",")[0].partition(".")[2] for name in CALLS}


def test_a_read_timeout_has_no_code() -> None:
    """The cause of a timeout carries no response of DynamoDB, and asking for its code is no error."""
    assert code_of(PutError("x", ReadTimeoutError(endpoint_url="https://dynamodb"))) is None


@pytest.mark.parametrize("trouble", [TimedOut(), Refused("AccessDeniedException")], ids=["timeout", "denied"])
def test_a_lease_that_cannot_be_released_hides_no_error(adapters: Adapters, trouble: Trouble) -> None:
    """The error of the block is raised, with a note about the lease."""
    adapters.wire.trouble = Troubles(DELETE, trouble)
    with (
        pytest.raises(ZeroDivisionError) as caught,
        lease(adapters.leases, SCOPE, RECONCILE, "one", adapters.clock, length=MINUTE),
    ):
        raise ZeroDivisionError
    assert ["lease reconcile was not released and ends by itself" in note for note in caught.value.__notes__] == [True]


def test_a_lease_that_cannot_be_released_after_success_is_an_error(adapters: Adapters) -> None:
    """The next run is refused until the lease ends, so the operator must see the reason."""
    adapters.wire.trouble = Troubles(DELETE, TimedOut())
    with (
        pytest.raises(UnavailableError, match="Read timeout"),
        lease(adapters.leases, SCOPE, RECONCILE, "one", adapters.clock, length=MINUTE),
    ):
        pass
