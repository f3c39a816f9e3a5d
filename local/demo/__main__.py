"""The acts of the demo, in order; exit code 0 means that every claim was checked."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from local.demo import incident, organization, page, pods, trouble
from local.demo.shop import Shop
from local.demo.stage import DemoError, Stage
from local.errors import LocalError
from local.stack import Stack

FAILED = 1
INTERRUPTED = 130


def main() -> int:
    """Play the demo in a separate embedded AWS."""
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
    stage.stack.controls.set(quotas=incident.QUOTAS)
    stage.stack.deploy()
    stage.good("deployed: a table, the queues, a rule, three functions and their roles, alarms and a dashboard")
    shop = Shop(stage.stack)
    rollout = organization.Rollout(stage)
    incident.opening(stage, shop)
    with page.live(stage) as address:
        stage.good(f"the page of it, live for as long as this plays: {address}")
        incident.incident(stage, shop)
        trouble.disorder(stage)
        trouble.losses(stage, shop)
        trouble.denied(stage)
        pods.play(stage)
        rollout.play()
        page.play(stage, address)
    goodbye(stage)


def goodbye(stage: Stage) -> None:
    """Print what comes next."""
    stage.act("All is well again, and that is all on this machine. On a real account")
    stage.say("1. fargatecount count                 with nothing deployed, read-only: what runs now, and how near that is to the quota")
    stage.say("2. make deploy                        deploys this very serverless.yml; nothing is put to CloudWatch until you say so")
    stage.say("3. fargatecount status                the counters; a full reconcile starts by itself within a minute")
    stage.say("4. npx osls deploy --param='armed=true' --param='pagingEmail=you@example.com'      metrics, and alarms that reach you")
    stage.say("Play with it here: .venv/bin/fargatecount local up")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
