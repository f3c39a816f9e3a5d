"""From a launch to the message on the paging topic, on the embedded AWS with the real deployment; and what a busy counter costs.

A quota of 20 vCPU is filled to 90 %; the measured time begins with the RunTask call that crosses 95 %, and ends when the alarm's message
has been received from a queue behind the topic. Then that task is stopped until the alarm is over, and again. A launch right after
a publish waits 5 s for the next one, a launch after a quiet period does not: so each run begins a second later in the cycle than the last.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import publisher_reads, updates
from benchmarks.child import run
from benchmarks.lines import Bar, Figure, Line, Progress
from fargatecount.adapters.stacks import stack_outputs
from local.deploy import STAGE
from local.faults import ON_DEMAND, SPOT
from local.stack import Stack
from local.topics import Listener

QUOTA = 20.0
BELOW = 18
"""Tasks of 1 vCPU: 90 %, so that one more makes 95 %."""
RUNS = 7
ALARM = "critical-on-demand"
PREFIX = f"fargatecount-{STAGE}-"
CLUSTER = "filling"
TO_MESSAGE = 20.0
"""Seconds for the whole path: an alarm period of 10 s, the 5 s between two publishes, and 5 s for everything else."""
GIVE_UP = 120.0
LOOK = 0.05
"""Seconds between two receives from the queue."""
A_SECOND, A_MINUTE = 2, 14
"""Calls: the regular one of the minute, and one that publishes all changes of a second; one every 5 s, the regular one of the next
minute, and one after it."""


def measure(progress: Progress) -> list[Line]:
    """Return the lines of the alarms.

    Raises:
        RuntimeError: a message did not arrive in time.
    """
    progress("changes of one counter, in memory")
    lines = [
        Line(
            what="1,000 changes of a counter within a second: PutMetricData calls",
            figure=Figure.of([updates.calls(1_000, seconds=1)], ""),
            bar=Bar(A_SECOND),
            note="each change wakes the publisher; in memory, simulated time",
        ),
        Line(
            what="ten changes a second for a minute: PutMetricData calls",
            figure=Figure.of([updates.calls(600, seconds=60)], ""),
            bar=Bar(A_MINUTE),
        ),
        publisher_reads.line(),
    ]
    with tempfile.TemporaryDirectory() as directory, Stack(Path(directory)) as stack:
        progress("deploying")
        stack.deploy()
        return lines + _from_launch_to_message(stack, progress)


def _from_launch_to_message(stack: Stack, progress: Progress) -> list[Line]:
    topic = stack_outputs(stack.client, PREFIX.rstrip("-"))["PagingTopicArn"]
    pager = Listener(stack, {"Paging": topic}, PREFIX)
    stack.controls.set(quotas={ON_DEMAND: QUOTA, SPOT: QUOTA})
    run([sys.executable, "-m", "fargatecount.cli", "reconcile", "--yes", "--wait", "60"], environment=stack.environment())
    filling = _Filling(stack)
    filling.start(BELOW)
    _seconds(lambda: None, lambda: _state(stack) == "OK", "data of the alarm")
    rises, falls = [], []
    for number in range(RUNS):
        progress(f"run {number + 1} of {RUNS}")
        threading.Event().wait(number)
        rises.append(_until_told(pager, "ALARM", lambda: filling.start(1)))
        falls.append(_until_told(pager, "OK", filling.stop))
    return [
        Line(
            what="RunTask that crosses 95 % of the quota to the message on the paging topic",
            figure=Figure.of(rises, "s"),
            bar=Bar(TO_MESSAGE),
            note=f"{RUNS} breaches, {pager.states_of(ALARM).count('ALARM')} messages",
        ),
        Line(what="StopTask that falls below it to the message of the end", figure=Figure.of(falls, "s"), bar=Bar(TO_MESSAGE)),
    ]


class _Filling:
    """Tasks of 1 vCPU in a cluster."""

    def __init__(self, stack: Stack) -> None:
        self._ecs = stack.client("ecs")
        self._ecs.create_cluster(clusterName=CLUSTER)
        self._ecs.register_task_definition(
            family="one-vcpu",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="1024",
            memory="2048",
            containerDefinitions=[{"name": "app", "image": "app", "essential": True}],
        )
        self._tasks: list[str] = []

    def start(self, number: int) -> None:
        for _ in range(number):
            answer = self._ecs.run_task(
                cluster=CLUSTER,
                taskDefinition="one-vcpu",
                launchType="FARGATE",
                networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
            )
            self._tasks.append(answer["tasks"][0]["taskArn"])

    def stop(self) -> None:
        self._ecs.stop_task(cluster=CLUSTER, task=self._tasks.pop())


def _until_told(pager: Listener, state: str, act: Callable[[], None]) -> float:
    before = len(pager.states_of(ALARM))
    return _seconds(act, lambda: state in pager.states_of(ALARM)[before:], f"the message of {state}")


def _state(stack: Stack) -> str:
    (alarm,) = stack.client("cloudwatch").describe_alarms(AlarmNames=[PREFIX + ALARM])["MetricAlarms"]
    return str(alarm["StateValue"])


def _seconds(act: Callable[[], None], is_so: Callable[[], bool], what: str) -> float:
    """Act, and return the seconds until the effect was visible."""
    idle, start = threading.Event(), time.perf_counter()
    act()
    while not is_so():
        if time.perf_counter() - start > GIVE_UP:
            raise RuntimeError(f"{what} did not arrive within {GIVE_UP:.0f} s")
        idle.wait(LOOK)
    return time.perf_counter() - start
