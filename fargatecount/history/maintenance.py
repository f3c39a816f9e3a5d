"""The daily maintenance of the history: write what the stream did not deliver, compact past days, and note what is known.

The stream keeps a record for 24 hours, the table a tombstone for 72. So maintenance finds in the table whatever an outage of the archive
left out, up to three days of it; a longer outage becomes a hole of the coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from fargatecount.history.archive import EndedRow, archive
from fargatecount.history.compaction import Compacted, compact
from fargatecount.history.coverage import Coverage, CoverageStore, extended
from fargatecount.history.objects import LIVING, HistoryStore, encode, folder, lines
from fargatecount.history.record import NO_DAY, LifecycleRecord, State, day_of, record_of
from fargatecount.ledger.row import TOMBSTONE_LIFE
from fargatecount.ledger.store import Bucket, LedgerReader
from fargatecount.timestamps import DAY, HOUR, MINUTE
from fargatecount.usage.prices import PriceSettings
from fargatecount.workload import Cluster, Millis, Phase, Scope

SETTLED_AFTER: Millis = 15 * MINUTE
"""A tombstone younger than this may still be in the stream: the function waits a minute for a batch to fill, and retries."""
OVERLAP: Millis = HOUR
"""How much before the last maintenance tombstones are looked for again: more than they were too young for then."""
LATE: Millis = 16 * DAY
"""How far back past days may still gain records: a dead letter is replayed for up to 14 days."""


@dataclass(frozen=True, kw_only=True)
class MaintenancePorts:
    """What maintenance reads and writes."""

    scope: Scope
    reader: LedgerReader
    store: HistoryStore
    coverage: CoverageStore
    prices: PriceSettings
    retention_days: int


class Maintained(msgspec.Struct, frozen=True, kw_only=True):
    """What maintenance did."""

    tombstones: int
    """Tombstones that were looked for."""
    caught_up: int
    """Records that the stream had not delivered."""
    living: int
    compacted: list[Compacted]
    coverage: Coverage


class _Identity(msgspec.Struct, frozen=True):
    cluster: str
    id: str
    epoch: int
    rev: int


_IDENTITY = msgspec.json.Decoder(_Identity)


def maintain(ports: MaintenancePorts, now: Millis, stop: Callable[[], bool]) -> Maintained:
    """Catch up, compact, and note the coverage.

    Raises:
        DeniedError, UnavailableError, MalformedError: the table or the bucket could not be read or written. The next run does it all.
    """
    before = ports.coverage.coverage(ports.scope)
    since = now - TOMBSTONE_LIFE if before is None else max(before.until - OVERLAP, now - TOMBSTONE_LIFE)
    ended: list[tuple[EndedRow, LifecycleRecord]] = []
    living: list[LifecycleRecord] = []
    for each, record in _rows(ports, now):
        if record.state is State.LIVING:
            living.append(record)
        elif since <= each.row.written_at <= now - SETTLED_AFTER:
            ended.append((each, record))
    missing = _missing(ports, ended)
    archive(missing, f"catch-up-{now}", ports.store, ports.prices, now)
    ports.store.write(f"{folder(ports.scope, root=LIVING)}living.jsonl.gz", encode(living))
    past = [each for each in ports.store.objects(ports.scope, day_of(now - LATE)) if each.day < day_of(now)]
    compacted = compact(ports.scope, past, ports.store, stop=stop)
    coverage = extended(before, now - SETTLED_AFTER, ports.retention_days)
    ports.coverage.keep_coverage(ports.scope, coverage)
    return Maintained(tombstones=len(ended), caught_up=len(missing), living=len(living), compacted=compacted, coverage=coverage)


def _rows(ports: MaintenancePorts, now: Millis) -> Iterator[tuple[EndedRow, LifecycleRecord]]:
    for cluster, number in _buckets(ports):
        for workload_id, row in ports.reader.rows_of(Bucket(cluster, number)):
            record = record_of(cluster, workload_id, row, ports.prices, now)
            # A waiting pod has no part in any history yet.
            if record is not None and row.phase is not Phase.WAITING:
                yield EndedRow(cluster, workload_id, row), record


def _buckets(ports: MaintenancePorts) -> Iterator[tuple[Cluster, int]]:
    for state in ports.reader.clusters(ports.scope):
        for number in range(ports.reader.buckets):
            yield state.cluster, number


def _missing(ports: MaintenancePorts, ended: list[tuple[EndedRow, LifecycleRecord]]) -> list[EndedRow]:
    """Return the tombstones that no object of their day has."""
    days = {record.day for _, record in ended} - {NO_DAY}
    stored: dict[tuple[str, str, int], int] = {}
    for each in ports.store.objects(ports.scope, min(days, default=NO_DAY)) if days else ():
        body = ports.store.read(each.key) if each.day in days else None
        for line in lines(body) if body is not None else ():
            found = _IDENTITY.decode(line)
            key = (found.cluster, found.id, found.epoch)
            stored[key] = max(stored.get(key, 0), found.rev)
    return [each for each, record in ended if stored.get((record.cluster, record.id, record.epoch), -1) < record.rev]
