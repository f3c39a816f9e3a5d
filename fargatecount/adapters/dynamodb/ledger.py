"""The ledger in DynamoDB: one table, with rows and their counter under one partition key, written in one transaction.

Owns the requests for rows; `counters` has those for counters alone. `items` and `counter_item` have the shape of the items, `connection`
the client, `errors` the meaning of DynamoDB's errors.

PynamoDB sends the items of a transaction ordered by kind, deletes and puts before updates
(https://github.com/pynamodb/PynamoDB/issues/1284), so a cancellation lists the reasons of the rows in order, then those of the counters.
PynamoDB retries neither conflicts nor unprocessed keys. Both are returned as values or raised as `UnavailableError`, and `ledger.record`
retries with a backoff.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from fargatecount.adapters.dynamodb import items as shape
from fargatecount.adapters.dynamodb.counter_item import counter_changes
from fargatecount.adapters.dynamodb.counters import KEYS_PER_READ, DynamoCounters
from fargatecount.adapters.dynamodb.errors import (
    cancelled_write,
    fenced_by,
    refused_write,
    translate_errors,
)
from fargatecount.counts import Counts
from fargatecount.errors import FargatecountError
from fargatecount.ledger.launches import LaunchLog, launched
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import (
    Bucket,
    Commit,
    Committed,
    Contended,
    LayoutChanged,
    Transaction,
    belongs,
    bucket_of,
    counter_delta,
    keys_of,
    moves_counter,
    needs_counter,
)
from fargatecount.workload import WorkloadKey


class DynamoLedger(DynamoCounters):
    """Rows with their counters, in the table of the clusters that `DynamoRegistry` keeps; constructor and errors are the same."""

    launch_log: LaunchLog | None = None
    """Where launches are counted beside the rows; None: nowhere."""

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

    def commit(self, transaction: Transaction) -> Commit:
        """Write all rows and move their counters in one transaction, if all have the number of buckets that this process knows."""
        keys = [key for bucket, writes in transaction.items() for key in keys_of(bucket, writes)]
        counters = [bucket for bucket, writes in transaction.items() if needs_counter(writes)]
        of_rows = [bucket for bucket, writes in transaction.items() for _ in writes]
        # Each attempt opens the counters that refused the one before; no answer has to name all of them.
        for _ in range(len(counters) + 1):
            buckets = self.buckets
            if not belongs(transaction, buckets):
                return LayoutChanged()
            try:
                self._write(transaction, counters, buckets)
            except TransactWriteError as error:
                fenced = [counters[position] for position in fenced_by(error, len(keys))]
                if not fenced:
                    return refused_write(error, keys, of_rows + counters)
            else:
                self._count_launches(transaction)
                return Committed()
            if not self._open(fenced, buckets):
                return LayoutChanged()
        return Contended()

    def _count_launches(self, transaction: Transaction) -> None:
        """Log the launches of a transaction. One that cannot be logged is missing there only: the rows and counters are right."""
        if self.launch_log is not None:
            for scope, seconds in launched(transaction).items():
                with suppress(FargatecountError):
                    self.launch_log.add(scope, seconds)

    def discard(self, bucket: Bucket, rows: Mapping[str, Row]) -> Commit:
        """Delete rows and subtract them from their counter, in one transaction."""
        model, counter = self._items.row, self._items.counter
        key = shape.bucket_key(bucket)
        try:
            with translate_errors(self._table), TransactWrite(connection=self._connection()) as transaction:
                for workload_id, row in rows.items():
                    transaction.delete(model(key, shape.ROW_PREFIX + workload_id), condition=model.rev == row.rev)
                changes = counter_changes(-Counts.total(row.counts for row in rows.values()))
                actions = [getattr(counter, name).add(amount) for name, amount in changes.items()]
                transaction.update(
                    counter(key, shape.COUNTER), [*actions, counter.seq.add(1), counter.priced.add(1), counter.format.set(shape.FORMAT)]
                )
        except TransactWriteError as error:
            return cancelled_write(error, bucket, list(rows))
        return Committed()

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Yield everything in a bucket, page by page."""
        model = self._items.row
        with translate_errors(self._table):
            for item in model.query(shape.bucket_key(bucket), model.sk.startswith(shape.ROW_PREFIX), consistent_read=True):
                yield item.sk.removeprefix(shape.ROW_PREFIX), shape.row_from(item)

    def _write(self, transaction: Transaction, counters: Sequence[Bucket], buckets: int) -> None:
        model, counter = self._items.row, self._items.counter
        with translate_errors(self._table), TransactWrite(connection=self._connection()) as request:
            for bucket, writes in transaction.items():
                for write in writes:
                    unchanged = model.rev == write.over.rev if write.over else model.pk.does_not_exist()
                    request.save(shape.row_item(model, bucket, write.workload_id, write.row), condition=unchanged)
            for bucket in counters:
                writes = transaction[bucket]
                changes = counter_changes(counter_delta(writes))
                actions = [getattr(counter, name).add(amount) for name, amount in changes.items()]
                if moves_counter(writes):
                    actions += [counter.seq.add(1), counter.priced.add(1)]
                actions.append(counter.format.set(shape.FORMAT))
                request.update(counter(shape.bucket_key(bucket), shape.COUNTER), actions, condition=counter.buckets == buckets)
