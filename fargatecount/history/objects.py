"""The objects of the history: compressed JSON lines under `history/account=…/region=…/day=…/`, and the port to where they lie.

Pure but for the port. The names of the folders are those of Hive partitions, which Athena and DuckDB both read as columns. The day is the
UTC day on which the workloads ended, so a question about a period never reads what ended before it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from fargatecount.errors import MalformedError
from fargatecount.history.record import LifecycleRecord
from fargatecount.workload import Scope

ROOT = "history/"
LIVING = "living/"
"""Beside the history: the living workloads as of the last compaction, so that Athena knows them too."""
COMPACTED = "all-"
"""Names of objects that compaction has made begin so."""
GZIP = 16 + zlib.MAX_WBITS
LEVEL = 6
"""zlib's default; level 9 takes three times as long for 2 % less."""
MAX_PLAIN = 2**31
"""Bytes of one object, decompressed: far above any that is written here; nothing here writes more."""

_DECODER = msgspec.json.Decoder(LifecycleRecord)
_ENCODER = msgspec.json.Encoder()


class HistoryObject(msgspec.Struct, frozen=True, order=True):
    """One stored object."""

    key: str
    etag: str
    """Changes with the content: a retry may write an object again with fewer or more records."""
    size: int

    @property
    def day(self) -> str:
        """The partition that it lies in."""
        return self.key.rpartition("/")[0].rpartition("day=")[2]

    @property
    def is_compacted(self) -> bool:
        """Whether compaction made it."""
        return self.key.rpartition("/")[2].startswith(COMPACTED)


class HistoryReader(Protocol):
    """The bucket, to be read. Every method raises DeniedError if it is refused, UnavailableError if there is no answer."""

    def objects(self, scope: Scope, first_day: str = "") -> Sequence[HistoryObject]:
        """Return the objects of a scope from `first_day` on, by key."""
        ...

    def read(self, key: str) -> bytes | None:
        """Return an object; None if there is none any more, because a compaction has replaced it since it was listed."""
        ...


class HistoryStore(HistoryReader, Protocol):
    """The bucket, to be written too; raises as `HistoryReader` does."""

    def write(self, key: str, body: bytes) -> None:
        """Store an object, over one with the same key."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; one that does not exist is no error."""
        ...


def folder(scope: Scope, day: str = "", *, root: str = ROOT) -> str:
    """Return the folder of a scope, or of one of its days."""
    return f"{root}account={scope.account}/region={scope.region}/" + (f"day={day}/" if day else "")


def encode(records: Iterable[LifecycleRecord]) -> bytes:
    """Return records as a compressed object: one JSON object per line; the same bytes for the same records."""
    return compress(_ENCODER.encode(record) + b"\n" for record in records)


def compress(lines: Iterable[bytes]) -> bytes:
    """Return lines as gzip, with the time of the header left out: a retry writes the same bytes."""
    stream = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    return b"".join([*(stream.compress(line) for line in lines), stream.flush()])


def lines(body: bytes) -> Iterator[bytes]:
    """Yield the lines of an object.

    Raises:
        MalformedError: it is no gzip, or cut.
    """
    stream = zlib.decompressobj(GZIP)
    try:
        text = stream.decompress(body, MAX_PLAIN)
    except zlib.error as error:
        raise MalformedError(f"an object of the history cannot be decompressed: {error}") from error
    if not stream.eof:
        raise MalformedError("an object of the history is cut")
    yield from text.splitlines()


def decode(body: bytes) -> Iterator[LifecycleRecord]:
    """Yield the records of an object; raises MalformedError as `lines` does, and for a line that is no record."""
    for line in lines(body):
        try:
            yield _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise MalformedError(f"a line of the history is no record: {error}") from error
