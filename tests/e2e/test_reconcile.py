"""The reconciler on the deployed stack: losses explained, refusals survived, traffic undisturbed."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fargatecount.ledger.verify import VerifyResult
from tests.e2e.deployment import Deployed
from tests.e2e.scale import FULL
from tests.support.deadline import eventually
from tests.support.fargate_tasks import BATCH, NETWORK, start

CLUSTERS, TASKS, LOSS = (50, 100, 0.01) if FULL else (8, 25, 0.5)
"""The full size, 5,000 tasks and 24,000 events, takes minutes on two cores: run it with FARGATECOUNT_SCALE=full. In the small one
so much is lost that some tasks are never heard of."""
LOOKS = 8
"""With half of the calls throttled one look may go through untouched, by a chance of one in four."""


def reconcile(deployed: Deployed, *words: str) -> dict[str, Any]:
    """Run `fargatecount reconcile` and return its report; a change of a moment ago is drift here, for the tests know what they dropped."""
    answer = deployed.command("reconcile", "--json", "--yes", "--wait", "120", "--in-flight", "0", *words)
    assert answer.returncode == 0, answer.stderr
    report: dict[str, Any] = json.loads(answer.stdout)
    return report


def statistics(deployed: Deployed, names: Sequence[str]) -> dict[str, int]:
    """Return what ECS itself says is running."""
    answer = deployed.stack.client("ecs").describe_clusters(clusters=list(names), include=["STATISTICS"])
    return {
        c["clusterName"]: sum(int(s["value"]) for s in c["statistics"] if s["name"] == "runningFargateTasksCount")
        for c in answer["clusters"]
    }


def causes(lost: Sequence[Mapping[str, Any]], ended: Collection[str]) -> dict[str, str]:
    """Name what a reconcile has to say of each task, from its lost events; nothing of those whose last event arrived."""
    versions: dict[str, list[int]] = defaultdict(list)
    last: dict[str, str] = {}
    for event in lost:  # in the order of the versions
        task = event["taskArn"].rpartition("/")[2]
        versions[task].append(event["version"])
        last[task] = event["lastStatus"]
    found: dict[str, str] = {}
    for task, status in last.items():
        if status != ("STOPPED" if task in ended else "RUNNING"):
            continue
        unheard = len(versions[task]) == versions[task][-1]  # versions begin with 1: not one of them arrived
        if task in ended:
            found[task] = "missed life" if unheard else "missed stop"
        else:
            found[task] = "missed start" if unheard else "stale phase"
    return found


def test_one_reconcile_repairs_what_lost_events_left(deployed: Deployed) -> None:
    """Some events are lost; one full reconcile ends in zero drift and names the cause of each repair."""
    names = [f"lossy-{i:02}" for i in range(CLUSTERS)]
    ecs = deployed.stack.client("ecs")
    # Unscheduled until our own look is over: between the losses and it the schedule's would repair, and report, some of them.
    with deployed.unscheduled():
        with deployed.unreconciled():
            deployed.stack.controls.set(drop_task_events=LOSS, seed=5)
            tasks = start(deployed.stack, names, TASKS)
            ends = [(name, arn) for name in names for arn in tasks[name][: TASKS // 5]]
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda end: ecs.stop_task(cluster=end[0], task=end[1]), ends))
            eventually(deployed.drained, "the task queue is drained", within=600)
            lost = deployed.stack.controls.dropped()
            deployed.stack.controls.set(drop_task_events=0.0)
        report = reconcile(deployed, "--cluster", "lossy-*")
    repairs = {repair["workload"]: repair["cause"] for cluster in report["clusters"] for repair in cluster["repairs"]}
    assert repairs == causes(lost, {arn.rpartition("/")[2] for _, arn in ends})
    assert "missed stop" in repairs.values()
    assert "stale phase" in repairs.values()
    assert report["complete"]
    assert {name: deployed.counts(name).running.count for name in names} == statistics(deployed, names)
    assert reconcile(deployed, "--cluster", "lossy-*")["drifted"] == 0
    assert {finding.verdict for finding in deployed.verify(*names)} == {VerifyResult.EQUAL}


def test_a_denied_cluster_and_a_throttled_api_leave_the_others_exact(deployed: Deployed) -> None:
    """With one cluster denied and half of all DescribeTasks throttled the others are exact, and the denied one keeps its counts."""
    names = ["open-a", "open-b", "shut"]
    start(deployed.stack, names, 30)
    eventually(lambda: all(deployed.counts(name).running.count == 30 for name in names), "all are counted", within=60)
    deployed.stack.controls.set(deny_clusters=["shut"], throttle={"ecs:DescribeTasks": 0.5})
    for _ in range(LOOKS):
        report = reconcile(deployed, "--cluster", "open-*", "--cluster", "shut")
        if report["throttles"].get("DescribeTasks", 0):
            break
    by_name = {cluster["cluster"]: cluster for cluster in report["clusters"]}
    assert report["throttles"].get("DescribeTasks", 0) > 0
    assert (by_name["ECS-open-a"]["readable"], by_name["ECS-open-b"]["readable"], by_name["ECS-shut"]["readable"]) == (True, True, False)
    assert "ecs:ListTasks" in by_name["ECS-shut"]["remedy"]
    scope = deployed.status("--cluster", "open-*", "--cluster", "shut")["scopes"][0]
    assert (scope["complete"], scope["total"]["running"]) == (False, 90)
    assert {cluster["running"] for cluster in scope["clusters"]} == {30}


def test_a_reconcile_beside_traffic_never_makes_a_counter_wrong(deployed: Deployed) -> None:
    """While events pour in and full reconciles run, a recount finds counters equal or undecided, never different."""
    name = "busy"
    start(deployed.stack, [name], 60)
    over = threading.Event()
    verdicts: set[VerifyResult] = set()

    def pour() -> None:
        ecs = deployed.stack.client("ecs")
        while not over.wait(0.5):  # ten tasks with eight events each, twice a second: 160 events/s
            answer = ecs.run_task(cluster=name, taskDefinition="job", count=BATCH, launchType="FARGATE", networkConfiguration=NETWORK)
            for task in answer["tasks"]:
                ecs.stop_task(cluster=name, task=task["taskArn"])

    def recount() -> None:
        while not over.wait(0.1):  # without a pause it takes a whole core from the functions that it watches
            verdicts.update(finding.verdict for finding in deployed.verify(name))

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(pour), pool.submit(recount)]
        try:
            for _ in range(3):
                reconcile(deployed, "--cluster", name)
        finally:
            over.set()
        for job in running:
            job.result(timeout=60)
    assert VerifyResult.DIFFERENT not in verdicts
    assert VerifyResult.EQUAL in verdicts
    eventually(lambda: deployed.counts(name).running.count == 60, "the sixty that stayed are counted", within=120)


@pytest.fixture(autouse=True)
def _busy_machine_has_time(deployed: Deployed) -> None:
    """Leave no events of an earlier test in the queue."""
    eventually(deployed.drained, "the task queue is drained", within=120)
