"""`fargatecount count` as a whole process, beside one `aws` process per cluster.

The original script counts like that (`benchmarks.aws_cli`). Both read the same clusters of the embedded AWS, in turns. `count --quick`
answers the question of the `aws` processes: how many tasks run in each cluster. `count` itself describes every task, at its rate limit.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.aws_cli import installed, running_tasks
from benchmarks.child import python
from benchmarks.emulated import run_tasks
from benchmarks.lines import Bar, Figure, Line, Progress
from local.stack import Stack

CLUSTERS = 50
TASKS = 20
"""Tasks in each cluster."""
TURNS = 10
"""Runs of our own processes; the clusters of the `aws` processes are spread over them."""
SLOW_TURNS = 3
"""Runs that mostly wait for the rate limit: they vary little."""
LESS_TIME = 30
PACED = 5.0
"""Seconds."""
NO_PACE = "1000"
"""Calls a second: so many that nothing waits."""


def measure(progress: Progress) -> list[Line]:
    """Return the lines of the command."""
    aws = installed(progress)
    with tempfile.TemporaryDirectory() as directory, Stack(Path(directory) / "aws") as stack:
        progress(f"the embedded AWS starts {TASKS} tasks in each of {CLUSTERS} clusters")
        run_tasks(stack.client("ecs"), _names(), TASKS)
        return _lines(aws, stack, progress)


def _lines(aws: Path, stack: Stack, progress: Progress) -> list[Line]:
    environment = stack.environment()
    theirs: list[float] = []
    quick: list[float] = []
    full: list[float] = []
    _count(environment)  # writes the byte code, which the AWS CLI has from its installation
    for turn in range(TURNS):
        progress(f"turn {turn + 1} of {TURNS}")
        quick.append(_count(environment, "--quick"))
        full.append(_count(environment, "--rate", NO_PACE))
        theirs += [running_tasks(aws, name, TASKS, stack) for name in _names()[turn::TURNS]]
    progress("at the pace that people get")
    paced = [_count(environment) for _ in range(SLOW_TURNS)]
    one_by_one = Figure.of([sum(theirs)], "s")
    one = f"one aws process takes {Figure.of(theirs, 's')}"
    what = f"{CLUSTERS} clusters of {TASKS} tasks, a process from start to end"
    way = "one aws process per cluster, one after the other"
    return [
        Line(
            what=f"{what}: count --quick",
            figure=Figure.of(quick, "s"),
            baseline=one_by_one,
            baseline_is=way,
            inverse=True,
            bar=Bar(LESS_TIME, at_least=True, of_ratio=True),
            note=one,
        ),
        Line(
            what=f"{what}: count with every task described, without rate limit",
            figure=Figure.of(full, "s"),
            baseline=one_by_one,
            baseline_is=way,
            inverse=True,
            note="the aws processes ask for less",
        ),
        Line(
            what=f"{what}: count at its own pace",
            figure=Figure.of(paced, "s"),
            baseline=one_by_one,
            baseline_is=way,
            inverse=True,
            bar=Bar(PACED),
            note="the account's bucket of 100 calls and 20 a second is never exceeded (tests/unit/sources)",
        ),
    ]


def _count(environment: Mapping[str, str], *words: str) -> float:
    ran = python("-m", "fargatecount.cli", "count", "--json", *words, environment=environment)
    (scope,) = ran.told["scopes"]
    assert (scope["complete"], scope["total"]["running"]) == (True, CLUSTERS * TASKS), ran
    return ran.wall


def _names() -> list[str]:
    return [f"cluster-{number:03}" for number in range(CLUSTERS)]
