"""DuckDB as the engine of the history on one machine: SQL over a local cache of the bucket's objects.

The cache has one Parquet file per day of the bucket, made from the objects of that day. Its name carries their ETags, so a file is either
right or not used, and the same question again reads no object. DuckDB is the extra `history` of the package; it is imported only here.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from fargatecount.errors import MisconfiguredError, UnavailableError
from fargatecount.history.objects import HistoryObject, HistoryReader
from fargatecount.history.queries import Question, first_day, sql_of
from fargatecount.history.record import COLUMNS, LifecycleRecord
from fargatecount.workload import Scope

AT_ONCE = 10
"""Objects read at the same time: the size of botocore's connection pool."""
ATTEMPTS = 3
"""Lists until one is read whole: a compaction replaces objects once a day, and takes seconds."""

TYPES = {
    **dict.fromkeys(COLUMNS, "VARCHAR"),
    **dict.fromkeys(("version", "epoch", "rev", "revision", "cpu", "memory", "storage", "launch_ms", "billed_seconds"), "BIGINT"),
    **dict.fromkeys(("created_at", "pull_started_at", "pull_stopped_at", "started_at", "stopping_at"), "BIGINT"),
    **dict.fromkeys(("ended_after", "ended_at", "billed_from", "billed_until"), "BIGINT"),
    **dict.fromkeys(("cost", "cost_uncertain"), "DOUBLE"),
    **dict.fromkeys(("interrupted", "cost_approximate"), "BOOLEAN"),
}
"""The SQL type of each column; Athena's table has the same."""


class DuckDbHistory:
    """The history of one scope: its objects, and its living workloads and fresh tombstones from the ledger."""

    def __init__(
        self,
        store: HistoryReader,
        scope: Scope,
        cache: Path,
        fresh: Callable[[], Iterable[LifecycleRecord]],
        *,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._scope = scope
        self._cache = cache
        self._fresh = fresh
        self._progress = progress
        self._duckdb = _library()

    def rows(self, question: Question) -> Sequence[Sequence[Any]]:
        """Return the rows of the answer.

        Raises:
            DeniedError, UnavailableError: the bucket or the table could not be read, or the cache not be written.
        """
        try:
            files = self._days(first_day(question.begins))
            with self._duckdb.connect(":memory:") as database:
                self._configure(database)
                self._create(database, "ended", files)
                with tempfile.NamedTemporaryFile(dir=self._cache, prefix="living-", suffix=".json") as living:
                    living.writelines(msgspec.json.encode(record) + b"\n" for record in self._fresh())
                    living.flush()
                    database.execute(f"CREATE TABLE living AS SELECT * FROM {_json([Path(living.name)])}")  # noqa: S608
                found: list[tuple[Any, ...]] = database.execute(sql_of(question, ended="ended", living="living")).fetchall()
                return found
        except OSError as error:
            raise _cache_error(self._cache, error) from error
        except self._duckdb.IOException as error:
            raise _cache_error(self._cache, error) from error
        except self._duckdb.OutOfMemoryException as error:
            raise UnavailableError(
                f"DuckDB ran out of memory: {error}", remedy="ask for a shorter period, or let Athena answer: docs/history.md"
            ) from error

    def _configure(self, database: Any) -> None:
        database.execute(f"SET temp_directory = {_text(str(self._cache / 'tmp'))}")
        # Everything that is needed comes with the wheel; nothing may be downloaded or read from elsewhere.
        database.execute("SET autoinstall_known_extensions = false")
        database.execute("SET preserve_insertion_order = false")

    def _create(self, database: Any, name: str, files: Sequence[Path]) -> None:
        if files:
            listed = ", ".join(_text(str(file)) for file in files)
            database.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{listed}])")  # noqa: S608 - names of the cache, quoted
        else:
            columns = ", ".join(f"{column} {TYPES[column]}" for column in COLUMNS)
            database.execute(f"CREATE TABLE {name} ({columns})")

    def _days(self, since: str) -> list[Path]:
        """Return a Parquet file for each day from `since` on, made where the cache lacks it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for _ in range(ATTEMPTS):
            files: list[Path] = []
            found = self._store.objects(self._scope, since)
            for day, objects in groupby(found, key=lambda each: each.day):
                file = self._day(day, list(objects))
                if file is None:
                    break
                files.append(file)
            else:
                return files
        raise UnavailableError("the history was compacted while it was read", remedy="try again in a minute")

    @property
    def _folder(self) -> Path:
        return self._cache / self._scope.account / self._scope.region

    def _day(self, day: str, objects: Sequence[HistoryObject]) -> Path | None:
        """Return the Parquet file of a day; None if one of its objects is gone by now."""
        digest = hashlib.sha256("".join(f"{each.key}\n{each.etag}\n" for each in objects).encode()).hexdigest()[:16]
        file = self._folder / f"{day}-{digest}.parquet"
        if file.exists():
            return file
        self._progress(f"reading the history of {day}: {len(objects)} objects, {sum(each.size for each in objects) / 1e6:,.1f} MB")
        with tempfile.TemporaryDirectory(dir=self._folder) as temporary:
            with ThreadPoolExecutor(AT_ONCE) as readers:
                bodies = list(readers.map(lambda each: self._fetch(each, Path(temporary)), objects))
            if None in bodies:
                return None
            made = Path(temporary) / "day.parquet"
            with self._duckdb.connect(":memory:") as database:
                self._configure(database)
                source = _json([each for each in bodies if each is not None])
                database.execute(f"COPY (SELECT * FROM {source}) TO {_text(str(made))} (FORMAT parquet, COMPRESSION zstd)")  # noqa: S608
            old = list(self._folder.glob(f"{day}-*.parquet"))
            made.replace(file)
            for each in old:
                each.unlink(missing_ok=True)
        return file

    def _fetch(self, one: HistoryObject, folder: Path) -> Path | None:
        body = self._store.read(one.key)
        if body is None:
            return None
        file = folder / f"{hashlib.sha256(one.key.encode()).hexdigest()[:16]}.jsonl.gz"
        file.write_bytes(body)
        return file


def cache_folder(environment: os._Environ[str] | dict[str, str]) -> Path:
    """Return where the cache lies: `$FARGATECOUNT_CACHE`, else the user's cache folder."""
    own = environment.get("FARGATECOUNT_CACHE")
    if own:
        return Path(own) / "history"
    base = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")  # https://specifications.freedesktop.org/basedir-spec/latest/
    return Path(base) / "fargatecount" / "history"


def _library() -> Any:
    try:
        import duckdb  # noqa: PLC0415 - 60 MB that no other command needs
    except ModuleNotFoundError as error:
        raise MisconfiguredError(
            "the history needs DuckDB, which is not installed", remedy="pip install 'fargatecount[history]', or use --engine athena"
        ) from error
    return duckdb


def _json(files: Sequence[Path]) -> str:
    listed = ", ".join(_text(str(file)) for file in files)
    columns = ", ".join(f"{column}: '{TYPES[column]}'" for column in COLUMNS)
    return f"read_json([{listed}], format = 'newline_delimited', columns = {{{columns}}}, hive_partitioning = false)"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _cache_error(cache: Path, error: Exception) -> UnavailableError:
    return UnavailableError(f"the cache of the history in {cache} cannot be used: {error}", remedy="make room, or set FARGATECOUNT_CACHE")
