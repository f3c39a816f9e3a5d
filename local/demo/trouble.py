"""The demo's acts about faults: duplicated, reordered and lost events, and denied permissions."""

from __future__ import annotations

import json

from local.demo.shop import Shop
from local.demo.stage import Stage
from local.traffic import STOP, Life, disordered, events, lives, put

ACCOUNT = "000000000000"


def disorder(stage: Stage) -> None:
    """Duplicates and disorder change nothing."""
    stage.act("4. Events twice, in any order, and late")
    tasks = lives(60, clusters=("disorder",), states=("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"), seed=3)
    stops = [Life(task_id=t.task_id, cluster=t.cluster, cpu=t.cpu, spot=t.spot, states=STOP, first_version=5) for t in tasks[:20]]
    bus = stage.stack.client("events")
    region = stage.stack.environment()["AWS_REGION"]
    once = [entry for life in (*tasks, *stops) for entry in events(life, account=ACCOUNT, region=region)]
    put(bus, disordered(once, duplicates=0.5))
    stage.until("40 of 60 tasks are left", lambda: held(stage, "ECS-disorder") == 40)
    stage.good(f"{len(once)} events shuffled, half of them sent twice: 60 tasks started, 20 of them stopped, 40 are counted")
    stage.run("verify")


def losses(stage: Stage, shop: Shop) -> None:
    """Lost events are found, explained and repaired."""
    stage.act("5. Events are lost, and a reconcile says which")
    controls = stage.stack.controls
    controls.set(drop_task_events=0.3, seed=4)
    jobs = shop.run("batch", "nightly", 20)
    shop.stop("batch", jobs[:10])
    stage.until("the queue is empty", lambda: quiet(stage))
    lost = len(controls.dropped())
    controls.set(drop_task_events=0.0)
    stage.say(f"{lost} task state changes never reached EventBridge. The counters are wrong, and nothing shows it yet:")
    compare(stage, shop)
    stage.run("reconcile", "--yes", "--wait", "60", "--in-flight", "0")
    agree(stage, shop)
    compare(stage, shop)
    stage.run("verify")


def denied(stage: Stage) -> None:
    """A cluster that cannot be read is not counted as 0."""
    stage.act("6. A permission is taken away: unreadable is not zero")
    stage.stack.controls.set(deny_clusters=["web"])
    stage.run("reconcile", "--yes", "--wait", "60", "--cluster", "web")
    stage.run("status", "--cluster", "ECS-web")
    stage.stack.controls.set(deny_clusters=[])
    stage.good("the last known counts stay in every total, flagged, with the reason and what to do")


def agree(stage: Stage, shop: Shop) -> float:
    """Wait until the counters equal ECS's own statistics; return the seconds that it took."""
    return stage.until("the counters agree with ECS", lambda: ours(stage) == shop.statistics())


def compare(stage: Stage, shop: Shop) -> None:
    """Print both numbers."""
    counted = ours(stage)
    for name, running_there in sorted(shop.statistics().items()):
        stage.say(f"  {name:<8} fargatecount {counted[name]:>4}   ECS runningFargateTasksCount {running_there:>4}")


def ours(stage: Stage) -> dict[str, int]:
    """Return the running workloads of the shop's clusters, by the counters."""
    answer = json.loads(stage.ask("status", "--json"))
    found = {cluster["name"]: cluster["running"] for scope in answer["scopes"] for cluster in scope["clusters"]}
    return {name: found.get(name, 0) for name in ("web", "batch", "spot")}


def held(stage: Stage, key: str) -> int:
    """Return the number of workloads that a cluster holds."""
    answer = json.loads(stage.ask("status", "--json", "--cluster", key))
    return sum(int(scope["total"]["held"]) for scope in answer["scopes"])


def quiet(stage: Stage) -> bool:
    """Return whether the task queue is drained."""
    sqs = stage.stack.client("sqs")
    url = next(url for url in sqs.list_queues().get("QueueUrls", ()) if "Task" in url or "task" in url)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return all(int(attributes[name]) == 0 for name in names)
