"""A ledger in memory with a stream: what DynamoDB would hand to the function that archives, record by record."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from fargatecount.adapters.dynamodb.items import RowItem, row_item
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.ledger.store import Bucket, Commit, Committed, Transaction, Write
from fargatecount.workload import Phase


class StreamingLedger(MemoryLedger):
    """Rows and counters in memory, and the records of the rows that ended, as the filter of the mapping lets them through."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.stream: list[dict[str, Any]] = []

    def commit(self, transaction: Transaction) -> Commit:
        result = super().commit(transaction)
        if isinstance(result, Committed):
            changes = ((bucket, write) for bucket, writes in transaction.items() for write in writes)
            for bucket, write in changes:
                if write.row.phase is Phase.GONE:
                    self.stream.append(self._record(bucket, write))
        return result

    def _record(self, bucket: Bucket, write: Write) -> dict[str, Any]:
        number = len(self.stream) + 1
        image = row_item(RowItem, bucket, write.workload_id, write.row).serialize()
        return {
            "eventID": f"{number:032x}",
            "eventName": "MODIFY" if write.over else "INSERT",
            "dynamodb": {"SequenceNumber": f"{number:021}", "NewImage": image, "Keys": {"pk": image["pk"], "sk": image["sk"]}},
        }


def batches(stream: Sequence[dict[str, Any]], size: int = 100) -> Iterator[list[dict[str, Any]]]:
    """Yield the stream in batches."""
    for start in range(0, len(stream), size):
        yield list(stream[start : start + size])


def deliveries(stream: Sequence[dict[str, Any]], chance: random.Random) -> Iterator[list[dict[str, Any]]]:
    """Yield batches as Lambda may deliver them at its worst: some twice, some again in two halves after they failed."""
    for batch in batches(stream, 50):
        yield batch
        if chance.random() < 0.3:
            yield batch
        if chance.random() < 0.3 and len(batch) > 1:
            middle = chance.randrange(1, len(batch))
            yield batch[:middle]
            yield batch[middle:]
