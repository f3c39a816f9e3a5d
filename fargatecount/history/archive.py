"""Archive: the rows that have ended, as the table's stream delivers them, become objects of the bucket.

Idempotent. The name of an object follows from the first record of its batch, so a batch that is delivered again writes the same object
again; what a split batch writes twice, readers drop. A batch is either stored or raises, and the stream delivers it again for 24 hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from fargatecount.history.objects import HistoryStore, encode, folder
from fargatecount.history.record import LifecycleRecord, record_of
from fargatecount.ledger.row import Row
from fargatecount.usage.prices import PriceSettings
from fargatecount.workload import Cluster, Millis, Phase, Scope


class EndedRow(msgspec.Struct, frozen=True):
    """A tombstone, as a record of the stream or a row of the table."""

    cluster: Cluster
    workload_id: str
    row: Row


class Archived(msgspec.Struct, frozen=True):
    """What a batch became."""

    records: int = 0
    objects: tuple[str, ...] = ()
    skipped: int = 0
    """Rows that are no tombstone, or of which nothing is known but that they ended."""


def archive(rows: Sequence[EndedRow], name: str, store: HistoryStore, prices: PriceSettings, now: Millis) -> Archived:
    """Store the records of a batch: one object for each scope and day of their ends, all named `name`.

    Raises:
        DeniedError, UnavailableError: the bucket did not take them. What was stored before is stored again by the next attempt.
    """
    by_folder: dict[tuple[Scope, str], list[LifecycleRecord]] = defaultdict(list)
    for ended in newest(rows):
        record = record_of(ended.cluster, ended.workload_id, ended.row, prices, now) if ended.row.phase is Phase.GONE else None
        if record is not None:
            by_folder[ended.cluster.scope, record.day].append(record)
    keys = []
    for (scope, day), records in sorted(by_folder.items()):
        key = f"{folder(scope, day)}{name}.jsonl.gz"
        store.write(key, encode(records))
        keys.append(key)
    kept = sum(map(len, by_folder.values()))
    return Archived(kept, tuple(keys), len(rows) - kept)


def newest(rows: Iterable[EndedRow]) -> list[EndedRow]:
    """Return the newest of several rows of one workload: a tombstone that gains facts is in the stream once more."""
    found: dict[tuple[Cluster, str, int], EndedRow] = {}
    for ended in rows:
        key = (ended.cluster, ended.workload_id, ended.row.epoch)
        if key not in found or found[key].row.rev <= ended.row.rev:
            found[key] = ended
    return list(found.values())
