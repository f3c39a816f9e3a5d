"""The ledger in DynamoDB: one table, rows and their counter under one partition key, written together in one transaction.

Owns the conversation with DynamoDB; the items' shape is `dynamodb_items`, the connection `dynamodb_connection`, the meaning of its errors
`dynamodb_errors`.

PynamoDB sends the items of a transaction ordered by kind, puts before updates (https://github.com/pynamodb/PynamoDB/issues/1284), so the
reasons of a cancellation are those of the rows in order, then the counter's. It retries neither conflicts nor unprocessed keys: both come
out as values or as `UnavailableError` here, and `ledger.record` tries again with a backoff.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import PutError, TransactGetError, TransactWriteError
from pynamodb.transactions import TransactGet, TransactWrite

from fargatecount.adapters.dynamodb import items as shape
from fargatecount.adapters.dynamodb.errors import CONDITION_FAILED, cancelled_write, code_of, is_conflict, translate_errors
from fargatecount.adapters.dynamodb.registry import DynamoRegistry
from fargatecount.counts import Counts
from fargatecount.errors import UnavailableError
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Commit, Committed, Counter, Write, bucket_of, counter_delta, moves_counter
from fargatecount.workload import WorkloadKey

KEYS_PER_READ = 100
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
IMMEDIATE_READS = 3
"""A page cut at 16 MB or by a short throttle usually comes complete on the next try; after these the backoff of the caller is kinder."""


class DynamoLedger(DynamoRegistry):
    """Rows and counters beside the clusters that `DynamoRegistry` keeps in the same table; made and failing like it."""

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
        """Write all rows and move their counter in one transaction."""
        model = self._items.row
        try:
            with translate_errors(self._table), TransactWrite(connection=self._connection()) as transaction:
                for write in writes:
                    unchanged = model.rev == write.over.rev if write.over else model.pk.does_not_exist()
                    transaction.save(shape.row_item(model, bucket, write.workload_id, write.row), condition=unchanged)
                if moves_counter(writes):
                    counter = self._items.counter
                    changes = shape.counter_changes(counter_delta(writes))
                    actions = [getattr(counter, name).add(amount) for name, amount in changes.items()]
                    transaction.update(
                        counter(shape.bucket_key(bucket), shape.COUNTER), [*actions, counter.seq.add(1), counter.format.set(shape.FORMAT)]
                    )
        except TransactWriteError as error:
            return cancelled_write(error, [write.workload_id for write in writes])
        return Committed()

    def discard(self, bucket: Bucket, rows: Mapping[str, Row]) -> Commit:
        """Delete rows and take them out of their counter, in one transaction."""
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

    def read_counter(self, bucket: Bucket) -> Counter | None:
        """Return the counter of a bucket, serialisable with transactions; None while one is at work on it."""
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
        """Return everything in a bucket, page by page."""
        model = self._items.row
        with translate_errors(self._table):
            for item in model.query(shape.bucket_key(bucket), model.sk.startswith(shape.ROW_PREFIX), consistent_read=True):
                yield item.sk.removeprefix(shape.ROW_PREFIX), shape.row_from(item)

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write `counts` if no transaction has moved the counter since `over` was read."""
        model = self._items.counter
        item = model(shape.bucket_key(bucket), shape.COUNTER, seq=over.seq + 1, **shape.counter_changes(counts))
        unchanged = model.seq == over.seq if over.seq else model.pk.does_not_exist()
        with translate_errors(self._table):
            try:
                item.save(condition=unchanged)
            except PutError as error:
                if code_of(error) in {CONDITION_FAILED, "TransactionConflictException"}:
                    return False
                raise
        return True

    def _connection(self) -> Connection:
        connection: Connection = self._items.connection.connection
        return connection

    def _read_page(self, keys: Sequence[tuple[str, str]], model: type[Any]) -> Iterable[Any]:
        # Not Model.batch_get, which asks again for unprocessed keys without bound or pause.
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
