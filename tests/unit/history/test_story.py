"""A history of known lives answers every question as a script does that knows each start, stop, size and reason.

This is a slice. The whole: `HISTORY_TASKS=5000 HISTORY_PODS=500 HISTORY_MOMENTS=50 pytest tests/unit/history/test_story.py`.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from fargatecount.adapters.duckdb_history import DuckDbHistory
from fargatecount.adapters.dynamodb.stream import read_batch
from fargatecount.adapters.memory.history import MemoryHistory
from fargatecount.errors import UnavailableError
from fargatecount.history.answers import AtLine, ChangesLine, CostLine, LaunchesLine, SpotLine, StopsLine, ask
from fargatecount.history.archive import archive
from fargatecount.history.objects import decode, lines
from fargatecount.history.queries import Question, Span
from fargatecount.history.record import LifecycleRecord, kind_of_stop
from fargatecount.usage.prices import LIST_PRICES
from tests.support.builders import HOUR, NOW, SCOPE
from tests.support.fakes import FakeClock
from tests.support.history_world import Troubled, archived, living, recorded
from tests.support.lives import DAY, SECRET, Life, lives, nearest_rank, truth_at
from tests.support.table_stream import StreamingLedger, deliveries

pytest.importorskip("duckdb", reason="the extra `history` is not installed")

LIVES = lives(int(os.environ.get("HISTORY_TASKS", "400")), int(os.environ.get("HISTORY_PODS", "60")))
MOMENTS = int(os.environ.get("HISTORY_MOMENTS", "20"))
END = NOW + 5 * DAY
"""All lives are over by then."""


class World:
    """A ledger and its archive, and DuckDB over both."""

    def __init__(self, ledger: StreamingLedger, store: MemoryHistory, cache: Path, now: int) -> None:
        self.ledger, self.store, self.now = ledger, store, now
        self.engine = DuckDbHistory(store, SCOPE, cache, lambda: living(ledger, now))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a world in which events came twice and out of order, after all lives have ended."""
    clock = FakeClock()
    ledger = recorded(LIVES, clock, chance=random.Random(7))
    return World(ledger, archived(ledger.stream, now=END), tmp_path_factory.mktemp("cache"), END)


def records(store: MemoryHistory) -> dict[str, LifecycleRecord]:
    """Return the newest record of each workload."""
    found: dict[str, LifecycleRecord] = {}
    for each in store.objects(SCOPE):
        for record in decode(store.stored[each.key]):
            if record.id not in found or found[record.id].rev < record.rev:
                found[record.id] = record
    return found


def expected(life: Life) -> tuple[object, ...]:
    quoting = life.code == "EssentialContainerExited"
    reason = f"{life.reason}: exec: …" if quoting else life.reason
    return (
        *(life.cluster.key, life.service, life.owner if life.is_pod else None, life.cpu, life.memory, life.spot),
        *(life.created, life.pulling, life.started, life.stopped, life.billed_seconds),
        *(life.code, "Error" if life.is_pod else reason, "app=143" if life.is_pod else "app=137"),
    )


def said(record: LifecycleRecord) -> tuple[object, ...]:
    return (
        *(record.cluster, record.service, record.owner, record.cpu, record.memory, record.capacity == "spot"),
        *(record.created_at, record.pull_started_at, record.started_at, record.ended_at, record.billed_seconds),
        *(record.stop_code, record.stop_reason, record.exit_codes),
    )


def test_every_life_has_one_record_with_the_right_fields(world: World) -> None:
    """Each task and pod is there once to a reader, from its creation to its exit codes."""
    found = records(world.store)
    assert {life.id for life in LIVES} == set(found)
    assert {life.id: expected(life) for life in LIVES} == {identity: said(record) for identity, record in found.items()}


