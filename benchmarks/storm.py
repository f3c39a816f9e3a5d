"""Many events at once, through the whole path: from the bus over the queue and the function to the table.

Two loads: tasks of many clusters that start, and 3,500 tasks of one cluster that stop, 14,000 events in any order.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from benchmarks.handler import PER_BUCKET
from benchmarks.lines import Bar, Figure, Line, Progress
from fargatecount.counts import Counts
from fargatecount.ledger.verify import VerifyResult
from local.traffic import STOP, Life, disordered, lives, put
from tests.e2e.deployment import Deployed
from tests.support.deadline import eventually
from tests.support.expected_counts import expected

TASKS = 3500
CLUSTER = "storm"
MANY = tuple(f"team-{i:02}" for i in range(50))
"""Clusters of a large account."""
STARTS = 1500
"""Tasks that start there, of four events each."""
FASTER = 2.5
"""Times the events a second of one transaction per bucket; the bar."""
WITHIN = 25.0
"""Seconds for the stops; the bar."""
GIVE_UP = 240.0


class Drained(msgspec.Struct, frozen=True):
    """A load, and how long it took."""

    events: int
    seconds: float
    """From the first event on the bus until the queue was empty and all counters exact."""
    accepting: float
    """Seconds that the bus took to accept all events."""

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


def starts(deployed: Deployed, progress: Progress) -> Drained:
    """Start tasks in many clusters; raises AssertionError as `storm` does."""
    tasks = lives(STARTS, clusters=MANY, seed=23)
    entries = [deployed.entries(life) for life in tasks]
    progress(f"{sum(map(len, entries)):,} events of tasks that start in {len(MANY)} clusters")
    # A task's events lie as far apart as in a busy minute: no batch has two of one task.
    return _drain(deployed, [one for step in zip(*entries, strict=True) for one in step], tasks, MANY)


def storm(deployed: Deployed, progress: Progress) -> Drained:
    """Stop all tasks of one cluster.

    Raises:
        AssertionError: it did not drain in time, or the counters were not exact.
    """
    tasks = lives(TASKS, clusters=(CLUSTER,), seed=17, states=("RUNNING",))
    progress(f"{TASKS:,} tasks start")
    _drain(deployed, [entry for life in tasks for entry in deployed.entries(life)], tasks, (CLUSTER,))
    ends = [Life(task_id=life.task_id, cluster=CLUSTER, cpu=life.cpu, spot=life.spot, states=STOP, first_version=2) for life in tasks]
    entries = disordered((entry for life in ends for entry in deployed.entries(life)), duplicates=0)
    progress(f"{len(entries):,} events of their stops")
    drained = _drain(deployed, entries, (), (CLUSTER,))
    assert sum(finding.tombstones for finding in deployed.verify(CLUSTER)) == TASKS
    return drained


def starts_line(today: Drained, before: Drained) -> Line:
    """Return the line of tasks that start, beside one transaction per bucket."""
    return Line(
        what=f"{today.events:,} events at once, tasks that start in {len(MANY)} clusters, from the bus to the counter",
        figure=Figure.of([today.rate], "events/s"),
        baseline=Figure.of([before.rate], "events/s"),
        baseline_is=PER_BUCKET,
        bar=Bar(FASTER, at_least=True, of_ratio=True),
        note=f"{today.seconds:.1f} s and {before.seconds:.1f} s; the bus alone took {today.accepting:.1f} s to accept them",
    )


def storm_line(today: Drained, before: Drained) -> Line:
    """Return the line of tasks that stop, beside one transaction per bucket."""
    return Line(
        what=f"stop storm of {today.events:,} events in one cluster: queue empty and counters exactly 0",
        figure=Figure.of([today.seconds], "s"),
        baseline=Figure.of([before.seconds], "s"),
        baseline_is=PER_BUCKET,
        bar=Bar(WITHIN),
        note=f"{today.rate:.0f} events/s; the bus alone took {today.accepting:.1f} s to accept them",
    )


def _drain(deployed: Deployed, entries: Sequence[dict[str, object]], left: Sequence[Life], clusters: Sequence[str]) -> Drained:
    """Put the entries on the bus, and wait until the counters are those of the tasks that are left."""
    should = {name: expected(life for life in left if life.cluster == name) if left else Counts() for name in clusters}
    start = time.perf_counter()
    put(deployed.stack.client("events"), entries)
    accepting = time.perf_counter() - start
    eventually(lambda: _is_drained(deployed), "the queue is empty", GIVE_UP)
    eventually(lambda: all(deployed.counts(name) == counts for name, counts in should.items()), "the counters are exact", GIVE_UP)
    seconds = time.perf_counter() - start
    findings = deployed.verify(*clusters)
    assert {finding.verdict for finding in findings} == {VerifyResult.EQUAL}, findings
    return Drained(len(entries), seconds, accepting)


def _is_drained(deployed: Deployed) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = deployed.stack.client("sqs").get_queue_attributes(QueueUrl=deployed.outputs["TaskQueueUrl"], AttributeNames=names)
    return all(int(answer["Attributes"][name]) == 0 for name in names)
