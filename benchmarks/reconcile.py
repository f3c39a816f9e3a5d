"""The reconciler: how many questions it asks AWS and how fast.

Calls and their rate come from an ECS with a memory and a clock that only waits move, so that 40 s of pacing cost nothing; wall times come
from the embedded AWS.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.emulated import CREDENTIALS, make_table, run_tasks
from benchmarks.lines import Bar, Figure, Line, Progress
from fargatecount.adapters.dynamodb import DynamoLedger
from fargatecount.adapters.ecs_api import EcsApi
from fargatecount.adapters.memory import MemoryLedger
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.ledger import record
from fargatecount.pace import CALLS_PER_SECOND, Pace
from fargatecount.reconcile import Options, reconcile
from fargatecount.report import Report
from fargatecount.variables import DEPLOYED_BUCKETS
from fargatecount.workload import Cluster, Kind, Scope
from local.stack import Stack
from tests.fake_ecs import FakeEcs
from tests.fakes import FakeClock

TASKS = 10_000
LARGE = 10
"""Clusters that the 10,000 tasks are in."""
QUIET = 100
"""Clusters of the run that finds nothing."""
HANDFUL = 5
ABOUT_200 = 230
"""Two lists and the descriptions of 10,000 tasks are 200 calls and one more for each cluster's empty list of stopped ones."""
SCOPE = Scope("123456789012", "eu-west-1")
EMULATED = Scope("000000000000", "eu-west-1")
HURRY = 1000.0
"""Calls a second where wall time is measured: the pace would be all there is to see."""


def measure(progress: Progress) -> list[Line]:
    """Return the reconciler's lines."""
    progress(f"{TASKS:,} tasks against an ECS in memory")
    lines = _paced() + _quiet()
    with tempfile.TemporaryDirectory() as directory, Stack(Path(directory) / "aws") as stack:
        lines += _full(stack, progress)
    return lines


class _Watched:
    """An ECS client whose calls are timed by the clock of the run."""

    def __init__(self, ecs: FakeEcs, clock: FakeClock) -> None:
        self._ecs = ecs
        self._clock = clock
        self.moments: list[int] = []

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._ecs, name)

        def timed(**arguments: Any) -> Any:
            self.moments.append(self._clock.now())
            return call(**arguments)

        return timed


def _clusters(number: int, scope: Scope = SCOPE) -> list[Cluster]:
    return [Cluster(scope, Kind.ECS, f"cluster-{i:03}") for i in range(number)]


def _account(clusters: int, tasks: int) -> tuple[FakeClock, FakeEcs, MemoryLedger]:
    """Return an account whose ledger knows all its tasks."""
    clock = FakeClock()
    ecs, ledger = FakeEcs(clock), MemoryLedger(DEPLOYED_BUCKETS, clock=clock)
    known = _clusters(clusters)
    for cluster in known:
        ecs.create(cluster)
    for i in range(tasks):
        record([ecs.run(f"{i:032x}", known[i % clusters])], ledger, clock)
    clock.advance(3_600_000)
    return clock, ecs, ledger


def _run(ledger: Any, client: Any, clock: Any, scope: Scope, *, full: bool, rate: float = CALLS_PER_SECOND) -> Report:
    pace = Pace(clock, rate=rate)
    return reconcile(scope, ledger, [EcsApi(client, scope, pace, clock)], clock, pace=pace, options=Options(full=full))


def _paced() -> list[Line]:
    clock, ecs, ledger = _account(LARGE, TASKS)
    watched = _Watched(ecs, clock)
    report = _run(ledger, watched, clock, SCOPE, full=True)
    assert report.drifted == 0, report
    calls = sum(report.calls.values())
    fastest = max(sum(at <= other < at + 1000 for other in watched.moments) for at in watched.moments)
    what = f"full pass of {TASKS:,} tasks in {LARGE} clusters"
    seconds = (watched.moments[-1] - watched.moments[0]) / 1000
    return [
        Line(what=f"{what}: calls to ECS", figure=Figure.of([calls], ""), bar=Bar(ABOUT_200), note=f"{seconds:.0f} s at the pace"),
        Line(
            what=f"{what}: most calls within any second",
            figure=Figure.of([fastest], ""),
            baseline=Figure.of([20], ""),
            baseline_is="what ECS allows the account",
            bar=Bar(CALLS_PER_SECOND),
        ),
    ]


def _quiet() -> list[Line]:
    clock, ecs, ledger = _account(QUIET, 1000)
    _run(ledger, ecs, clock, SCOPE, full=True)
    clock.advance(300_000)
    report = _run(ledger, ecs, clock, SCOPE, full=False)
    assert not report.looked, report
    calls = ", ".join(f"{name} {number}" for name, number in sorted(report.calls.items()))
    return [
        Line(
            what=f"run over {QUIET} clusters in which nothing drifted: calls to ECS",
            figure=Figure.of([sum(report.calls.values())], ""),
            baseline=Figure.of([QUIET], ""),
            baseline_is="one per cluster",
            inverse=True,
            bar=Bar(HANDFUL),
            note=calls,
        )
    ]


def _full(stack: Stack, progress: Progress) -> list[Line]:
    progress(f"the embedded AWS starts {TASKS:,} tasks")
    run_tasks(stack.client("ecs"), [cluster.name for cluster in _clusters(LARGE, EMULATED)], TASKS // LARGE)
    make_table(stack.client("dynamodb"), "reconciled")
    clock = SystemClock()
    ledger = DynamoLedger("reconciled", EMULATED.region, buckets=DEPLOYED_BUCKETS, credentials=CREDENTIALS, endpoint=stack.endpoint)
    seconds = []
    for what in ("first, with every row to write", "again, with nothing to repair"):
        progress(f"full pass, {what}")
        start = time.perf_counter()
        report = _run(ledger, stack.client("ecs"), clock, EMULATED, full=True, rate=HURRY)
        seconds.append(time.perf_counter() - start)
        assert all(looked.readable for looked in report.looked), report
    assert report.drifted == 0, report
    unpaced = f"not paced ({HURRY:g} calls/s), embedded AWS"
    return [
        Line(what=f"full pass of {TASKS:,} tasks, every row new: wall time", figure=Figure.of(seconds[:1], "s"), note=unpaced),
        Line(what=f"full pass of {TASKS:,} tasks, nothing to repair: wall time", figure=Figure.of(seconds[1:], "s"), note=unpaced),
    ]
