"""The counters in DynamoDB: reading, repairing, opening and fencing them. `ledger` moves them, together with their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import PutError, TransactGetError, TransactWriteError
from pynamodb.transactions import TransactGet, TransactWrite

from fargatecount.adapters.dynamodb import items as shape
from fargatecount.adapters.dynamodb.counter_item import CHARGE_NAMES, charge_changes, counter_changes, counter_from
from fargatecount.adapters.dynamodb.errors import CONDITION_FAILED, cancelled_write, code_of, fenced_by, is_conflict, translate_errors
from fargatecount.adapters.dynamodb.registry import DynamoRegistry
from fargatecount.counts import Counts
from fargatecount.errors import UnavailableError
from fargatecount.ledger.store import Bucket, Commit, Committed, Counter

KEYS_PER_READ = 100
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
IMMEDIATE_READS = 3
"""A page cut at 16 MB or by a short throttle usually comes complete on the next try; after these the backoff of the caller is better."""


class DynamoCounters(DynamoRegistry):
    """The counters of the clusters that `DynamoRegistry` keeps; constructor and errors are the same."""

    def fence(self, bucket: Bucket) -> Commit:
        """Reject from now on every write by another number of buckets than the table's."""
        counter = self._items.counter
        actions = [counter.buckets.set(self.buckets), counter.seq.add(1), counter.priced.add(1), counter.format.set(shape.FORMAT)]
        try:
            # In a transaction, because IAM allows the functions no other write of a counter.
            with translate_errors(self._table), TransactWrite(connection=self._connection()) as transaction:
                transaction.update(counter(shape.bucket_key(bucket), shape.COUNTER), actions)
        except TransactWriteError as error:
            return cancelled_write(error, bucket, [])
        return Committed()

    def read_counter(self, bucket: Bucket) -> Counter | None:
        """Return the counter of a bucket, serializable with transactions; None while one holds it."""
        try:
            with translate_errors(self._table), TransactGet(connection=self._connection()) as transaction:
                future = transaction.get(self._items.counter, shape.bucket_key(bucket), shape.COUNTER)
        except TransactGetError as error:
            if is_conflict(error):
                return None
            raise UnavailableError(f"table {self._table}: {error}") from error
        try:
            return counter_from(future.get().serialize())
        except self._items.counter.DoesNotExist:
            return Counter()

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return many counters, each by a consistent read."""
        keys = [(shape.bucket_key(bucket), shape.COUNTER) for bucket in buckets]
        found = {}
        for start in range(0, len(keys), KEYS_PER_READ):
            for wire in self._read_wire(keys[start : start + KEYS_PER_READ]):
                found[wire["pk"]["S"]] = counter_from(wire)
        return [found.get(pk, Counter()) for pk, _ in keys]

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write `counts` if no transaction has moved the counter since `over` was read."""
        model = self._items.counter
        changes = counter_changes(counts)
        item = model(shape.bucket_key(bucket), shape.COUNTER, seq=over.seq + 1, priced=over.seq + 1, buckets=self.buckets, **changes)
        unchanged = model.seq == over.seq if over.seq else model.seq.does_not_exist()
        with translate_errors(self._table):
            try:
                item.save(condition=unchanged)
            except PutError as error:
                if code_of(error) in {CONDITION_FAILED, "TransactionConflictException"}:
                    return False
                raise
        return True

    def price_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write the charges of `counts` if no transaction has moved the counter since `over` was read."""
        counter = self._items.counter
        changes = charge_changes(counts)
        names = [name for name in CHARGE_NAMES if name not in changes]
        actions = [getattr(counter, name).set(amount) for name, amount in changes.items()]
        actions += [getattr(counter, name).remove() for name in names]
        actions.append(counter.priced.set(over.seq))
        try:
            # In a transaction, because IAM allows the functions no other write of a counter.
            with translate_errors(self._table), TransactWrite(connection=self._connection()) as transaction:
                transaction.update(counter(shape.bucket_key(bucket), shape.COUNTER), actions, condition=counter.seq == over.seq)
        except TransactWriteError as error:
            if not fenced_by(error, 0):
                cancelled_write(error, bucket, [])  # raises if it may have been written
            return False
        return True

    def _open(self, fenced: Sequence[Bucket], buckets: int) -> bool:
        """Set the number of buckets of counters that have none, or that of an older layout; return False if the table has another one.

        The counters are read first, and written only if nothing has moved them since: a rebuild changes the layout before it fences.
        """
        counter = self._items.counter
        keys = [(shape.bucket_key(bucket), shape.COUNTER) for bucket in fenced]
        found = {item.pk: item for item in self._read_page(keys, counter)}
        self._layout = None
        if self.buckets != buckets:
            return False
        closed = [key for key in keys if (item := found.get(key[0])) is None or item.buckets != buckets]
        if not closed:
            return True
        try:
            with translate_errors(self._table), TransactWrite(connection=self._connection()) as request:
                for key in closed:
                    item = found.get(key[0])
                    unmoved = counter.seq == item.seq if item is not None and item.seq else counter.seq.does_not_exist()
                    unopened = counter.buckets == item.buckets if item is not None and item.buckets else counter.buckets.does_not_exist()
                    actions = [counter.buckets.set(buckets), counter.format.set(shape.FORMAT)]
                    request.update(counter(*key), actions, condition=unmoved & unopened)
        except TransactWriteError as error:
            if not fenced_by(error, 0):
                cancelled_write(error, fenced[0], [])  # raises if it may have been written; otherwise the next attempt decides
        return True

    def _connection(self) -> Connection:
        connection: Connection = self._items.connection.connection
        return connection

    def _read_page(self, keys: Sequence[tuple[str, str]], model: type[Any]) -> Iterable[Any]:
        return (model.from_raw_data(wire) for wire in self._read_wire(keys))

    def _read_wire(self, keys: Sequence[tuple[str, str]]) -> Iterable[dict[str, Any]]:
        # Not Model.batch_get, which retries unprocessed keys without bound or pause.
        left: list[dict[str, Any]] = [{"pk": pk, "sk": sk} for pk, sk in keys]
        for _ in range(IMMEDIATE_READS):
            if not left:
                return
            with translate_errors(self._table):
                answer = self._items.connection.batch_get_item(left, consistent_read=True)
            yield from answer["Responses"].get(self._table, [])
            unprocessed = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            left = [{"pk": key["pk"]["S"], "sk": key["sk"]["S"]} for key in unprocessed]
        if left:
            raise UnavailableError(
                f"table {self._table} left {len(left)} of {len(keys)} keys unprocessed", remedy="it is throttled: try again shortly"
            )
