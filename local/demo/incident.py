"""The demo's incident: a quota fills, one alarm fires, the culprit is named, and a deployment is refused before it fails."""

from __future__ import annotations

from local.demo.shop import Shop
from local.demo.stage import DemoError, Stage
from local.demo.trouble import agree, compare
from local.faults import ON_DEMAND, SPOT
from local.topics import Listener

QUOTAS = {ON_DEMAND: 80.0, SPOT: 50.0}
"""vCPU: small enough for one job to fill it."""
RUNAWAY = 52
"""Jobs of 1 vCPU: beside the shop's 25 they are 77 of 80 vCPU, over the 95 % of the critical alarm."""
PREFIX = "fargatecount-local-"
ALARM = "critical-on-demand"
DOES_NOT_FIT = 1


def opening(stage: Stage, shop: Shop) -> None:
    """Tasks start and stop, and the counters follow."""
    stage.act("2. A shop opens: services, jobs, workers on Spot")
    shop.open()
    shop.serve("front", 60)
    shop.serve("checkout", 20)
    jobs = shop.run("batch", "nightly", 20)
    shop.run("spot", "resize", 40, spot=True)
    seconds = agree(stage, shop)
    stage.good(f"140 tasks started through the ECS API, all counted {seconds:.1f} s after the last start")
    stage.run("reconcile", "--yes", "--wait", "60")
    shop.stop("batch", jobs)
    shop.serve("front", 40)
    shop.serve("checkout", 30)
    seconds = agree(stage, shop)
    stage.good(f"the jobs end, one service scales in and one out: counted {seconds:.1f} s after the last of them")
    stage.run("status")


def incident(stage: Stage, shop: Shop) -> None:
    """The quota fills until the alarm fires; then the cause, what no longer fits, and the end of the breach."""
    stage.act("3. The incident: a job starts itself again and again")
    pager = Listener(stage.stack, {"Paging": _paging_topic(stage)}, PREFIX)
    jobs = shop.run("batch", "nightly", RUNAWAY)
    seconds = stage.until("the pager rings", lambda: pager.states_of(ALARM) == ["ALARM"])
    stage.good(f"the pager rings {seconds:.1f} s after the launch that crossed 95 % of the quota:")
    stage.say(f"  {next(message.description for message in pager.received() if message.alarm == ALARM)}")
    stage.say("Who is it?")
    stage.run("count", "--by", "service", "--top", "3")
    stage.say("Does the next deployment still fit? A pipeline asks before it deploys:")
    stage.run("headroom", "web/checkout", expect=DOES_NOT_FIT)
    stage.say("The family nightly in cluster batch is the culprit. Its jobs are stopped:")
    shop.stop("batch", jobs)
    seconds = stage.until("the pager is quiet", lambda: pager.states_of(ALARM)[-1] == "OK")
    stage.good(f"all clear {seconds:.1f} s after the last stop")
    if pager.states_of(ALARM) != ["ALARM", "OK"]:
        raise DemoError(f"one breach is one alarm, and this was {pager.states_of(ALARM)}")
    stage.run("headroom", "web/checkout")
    agree(stage, shop)
    compare(stage, shop)


def _paging_topic(stage: Stage) -> str:
    stack = stage.stack.client("cloudformation").describe_stacks(StackName=PREFIX.rstrip("-"))["Stacks"][0]
    return next(str(output["OutputValue"]) for output in stack["Outputs"] if output["OutputKey"] == "PagingTopicArn")
