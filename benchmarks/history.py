"""The history of a month: how large its records are, and how long questions take on one machine.

`python -m benchmarks.history --records 10000000` makes that many ended tasks, in one object a day as compaction leaves them, and asks
`history cost --by owner` twice: with an empty cache, and again. It prints seconds, the peak memory of the process, and bytes per record.
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.memory import peak
from fargatecount.adapters.duckdb_history import TYPES, DuckDbHistory
from fargatecount.history.answers import AtLine, CostLine, LaunchesLine, ask
from fargatecount.history.objects import HistoryObject, compress, folder
from fargatecount.history.queries import Question
from fargatecount.history.record import COLUMNS, day_of
from fargatecount.workload import Scope

SCOPE = Scope("123456789012", "eu-west-1")
BEGINS = 1_790_812_800_000
"""2026-10-01T00:00:00Z."""
DAY = 86_400_000
DAYS = 31
MADE = {
    "schema": "'fargatecount/lifecycle'",
    "version": "1",
    "account": f"'{SCOPE.account}'",
    "region": f"'{SCOPE.region}'",
    "cluster": "'ECS-prod-' || (i % 20)",
    "kind": "'ECS'",
    "id": "md5(i::VARCHAR || '{day}')",
    "epoch": "0",
    "rev": "ended + 3",
    "state": "'ended'",
    "service": "'service:shop-' || (i % 150)",
    "family": "'shop-' || (i % 150)",
    "revision": "100 + i % 7",
    "owner": "'team-' || (i % 12)",
    "zone": "'eu-west-1' || chr((97 + i % 3)::INT)",
    "platform": "'1.4.0'",
    "capacity": "CASE WHEN i % 3 = 0 THEN 'spot' ELSE 'on-demand' END",
    "cpu": "256 * (1 + i % 4)",
    "memory": "512 * (1 + i % 4)",
    "storage": "20",
    "architecture": "'x86_64'",
    "created_at": "began",
    "pull_started_at": "began + 9000 + i % 5000",
    "pull_stopped_at": "began + 16000 + i % 9000",
    "started_at": "began + 26000 + i % 20000",
    "stopping_at": "ended - 11000",
    "ended_at": "ended",
    "stop_code": "CASE WHEN i % 30 = 0 THEN 'SpotInterruption' WHEN i % 2 = 0 THEN 'UserInitiated' ELSE 'EssentialContainerExited' END",
    "stop_reason": "'Scaling activity initiated by (deployment ecs-svc/' || (1000000000000000 + hash(i // 40) % 1000000000000000) || ')'",
    "stop_kind": "'Scaling activity initiated by (deployment ecs-svc/…)'",
    "exit_codes": "'app=143'",
    "interrupted": "i % 30 = 0",
    "launch_ms": "26000 + i % 20000",
    "billed_from": "began + 9000 + i % 5000",
    "billed_until": "ended",
    "billed_seconds": "(ended - began) // 1000 - 9",
    "cost": "(ended - began) / 3600000.0 * 0.0123 * (1 + i % 4)",
    "cost_uncertain": "0.0",
    "cost_approximate": "i % 3 = 0",
    "prices": "'2026-09-11'",
    "day": "'{day}'",
}


class Folder:
    """A bucket on this disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def objects(self, scope: Scope, first_day: str = "") -> Sequence[HistoryObject]:
        """Return the objects."""
        files = sorted((self._root / folder(scope)).glob("day=*/*.jsonl.gz"))
        found = [HistoryObject(str(file.relative_to(self._root)), "1", file.stat().st_size) for file in files]
        return [each for each in found if each.day >= first_day]

    def read(self, key: str) -> bytes | None:
        """Return one."""
        return (self._root / key).read_bytes()


def make(root: Path, records: int) -> None:
    """Write a month of records, each day's in one object.

    The first day is made by SQL and compressed as the archive does. The others are copies of its text under other ids, compressed faster.
    """
    day = day_of(BEGINS)
    first = root / folder(SCOPE, day) / "all-0.jsonl.gz"
    first.parent.mkdir(parents=True)
    columns = ", ".join(f"{MADE.get(name, 'NULL')}::{TYPES[name]} AS {name}" for name in COLUMNS).replace("{day}", day)
    ended = f"{BEGINS} + (hash(i) % {DAY})::BIGINT"
    source = f"SELECT i, {ended} AS ended, {ended} - 60000 - (hash(i + 1) % 7200000)::BIGINT AS began FROM range({records // DAYS}) AS t(i)"
    plain = root / "plain.json"
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT {columns} FROM ({source})) TO '{plain}' (FORMAT json)")
    text = plain.read_bytes()
    plain.unlink()
    first.write_bytes(compress([text]))
    for number in range(1, DAYS):
        target = root / folder(SCOPE, day_of(BEGINS + number * DAY)) / "all-0.jsonl.gz"
        target.parent.mkdir(parents=True)
        target.write_bytes(gzip.compress(text.replace(b'"id":"', b'"id":"%02d' % number), 1))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    records = parser.parse_args().records
    with tempfile.TemporaryDirectory() as temporary:
        root, cache = Path(temporary) / "bucket", Path(temporary) / "cache"
        started = time.monotonic()
        maker = multiprocessing.Process(target=make, args=(root, records))
        maker.start()
        maker.join()
        print(f"made {records:,} records in {time.monotonic() - started:.0f} s", flush=True)
        store = Folder(root)
        size = store.objects(SCOPE)[0].size * DAYS
        cache.mkdir()
        engine = DuckDbHistory(store, SCOPE, cache, list)
        month = Question(query="cost", begins=BEGINS, ends=BEGINS + DAYS * DAY, by="owner")
        for name in ("cost by owner, empty cache", "cost by owner, again"):
            started = time.monotonic()
            lines = ask(engine, month, CostLine)
            print(
                f"{name}: {time.monotonic() - started:.1f} s, peak {peak():,.0f} MB, {sum(line.cost for line in lines):,.2f} USD",
                flush=True,
            )
        started = time.monotonic()
        ask(engine, Question(query="launches", begins=BEGINS, ends=BEGINS + DAYS * DAY, by="family"), LaunchesLine)
        print(f"launches by family: {time.monotonic() - started:.1f} s, peak {peak():,.0f} MB")
        started, moment = time.monotonic(), BEGINS + 15 * DAY
        ask(engine, Question(query="at", begins=moment, ends=moment), AtLine)
        print(f"at a moment: {time.monotonic() - started:.1f} s, peak {peak():,.0f} MB")
        cached = sum(file.stat().st_size for file in cache.rglob("*.parquet"))
        print(f"bytes per record: {size / records:.0f} in the bucket, {cached / records:.0f} in the cache")


if __name__ == "__main__":
    main()
