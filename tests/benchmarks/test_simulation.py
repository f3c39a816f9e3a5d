"""Simulated time, and the table in it."""

from __future__ import annotations

from benchmarks.buckets import simulate
from benchmarks.loads import CLUSTER, Load
from benchmarks.simulated_table import SimulatedTable
from benchmarks.simulation import START, SimulatedClock, Simulation
from fargatecount.ledger.row import merge
from fargatecount.ledger.store import Bucket, Commit, Committed, Contended, Write, belongs
from fargatecount.workload import Observation, Phase, SourceRank


def seen(task: str) -> Observation:
    """Return a task that runs."""
    at = round(START * 1000)
    return Observation(cluster=CLUSTER, workload_id=task, version=1, source=SourceRank.EVENT, phase=Phase.RUNNING, observed_at=at)


def write(task: str) -> Write:
    """Return its first row."""
    _, row = merge(None, seen(task), 0)
    assert row is not None
    return Write(task, row, None)


def test_processes_take_turns_by_the_moments_at_which_they_wake() -> None:
    """The process with the shorter sleep continues first, and the clock stays where the last one left it."""
    simulation, told = Simulation(), []

    def process(name: str, seconds: float) -> None:
        for _ in range(2):
            simulation.sleep(seconds)
            told.append((name, simulation.now))

    simulation.run([lambda: process("slow", 3.0), lambda: process("quick", 1.0)])
    assert told == [("quick", 1.0), ("quick", 2.0), ("slow", 3.0), ("slow", 6.0)]


def test_the_clock_goes_with_the_simulation() -> None:
    """An hour passes at once."""
    simulation = Simulation()
    clock = SimulatedClock(simulation)
    simulation.run([lambda: clock.sleep(3600)])
    assert clock.now() == round((START + 3600) * 1000)


def test_transactions_that_meet_on_a_counter_collide() -> None:
    """Of two at the same time in one bucket one is written; in two buckets both are."""
    assert outcomes(Bucket(CLUSTER, 0), Bucket(CLUSTER, 0)) == [Contended(), Committed()]
    assert outcomes(Bucket(CLUSTER, 0), Bucket(CLUSTER, 1)) == [Committed(), Committed()]


def outcomes(*buckets: Bucket) -> list[Commit]:
    """Return what becomes of simultaneous transactions, in the order in which they end."""
    simulation = Simulation()
    table = SimulatedTable(2, simulation, seed=1)
    ended: list[Commit] = []

    def commit(bucket: Bucket, task: str) -> None:
        ended.append(table.commit({bucket: [write(task)]}))

    tasks = iter(f"t{i}" for i in range(100))
    pairs = [(bucket, next(task for task in tasks if belongs({bucket: [write(task)]}, 2))) for bucket in buckets]
    simulation.run([lambda bucket=bucket, task=task: commit(bucket, task) for bucket, task in pairs])  # type: ignore[misc]
    return ended


def test_a_partition_has_a_thousand_units_a_second() -> None:
    """The 251st transaction of four units within a second is throttled, and not the one a second later."""
    simulation = Simulation()
    table = SimulatedTable(1, simulation, seed=1)
    bucket = Bucket(CLUSTER, 0)
    assert all(table._spend({bucket: 4}) is None for _ in range(250))
    assert table._spend({bucket: 4}) == frozenset({bucket})
    simulation.now += 1
    assert table._spend({bucket: 4}) is None


def test_a_load_is_counted_to_its_last_event() -> None:
    """Fifty tasks at once are drained into two buckets, at two units a row and two a counter."""
    run = simulate(Load("fifty", [(0.0, seen(f"t{i}")) for i in range(50)], bar=1.0), buckets=2)
    assert run.drained < 1
    assert run.units > 2
    assert run.returned == 0