def test_the_cost_is_that_of_an_independent_calculation_to_the_cent(world: World) -> None:
    """By service, for each day and for the whole, decimal arithmetic from the lives alone comes to the same cents."""
    days = [Span(f"day {i}", NOW + i * DAY, NOW + (i + 1) * DAY) for i in range(5)]
    spans = (*days, Span("odd", NOW + HOUR + 1, NOW + 30 * HOUR + 7))
    found = ask(world.engine, Question(query="cost", begins=NOW, ends=END, spans=spans), CostLine)
    cents = {(line.span, line.name): round(line.cost, 6) for line in found}
    for span in spans:
        costs: dict[str, Decimal] = {}
        for life in LIVES:
            costs[life.key] = costs.get(life.key, Decimal(0)) + life.cost(span.begins, span.ends)
        for name, cost in costs.items():
            assert cents.get((span.name, name), 0.0) == pytest.approx(float(cost), abs=1e-6), (span.name, name)
    total = sum(life.cost(NOW, END + DAY) for life in LIVES)
    whole = ask(world.engine, Question(query="cost", begins=NOW, ends=END + DAY, by="account"), CostLine)
    assert round(sum(line.cost for line in whole), 2) == round(float(total), 2)


@pytest.mark.parametrize("number", range(MOMENTS))
def test_what_ran_at_a_moment(world: World, number: int) -> None:
    """At random moments the phases of every service are those of the script."""
    moment = NOW + random.Random(number).randrange(3 * DAY)
    found = {
        line.name: Counter({name: getattr(line, name) for name in ("running", "pending", "stopping", "waiting") if getattr(line, name)})
        for line in ask(world.engine, Question(query="at", begins=moment, ends=moment), AtLine)
    }
    assert found == truth_at(LIVES, moment)


def test_launches_by_percentile(world: World) -> None:
    """p50, p95 and p99 by family are those of the script, by nearest rank."""
    found = ask(world.engine, Question(query="launches", begins=NOW, ends=END, by="family"), LaunchesLine)
    took: dict[str, list[int]] = {}
    for life in LIVES:
        if life.started is not None:
            family = life.service.split("/")[-1].split(":")[-1]
            took.setdefault(family, []).append(life.started - life.created)
    assert {line.name: (line.launches, line.p50_ms, line.p95_ms, line.p99_ms, line.max_ms) for line in found} == {
        name: (len(values), *(nearest_rank(values, percent) for percent in (50, 95, 99)), max(values)) for name, values in took.items()
    }


def test_why_workloads_stopped(world: World) -> None:
    """Each reason has its number, whatever deployment or task it names."""
    found = ask(world.engine, Question(query="stops", begins=NOW, ends=END), StopsLine)
    reasons = Counter((life.code, kind_of_stop(str(expected(life)[-2])) or "-") for life in LIVES)
    assert {(line.stop_code, line.reason): line.stopped for line in found} == dict(reasons)


def test_what_spot_took_back(world: World) -> None:
    """Interruptions by service, the share of them, and what those tasks had cost."""
    found = {line.name: line for line in ask(world.engine, Question(query="spot", begins=NOW, ends=END), SpotLine)}
    spot = [life for life in LIVES if life.spot]
    assert set(found) == {life.key for life in spot}
    for name, line in found.items():
        mine = [life for life in spot if life.key == name]
        taken = [life for life in mine if life.code == "SpotInterruption"]
        assert (line.stopped, line.interrupted) == (len(mine), len(taken))
        assert line.interrupted_cost == pytest.approx(float(sum(life.cost(0, END * 2) for life in taken)), abs=1e-6)
        ran = [life.stopped - life.started for life in taken if life.started is not None]
        assert line.ran_p50_ms == (nearest_rank(ran, 50) if ran else None)


def test_who_started_and_stopped(world: World) -> None:
    """Within a period each service's starts and stops are those of the script."""
    begins, ends = NOW + DAY // 2, NOW + DAY
    found = {line.name: line for line in ask(world.engine, Question(query="changes", begins=begins, ends=ends), ChangesLine)}
    started = Counter(life.key for life in LIVES if begins <= life.created < ends)
    stopped = Counter(life.key for life in LIVES if begins <= life.stopped < ends)
    assert {name: (line.started, line.stopped) for name, line in found.items()} == {
        name: (started[name], stopped[name]) for name in started | stopped
    }


