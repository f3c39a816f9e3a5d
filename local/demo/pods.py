"""The demo's act about EKS: pods start, complete and end in two clusters, one of which denies access at first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local import eks_clusters
from local.child import end
from local.demo.stage import DemoError, Stage
from local.kubernetes.driver import PodDriver
from local.process import CHECKOUT

FUNCTION = "fargatecount-local-reconcile"
API_PODS, JOB_PODS, DONE, REMOVED = 30, 20, 12, 5
STOP_SECONDS = 15.0
"""A watcher ends within a second of SIGTERM."""


def play(stage: Stage) -> None:
    """Play the act."""
    stage.act("7. Pods on EKS: a cluster that denies access is unreadable, not empty")
    api, jobs = eks_clusters.create(stage.stack, "api"), eks_clusters.create(stage.stack, "jobs")
    run(api, *(f"api-{i}" for i in range(API_PODS)))
    run(jobs, *(f"job-{i}" for i in range(JOB_PODS)))
    stage.say(f"Two EKS clusters with Fargate profiles, {API_PODS} pods in api and {JOB_PODS} in jobs. Only api is enrolled:")
    stage.run("eks", "enroll", "api", "--yes")
    look(stage)
    stage.run("status", "--cluster", "EKS-*")
    stage.say("What the warning says to do:")
    stage.run("eks", "enroll", "jobs", "--yes")
    look(stage)
    expect(stage, {"api": API_PODS, "jobs": JOB_PODS}, {"api": api, "jobs": jobs})
    stage.say(f"{DONE} jobs complete, and {REMOVED} of those are deleted; a watcher, which sees it as it happens, is running now:")
    with watcher(stage):
        stage.until("the watcher has its first lists", lambda: is_watched(stage))
        for i in range(DONE):
            jobs.complete(f"job-{i}")
        for i in range(REMOVED):
            jobs.delete(f"job-{i}")
        seconds = stage.until("the counters agree with the cluster", lambda: held(stage)["jobs"] == JOB_PODS - REMOVED)
        stage.good(f"counted {seconds:.1f} s after the last change; completed pods stay held, as AWS bills them until they are deleted")
        expect(stage, {"api": API_PODS, "jobs": JOB_PODS - REMOVED}, {"api": api, "jobs": jobs})
    stage.say("ECS and EKS share one quota, so they are one total:")
    stage.run("status", "-o", "wide")


def run(driver: PodDriver, *names: str) -> None:
    """Start pods."""
    for name in names:
        driver.create(name)
        driver.bind(name)
        driver.run(name)


def look(stage: Stage) -> None:
    """Invoke the deployed function now, instead of waiting for its schedule."""
    aws = stage.stack.client("lambda")

    def done() -> bool:
        answer = aws.invoke(FunctionName=FUNCTION, Payload=json.dumps({"now": True}))
        if "FunctionError" in answer:
            raise DemoError(f"function {FUNCTION} failed: {answer['Payload'].read().decode()}")
        return bool(json.loads(answer["Payload"].read())["ran"])

    stage.until("the function has looked", done)


def expect(stage: Stage, numbers: dict[str, int], drivers: dict[str, PodDriver]) -> None:
    """Print both numbers, and end the demo if they differ."""
    counted = held(stage)
    for name, driver in drivers.items():
        there = sum(1 for pod in driver.pods() if pod["spec"].get("nodeName"))
        stage.say(f"  {name:<8} fargatecount {counted[name]:>4}   pods with a node, by the cluster's own API {there:>4}")
        if not counted[name] == there == numbers[name]:
            raise DemoError(f"{name} holds {there} pods, and {counted[name]} were counted")


def held(stage: Stage) -> dict[str, Any]:
    """Return the held workloads of each EKS cluster, by the counters."""
    answer = json.loads(stage.ask("status", "--json", "--cluster", "EKS-*"))
    return {cluster["name"]: cluster["held"] for scope in answer["scopes"] for cluster in scope["clusters"]}


def is_watched(stage: Stage) -> bool:
    """Return whether a watcher has reported both clusters."""
    answer = json.loads(stage.ask("eks", "list", "--json"))
    return all(cluster["watcher_at"] for cluster in answer["clusters"])


@contextmanager
def watcher(stage: Stage) -> Iterator[None]:
    """Keep a watcher of all clusters running."""
    command = [sys.executable, "-m", "watcher", "--all", "--listen", "127.0.0.1:0", "--log-level", "ERROR"]
    environment = {"PATH": os.environ.get("PATH", os.defpath), **stage.stack.environment()}
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment)
    try:
        yield
    finally:
        end(process, STOP_SECONDS)
