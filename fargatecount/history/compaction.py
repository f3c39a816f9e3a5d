"""Compaction: the many small objects of a past day become few large ones.

The stream makes up to an object a minute. A new object is written before the old ones are deleted, so a crash in between leaves doubles,
which readers drop and the next compaction removes, and never a gap. Two compactions at once do no harm for the same reason.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence

import msgspec

from fargatecount.clock import never
from fargatecount.history.objects import COMPACTED, GZIP, LEVEL, HistoryObject, HistoryStore, folder, lines
from fargatecount.workload import Scope

LARGE = 64 * 2**20
"""Bytes of a compacted object at most, compressed. Athena reads a gzip file in one piece, and prefers pieces of 128 MB or more decompressed
(https://docs.aws.amazon.com/athena/latest/ug/performance-tuning-data-optimization-techniques.html); these have about 500."""


class _Identity(msgspec.Struct, frozen=True):
    cluster: str
    id: str
    epoch: int
    rev: int


_IDENTITY = msgspec.json.Decoder(_Identity)


class Compacted(msgspec.Struct, frozen=True):
    """What became of one day."""

    day: str
    before: int
    """Objects that were replaced."""
    after: int
    records: int
    doubles: int


def compact(scope: Scope, found: Sequence[HistoryObject], store: HistoryStore, *, stop: Callable[[], bool] = never) -> list[Compacted]:
    """Compact each day that has objects of the stream, until `stop` returns True; a started day is finished.

    Raises:
        DeniedError, UnavailableError: the bucket did not answer; nothing is lost.
        MalformedError: an object cannot be read; its day stays as it is.
    """
    by_day: dict[str, list[HistoryObject]] = {}
    for each in found:
        by_day.setdefault(each.day, []).append(each)
    done = []
    for day, objects in sorted(by_day.items()):
        if stop():
            break
        if any(not each.is_compacted for each in objects):
            result = _compact_day(scope, day, sorted(objects), store)
            if result is not None:
                done.append(result)
    return done


def _compact_day(scope: Scope, day: str, objects: Sequence[HistoryObject], store: HistoryStore) -> Compacted | None:
    digest = hashlib.sha256("".join(f"{each.key}\n{each.etag}\n" for each in objects).encode()).hexdigest()[:16]
    writer = _Writer(store, f"{folder(scope, day)}{COMPACTED}{digest}")
    seen: set[tuple[str, str, int, int]] = set()
    doubles = 0
    for each in objects:
        body = store.read(each.key)
        if body is None:
            return None  # another compaction is at it; what this one wrote is double at worst
        for line, identity in _identified(body):
            if identity in seen:
                doubles += 1
            else:
                seen.add(identity)
                writer.add(line)
    written = writer.close()
    store.delete(each.key for each in objects if each.key not in written)
    return Compacted(day, len(objects), len(written), len(seen), doubles)


def _identified(body: bytes) -> Iterator[tuple[bytes, tuple[str, str, int, int]]]:
    for line in lines(body):
        record = _IDENTITY.decode(line)
        yield line, (record.cluster, record.id, record.epoch, record.rev)


class _Writer:
    """Writes lines into objects of a bounded size."""

    def __init__(self, store: HistoryStore, name: str) -> None:
        self._store = store
        self._name = name
        self._written: list[str] = []
        self._parts: list[bytes] = []
        self._size = 0
        self._stream = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        self._is_empty = True

    def add(self, line: bytes) -> None:
        part = self._stream.compress(line + b"\n")
        self._is_empty = False
        if part:
            self._parts.append(part)
            self._size += len(part)
            if self._size >= LARGE:
                self._flush()

    def close(self) -> list[str]:
        if not self._is_empty:
            self._flush()
        return self._written

    def _flush(self) -> None:
        key = f"{self._name}-{len(self._written)}.jsonl.gz"
        self._store.write(key, b"".join([*self._parts, self._stream.flush()]))
        self._written.append(key)
        self._parts, self._size, self._is_empty = [], 0, True
        self._stream = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
