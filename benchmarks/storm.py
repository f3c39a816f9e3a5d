"""3,500 tasks of one cluster that stop at once: 14,000 events in any order, and the time to drain them."""

from __future__ import annotations

import time

from benchmarks.lines import Bar, Figure, Line, Progress
from fargatecount.counts import Counts
from fargatecount.ledger.verify import VerifyResult
from local.traffic import STOP, Life, disordered, lives, put
from tests.e2e.deployment import Deployed
from tests.support.deadline import eventually
from tests.support.expected_counts import expected

TASKS = 3500
CLUSTER = "storm"
WITHIN = 60.0
"""Seconds; the bar."""
GIVE_UP = 240.0


def storm(deployed: Deployed, progress: Progress) -> list[Line]:
    """Return the line of the storm.

    Raises:
        AssertionError: it did not drain in time, or the counters were not exact.
    """
    tasks = lives(TASKS, clusters=(CLUSTER,), seed=17, states=("RUNNING",))
    bus = deployed.stack.client("events")
    progress(f"{TASKS:,} tasks start")
    put(bus, (entry for life in tasks for entry in deployed.entries(life)))
    deployed.eventually_counts(CLUSTER, expected(tasks), within=GIVE_UP)
    ends = [Life(task_id=life.task_id, cluster=CLUSTER, cpu=life.cpu, spot=life.spot, states=STOP, first_version=2) for life in tasks]
    entries = disordered((entry for life in ends for entry in deployed.entries(life)), duplicates=0)
    progress(f"{len(entries):,} events of their stops")
    start = time.perf_counter()
    put(bus, entries)
    taken = time.perf_counter() - start
    eventually(lambda: deployed.counts(CLUSTER) == Counts() and _is_drained(deployed), "the storm is over", GIVE_UP)
    seconds = time.perf_counter() - start
    findings = deployed.verify(CLUSTER)
    assert {finding.verdict for finding in findings} == {VerifyResult.EQUAL}, findings
    assert sum(finding.tombstones for finding in findings) == TASKS
    return [
        Line(
            what=f"stop storm of {len(entries):,} events in one cluster: queue empty and counters exactly 0",
            figure=Figure.of([seconds], "s"),
            bar=Bar(WITHIN),
            note=f"{len(entries) / seconds:.0f} events/s; the bus alone took {taken:.1f} s to accept them",
        )
    ]


def _is_drained(deployed: Deployed) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = deployed.stack.client("sqs").get_queue_attributes(QueueUrl=deployed.outputs["TaskQueueUrl"], AttributeNames=names)
    return all(int(answer["Attributes"][name]) == 0 for name in names)
