"""The ledger in DynamoDB: one table, with rows and their counter under one partition key, written in one transaction.

Owns the requests to DynamoDB. `items` has the shape of the items, `connection` the client, `errors` the meaning of DynamoDB's errors.

PynamoDB sends the items of a transaction ordered by kind, deletes and puts before updates
(https://github.com/pynamodb/PynamoDB/issues/1284), so a cancellation lists the reasons of the rows in order, then the counter's. PynamoDB
retries neither conflicts nor unprocessed keys. Both are returned as values or raised as `UnavailableError`, and `ledger.record` retries
with a backoff.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import PutError, TransactGetError, TransactWriteError
from pynamodb.transactions import TransactGet, TransactWrite

from fargatecount.adapters.dynamodb import items as shape
from fargatecount.adapters.dynamodb.errors import CONDITION_FAILED, cancelled_write, code_of, is_conflict, is_fenced, translate_errors
from fargatecount.adapters.dynamodb.registry import DynamoRegistry
from fargatecount.counts import Counts
from fargatecount.errors import UnavailableError
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import (
    Bucket,
    Commit,
    Committed,
    Contended,
    Counter,
    LayoutChanged,
    Write,
    belongs,
    bucket_of,
    counter_delta,
    moves_counter,
    needs_counter,
)
from fargatecount.workload import WorkloadKey

KEYS_PER_READ = 100
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
IMMEDIATE_READS = 3
"""A page cut at 16 MB or by a short throttle usually comes complete on the next try; after these the backoff of the caller is better."""


class DynamoLedger(DynamoRegistry):
    """Rows and counters, in the table of the clusters that `DynamoRegistry` keeps; constructor and errors are the same."""

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        """Return the rows that exist."""
        buckets = self.buckets
        by_item_key = {(shape.bucket_key(bucket_of(key, buckets)), shape.ROW_PREFIX + key.workload_id): key for key in keys}
        wanted = list(by_item_key)
        found: dict[WorkloadKey, Row] = {}
        for start in range(0, len(wanted), KEYS_PER_READ):
            for item in self._read_page(wanted[start : start + KEYS_PER_READ], self._items.row):
                found[by_item_key[item.pk, item.sk]] = shape.row_from(item)
        return found

    def commit(self, bucket: Bucket, writes: Sequence[Write]) -> Commit:
        """Write all rows and move their counter in one transaction, if both have the number of buckets that this process knows."""
        for _ in range(2):
            buckets = self.buckets
            if not belongs(bucket, (write.workload_id for write in writes), buckets):
                return LayoutChanged()
            try:
                self._write(bucket, writes, buckets)
            except TransactWriteError as error:
                if not is_fenced(error, len(writes)):
                    return cancelled_write(error, [write.workload_id for write in writes])
            else:
                return Committed()
            if not self._open(bucket, buckets):
                return LayoutChanged()
        return Contended()

    def discard(self, bucket: Bucket, rows: Mapping[str, Row]) -> Commit:
        """Delete rows and subtract them from their counter, in one transaction."""
        model, counter = self._items.row, self._items.counter
        key = shape.bucket_key(bucket)
        try:
            with translate_errors(self._table), TransactWrite(connection=self._connection()) as transaction:
                for workload_id, row in rows.items():
                    transaction.delete(model(key, shape.ROW_PREFIX + workload_id), condition=model.rev == row.rev)
                changes = shape.counter_changes(-Counts.total(row.counts for row in rows.values()))
                actions = [getattr(counter, name).add(amount) for name, amount in changes.items()]
                transaction.update(counter(key, shape.COUNTER), [*actions, counter.seq.add(1), counter.format.set(shape.FORMAT)])
        except TransactWriteError as error:
            return cancelled_write(error, list(rows))
        return Committed()

    def fence(self, bucket: Bucket) -> Commit:
        """Reject from now on every write by another number of buckets than the table's."""
        counter = self._items.counter
        actions = [counter.buckets.set(self.buckets), counter.seq.add(1), counter.format.set(shape.FORMAT)]
        try:
            # In a transaction, because IAM allows the functions no other write of a counter.
            with translate_errors(self._table), TransactWrite(connection=self._connection()) as transaction:
                transaction.update(counter(shape.bucket_key(bucket), shape.COUNTER), actions)
        except TransactWriteError as error:
            return cancelled_write(error, [])
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
            return shape.counter_from(future.get())
        except self._items.counter.DoesNotExist:
            return Counter()

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return many counters, each by a consistent read."""
        keys = [(shape.bucket_key(bucket), shape.COUNTER) for bucket in buckets]
        found = {}
        for start in range(0, len(keys), KEYS_PER_READ):
            for item in self._read_page(keys[start : start + KEYS_PER_READ], self._items.counter):
                found[item.pk] = shape.counter_from(item)
        return [found.get(pk, Counter()) for pk, _ in keys]

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Yield everything in a bucket, page by page."""
        model = self._items.row
        with translate_errors(self._table):
            for item in model.query(shape.bucket_key(bucket), model.sk.startswith(shape.ROW_PREFIX), consistent_read=True):
                yield item.sk.removeprefix(shape.ROW_PREFIX), shape.row_from(item)

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write `counts` if no transaction has moved the counter since `over` was read."""
        model = self._items.counter
        changes = shape.counter_changes(counts)
        item = model(shape.bucket_key(bucket), shape.COUNTER, seq=over.seq + 1, buckets=self.buckets, **changes)
        unchanged = model.seq == over.seq if over.seq else model.seq.does_not_exist()
        with translate_errors(self._table):
            try:
                item.save(condition=unchanged)
            except PutError as error:
                if code_of(error) in {CONDITION_FAILED, "TransactionConflictException"}:
                    return False
                raise
        return True

    def _write(self, bucket: Bucket, writes: Sequence[Write], buckets: int) -> None:
        model, counter = self._items.row, self._items.counter
        with translate_errors(self._table), TransactWrite(connection=self._connection()) as transaction:
            for write in writes:
                unchanged = model.rev == write.over.rev if write.over else model.pk.does_not_exist()
                transaction.save(shape.row_item(model, bucket, write.workload_id, write.row), condition=unchanged)
            if needs_counter(writes):
                changes = shape.counter_changes(counter_delta(writes))
                actions = [getattr(counter, name).add(amount) for name, amount in changes.items()]
                if moves_counter(writes):
                    actions.append(counter.seq.add(1))
                actions.append(counter.format.set(shape.FORMAT))
                transaction.update(counter(shape.bucket_key(bucket), shape.COUNTER), actions, condition=counter.buckets == buckets)

    def _open(self, bucket: Bucket, buckets: int) -> bool:
        """Set the number of buckets of a counter that has none, or that of an older layout; return False if the table has another one.

        The counter is read first and written only if nothing has moved it since: a rebuild changes the layout before it fences.
        """
        counter = self._items.counter
        key = (shape.bucket_key(bucket), shape.COUNTER)
        found = next(iter(self._read_page([key], counter)), None)
        self._layout = None
        if self.buckets != buckets:
            return False
        if found is not None and found.buckets == buckets:
            return True
        unmoved = counter.seq == found.seq if found is not None and found.seq else counter.seq.does_not_exist()
        unopened = counter.buckets == found.buckets if found is not None and found.buckets else counter.buckets.does_not_exist()
        try:
            with translate_errors(self._table), TransactWrite(connection=self._connection()) as transaction:
                actions = [counter.buckets.set(buckets), counter.format.set(shape.FORMAT)]
                transaction.update(counter(*key), actions, condition=unmoved & unopened)
        except TransactWriteError as error:
            if not is_fenced(error, 0):
                cancelled_write(error, [])  # raises if it may have been written; otherwise the next attempt decides
        return True

    def _connection(self) -> Connection:
        connection: Connection = self._items.connection.connection
        return connection

    def _read_page(self, keys: Sequence[tuple[str, str]], model: type[Any]) -> Iterable[Any]:
        # Not Model.batch_get, which retries unprocessed keys without bound or pause.
        left: list[dict[str, Any]] = [{"pk": pk, "sk": sk} for pk, sk in keys]
        for _ in range(IMMEDIATE_READS):
            if not left:
                return
            with translate_errors(self._table):
                answer = self._items.connection.batch_get_item(left, consistent_read=True)
            for raw in answer["Responses"].get(self._table, []):
                yield model.from_raw_data(raw)
            unprocessed = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            left = [{"pk": key["pk"]["S"], "sk": key["sk"]["S"]} for key in unprocessed]
        if left:
            raise UnavailableError(
                f"table {self._table} left {len(left)} of {len(keys)} keys unprocessed", remedy="it is throttled: try again shortly"
            )