def test_a_cluster_is_selected_by_name_and_by_key(world: World) -> None:
    """Globs as everywhere: over the name (pods) and over the key (EKS-pods)."""
    for glob in ("pods", "EKS-*", "p?ds"):
        found = ask(world.engine, Question(query="cost", begins=NOW, ends=END, by="cluster", clusters=(glob,)), CostLine)
        assert [line.name for line in found] == ["EKS-pods"], glob


def test_nothing_secret_is_in_any_object(world: World) -> None:
    """Environment, commands, overrides, messages and quoted reasons were full of a marker: no object has it."""
    text = b"".join(line for each in world.store.objects(SCOPE) for line in lines(world.store.stored[each.key]))
    assert len(text) > 100_000
    assert SECRET.encode() not in text


def test_a_throttled_killed_and_repeated_archive_ends_in_the_same_history(world: World) -> None:
    """Batches fail before and after they are stored, are halved, and come twice: a reader sees each life once, as before."""
    chance = random.Random(3)
    store = Troubled(chance)
    for batch in deliveries(world.ledger.stream, chance):
        read = read_batch(batch)
        while True:
            try:
                archive(read.rows, read.name, store, LIST_PRICES, END)
            except UnavailableError:
                continue
            break
    assert store.refused > 10
    assert sum(1 for each in store.objects(SCOPE) for _ in lines(store.stored[each.key])) >= len(LIVES)
    assert {identity: said(record) for identity, record in records(store).items()} == {
        identity: said(record) for identity, record in records(world.store).items()
    }


def test_what_still_lives_is_part_of_every_answer(tmp_path: Path) -> None:
    """In the middle of the story the ended half is in the bucket and the living half in the ledger: the moment and the cost are whole."""
    middle = NOW + DAY + 12_345
    clock = FakeClock()
    ledger = recorded(LIVES, clock, until=middle)
    here = World(ledger, archived(ledger.stream, now=middle), tmp_path, middle)
    found = ask(here.engine, Question(query="at", begins=middle - 1, ends=middle - 1), AtLine)
    assert {line.name: line.running for line in found if line.running} == {
        name: phases["running"] for name, phases in truth_at(LIVES, middle - 1).items() if phases["running"]
    }
    costs = ask(here.engine, Question(query="cost", begins=NOW, ends=middle, by="account"), CostLine)
    # A workload that began less than a minute ago costs its minimum only once it has ended, so its part is not compared.
    settled = [life for life in LIVES if life.pulling is not None and life.pulling < middle]
    expected_cost = sum(life.cost(NOW, middle) for life in settled)
    assert costs[0].cost == pytest.approx(float(expected_cost), rel=1e-3)


def test_the_cache_is_read_again_without_the_bucket(world: World, tmp_path: Path) -> None:
    """The same question a second time reads no object; a changed object is read again."""
    reads: list[str] = []

    class Counting(MemoryHistory):
        def read(self, key: str) -> bytes | None:
            reads.append(key)
            return super().read(key)

    store = Counting()
    store.stored = dict(world.store.stored)
    engine = DuckDbHistory(store, SCOPE, tmp_path, list)
    question = Question(query="cost", begins=NOW, ends=END, by="cluster")

    def cents() -> list[tuple[str, float]]:
        # Threads add in any order, so the last digits differ.
        return [(line.name, round(line.cost, 6)) for line in ask(engine, question, CostLine)]

    first = cents()
    before = len(reads)
    assert before == len(store.objects(SCOPE))
    assert cents() == first
    assert len(reads) == before
    changed, other = store.objects(SCOPE)[0], store.objects(SCOPE)[-1]
    store.write(changed.key, store.stored[other.key])
    assert cents() != first
    assert len(reads) > before
