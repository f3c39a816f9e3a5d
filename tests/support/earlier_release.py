"""Writers of earlier releases: functions during a deployment, and watchers that are not upgraded yet."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.transactions import TransactWrite

from fargatecount.adapters.dynamodb.counter_item import counter_changes
from fargatecount.adapters.dynamodb.items import COUNTER, FORMAT, bucket_key, row_item
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.counts import Counts
from fargatecount.ledger.store import Bucket, Committed, Transaction, Write, counter_delta


class BeforePriceClasses(DynamoLedger):
    """Writes as a release without sums by price class does: a transaction per bucket, whose counter moves by phase and capacity alone."""

    has_fence = True

    def commit(self, transaction: Transaction) -> Committed:
        """Write each bucket; raises TransactWriteError where another writer was faster."""
        for bucket, writes in transaction.items():
            self._commit(bucket, writes)
        return Committed()

    def _commit(self, bucket: Bucket, writes: Sequence[Write]) -> None:
        model, counter = self.items.row, self.items.counter
        with TransactWrite(connection=self.items.connection.connection) as request:
            for write in writes:
                unchanged = model.rev == write.over.rev if write.over else model.pk.does_not_exist()
                request.save(row_item(model, bucket, write.workload_id, write.row), condition=unchanged)
            if any(write.delta.cells for write in writes):
                amounts = counter_changes(Counts(counter_delta(writes).cells))
                actions = [getattr(counter, name).add(amount) for name, amount in amounts.items()]
                actions += [counter.seq.add(1), counter.format.set(FORMAT)]
                actions += [counter.buckets.set(self.buckets)] if self.has_fence else []
                request.update(counter(bucket_key(bucket), COUNTER), actions)


class BeforeTheFence(BeforePriceClasses):
    """Writes as a release without the fence does: by the number of buckets that it knows, whatever the counter says."""

    has_fence = False
