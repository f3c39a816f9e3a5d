"""The reconciler: how many calls it makes, how fast, and how long it takes beside one `aws` process per cluster.

Calls and their rate come from memory (`benchmarks.reconcile_calls`), wall times from the embedded AWS.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks import reconcile_calls
from benchmarks.aws_cli import installed, running_tasks
from benchmarks.child import python
from benchmarks.emulated import CREDENTIALS, make_table, run_tasks
from benchmarks.lines import Bar, Figure, Line, Progress
from benchmarks.reconcile_calls import LARGE, QUIET, TASKS
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.reconcile.report import Report
from fargatecount.reconcile.scope import Options, reconcile
from fargatecount.settings.environment import DEPLOYED_BUCKETS
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.workload import Scope
from local.stack import Stack

TURNS = 10
"""Runs of our own process; the clusters of the `aws` processes are spread over them."""
EMULATED = Scope("000000000000", "eu-west-1")
QUIET_RUN = 1.5
"""Seconds of a whole process; the bar."""
HURRY = 1000.0
"""Calls a second where wall time is measured: with the real rate limit, it alone decides the time."""


def measure(progress: Progress) -> list[Line]:
    """Return the reconciler's lines."""
    progress(f"{TASKS:,} tasks against an ECS in memory")
    lines = reconcile_calls.full_pass() + reconcile_calls.quiet_runs()
    with tempfile.TemporaryDirectory() as directory, Stack(Path(directory) / "aws") as stack:
        lines += _beside_aws(stack, progress)
    with tempfile.TemporaryDirectory() as directory, Stack(Path(directory) / "aws") as stack:
        lines += _full(stack, progress)
    return lines


def _beside_aws(stack: Stack, progress: Progress) -> list[Line]:
    aws = installed(progress)
    progress(f"the embedded AWS starts 10 tasks in each of {QUIET} clusters")
    names = [f"cluster-{i:03}" for i in range(QUIET)]
    run_tasks(stack.client("ecs"), names, 10)
    make_table(stack.client("dynamodb"), "reconciled")
    _full_pass(stack)
    progress("the scheduled run that reads services as well, once")
    _look(stack)
    ours: list[float] = []
    theirs: list[float] = []
    for turn in range(TURNS):
        progress(f"turn {turn + 1} of {TURNS}")
        ours.append(_look(stack))
        theirs += [running_tasks(aws, name, 10, stack) for name in names[turn::TURNS]]
    return [
        Line(
            what=f"scheduled run over {QUIET} clusters in which nothing drifted: wall time of a process from start to end, embedded AWS",
            figure=Figure.of(ours, "s"),
            baseline=Figure.of([sum(theirs)], "s"),
            baseline_is="one aws process per cluster, one after the other",
            inverse=True,
            bar=Bar(QUIET_RUN),
            note=f"one aws process takes {Figure.of(theirs, 's')}",
        )
    ]


def _look(stack: Stack) -> float:
    ran = python("-m", "benchmarks.reconcile_child", "reconciled", environment=stack.environment())
    assert (ran.told["known"], ran.told["looked"]) == (QUIET, 0), ran
    return ran.wall


def _full(stack: Stack, progress: Progress) -> list[Line]:
    progress(f"the embedded AWS starts {TASKS:,} tasks")
    run_tasks(stack.client("ecs"), [f"cluster-{i:03}" for i in range(LARGE)], TASKS // LARGE)
    make_table(stack.client("dynamodb"), "reconciled")
    seconds = []
    for what in ("first, with every row to write", "again, with nothing to repair"):
        progress(f"full pass, {what}")
        start = time.perf_counter()
        report = _full_pass(stack)
        seconds.append(time.perf_counter() - start)
    assert report.drifted == 0, report
    unpaced = f"rate limit lifted ({HURRY:g} calls/s), embedded AWS"
    return [
        Line(what=f"full pass of {TASKS:,} tasks, every row new: wall time", figure=Figure.of(seconds[:1], "s"), note=unpaced),
        Line(what=f"full pass of {TASKS:,} tasks, nothing to repair: wall time", figure=Figure.of(seconds[1:], "s"), note=unpaced),
    ]


def _full_pass(stack: Stack) -> Report:
    clock = SystemClock()
    pace = RateLimiter(clock, rate=HURRY)
    ledger = DynamoLedger("reconciled", EMULATED.region, buckets=DEPLOYED_BUCKETS, credentials=CREDENTIALS, endpoint=stack.endpoint)
    sources = [EcsApi(stack.client("ecs"), EMULATED, pace, clock)]
    report = reconcile(EMULATED, ledger, sources, clock, pace=pace, options=Options(full=True))
    assert all(looked.readable for looked in report.looked), report
    return report
