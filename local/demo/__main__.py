"""The acts of the demo, in order; exit code 0 means that everything it claims was so."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from local.controls import Controls
from local.demo import pods
from local.demo.shop import Shop
from local.demo.stage import DemoError, Stage
from local.errors import LocalError
from local.faults import ON_DEMAND, SPOT
from local.stack import Stack
from local.traffic import STOP, Life, disordered, events, lives, put

FAILED = 1
INTERRUPTED = 130
ACCOUNT = "000000000000"
QUOTAS = {ON_DEMAND: 200.0, SPOT: 50.0}
"""vCPU: small enough for the shop to come near them."""


def main() -> int:
    """Play the demo in an embedded AWS of its own, beside any that runs already."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="fargatecount-demo-") as directory, Stack(Path(directory)) as stack:
            play(Stage(stack))
    except (DemoError, LocalError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("demo: interrupted; everything is stopped", file=sys.stderr)
        return INTERRUPTED
    return 0


def play(stage: Stage) -> None:
    """Play all acts."""
    stage.act("1. An AWS on this machine, and the real deployment in it")
    stage.say("Deploying serverless.yml, as it stands in this checkout, to an embedded AWS (no account, no network) …")
    stage.stack.deploy()
    stage.good("deployed: a table, two queues, a rule, the functions and their roles")
    Controls(stage.stack.endpoint).set(quotas=QUOTAS)
    shop = Shop(stage.stack)
    running(stage, shop)
    disorder(stage)
    losses(stage, shop)
    denied(stage)
    pods.play(stage)
    goodbye(stage)


def running(stage: Stage, shop: Shop) -> None:
    """Tasks start and stop, and the counters follow."""
    stage.act("2. A shop opens: services, standalone jobs, workers on Spot")
    shop.open()
    shop.serve("front", 60)
    shop.serve("checkout", 40)
    jobs = shop.run("batch", "nightly", 120)
    shop.run("spot", "resize", 80, spot=True)
    seconds = agree(stage, shop)
    stage.good(f"300 tasks started through the ECS API, all counted {seconds:.1f} s after the last start")
    stage.run("reconcile", "--yes", "--wait", "60")
    stage.run("status")
    stage.say("The nightly jobs end, and the front scales in:")
    shop.stop("batch", jobs[:100])
    shop.serve("front", 25)
    seconds = agree(stage, shop)
    stage.good(f"135 stops counted {seconds:.1f} s after the last one")
    stage.run("status")
    compare(stage, shop)


def disorder(stage: Stage) -> None:
    """Duplicates and disorder change nothing."""
    stage.act("3. Events twice, in any order, and late")
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
    stage.act("4. Events are lost, and a reconcile says which")
    controls = Controls(stage.stack.endpoint)
    controls.set(drop_task_events=0.3, seed=4, quotas=QUOTAS)
    jobs = shop.run("batch", "nightly", 40)
    shop.stop("batch", jobs[:20])
    stage.until("the queue is empty", lambda: quiet(stage))
    lost = len(controls.dropped())
    controls.set(drop_task_events=0.0)
    stage.say(f"EventBridge never heard of {lost} task state changes. The counters are wrong, and nobody knows yet:")
    compare(stage, shop)
    stage.run("reconcile", "--yes", "--wait", "60", "--in-flight", "0")
    agree(stage, shop)
    compare(stage, shop)
    stage.run("verify")


def denied(stage: Stage) -> None:
    """What cannot be read is not zero."""
    stage.act("5. Somebody takes a permission away: unreadable is not zero")
    Controls(stage.stack.endpoint).set(deny_clusters=["web"])
    stage.run("reconcile", "--yes", "--wait", "60", "--cluster", "web")
    stage.run("status", "--cluster", "ECS-web")
    Controls(stage.stack.endpoint).set(deny_clusters=[])
    stage.good("the last known counts stay in every total, flagged, with the reason and what to do")


def goodbye(stage: Stage) -> None:
    """Tell what comes next."""
    stage.act("That is all on this machine. On a real account")
    stage.say(
        "1. Have credentials that may deploy (aws sts get-caller-identity answers), and choose the Region: export AWS_REGION=eu-west-1"
    )
    stage.say("2. make deploy                        deploys this very serverless.yml; nothing is put to CloudWatch until you say so")
    stage.say("3. .venv/bin/fargatecount status      the counters; a full reconcile starts by itself within a minute")
    stage.say("4. npx osls deploy --stage prod --param='armed=true'     metrics and alarms")
    stage.say("Play with it here: .venv/bin/fargatecount local up")


def agree(stage: Stage, shop: Shop) -> float:
    """Wait until our counters say what ECS itself says; return after how many seconds they did."""
    return stage.until("the counters agree with ECS", lambda: ours(stage) == shop.statistics())


def compare(stage: Stage, shop: Shop) -> None:
    """Show both numbers beside each other."""
    counted = ours(stage)
    for name, running_there in sorted(shop.statistics().items()):
        stage.say(f"  {name:<8} fargatecount {counted[name]:>4}   ECS runningFargateTasksCount {running_there:>4}")


def ours(stage: Stage) -> dict[str, int]:
    """Return what the counters say is running in the shop's clusters."""
    answer = json.loads(stage.ask("status", "--json"))
    found = {cluster["name"]: cluster["running"] for scope in answer["scopes"] for cluster in scope["clusters"]}
    return {name: found.get(name, 0) for name in ("web", "batch", "spot")}


def held(stage: Stage, key: str) -> int:
    """Return how many workloads a cluster holds."""
    answer = json.loads(stage.ask("status", "--json", "--cluster", key))
    return sum(int(scope["total"]["held"]) for scope in answer["scopes"])


def quiet(stage: Stage) -> bool:
    """Say whether the task queue is drained."""
    sqs = stage.stack.client("sqs")
    url = next(url for url in sqs.list_queues().get("QueueUrls", ()) if "Task" in url or "task" in url)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return all(int(attributes[name]) == 0 for name in names)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
