"""Events to exact counters, through the deployed rule, queue, function and table."""

from __future__ import annotations

import json

from fargatecount.counts import Counts
from fargatecount.ledger.verify import VerifyResult
from local.traffic import START, STOP, Life, disordered, lives, put
from tests.e2e.deployment import Deployed
from tests.support.expected_counts import expected


def test_three_thousand_disordered_events_are_counted_exactly(deployed: Deployed) -> None:
    """3,000 events and more, a tenth of them twice, shuffled over two clusters, end in exact counters and an even recount."""
    tasks = lives(480, clusters=("mix-a", "mix-b"), seed=7, stop_share=0.5)
    once = [entry for life in tasks for entry in deployed.entries(life)]
    entries = disordered(once, duplicates=0.1)
    assert len(entries) > 3000
    put(deployed.stack.client("events"), entries)
    for name in ("mix-a", "mix-b"):
        deployed.eventually_counts(name, expected(life for life in tasks if life.cluster == name))
    answer = deployed.command("verify", "--cluster", "mix-*", "--json")
    assert answer.returncode == 0
    assert {finding["verdict"] for finding in json.loads(answer.stdout)["findings"]} == {"equal"}


def test_ten_malformed_events_among_a_thousand_delay_nobody(deployed: Deployed) -> None:
    """Ten events that make no sense end in the dead-letter queue with their reasons; the thousand good ones are counted."""
    tasks = lives(1000, clusters=("mostly-good",), seed=11, states=("RUNNING",))
    good = [entry for life in tasks for entry in deployed.entries(life)]
    broken = []
    for i in range(10):
        entry = dict(good[i])
        detail = json.loads(entry["Detail"])
        del detail[("version", "clusterArn", "taskArn", "lastStatus")[i % 4]]
        broken.append(entry | {"Detail": json.dumps(detail)})
    put(deployed.stack.client("events"), disordered([*good, *broken], duplicates=0))
    letters = deployed.letters(10)
    deployed.eventually_counts("mostly-good", expected(tasks))
    reasons = [letter["MessageAttributes"]["reason"]["StringValue"] for letter in letters]
    assert all("missing required field" in reason for reason in reasons)
    assert {letter["MessageAttributes"]["source"]["StringValue"] for letter in letters} == {"handler"}
    assert len(letters) == 10


def test_concurrent_writers_under_conflicts_stay_exact(deployed: Deployed) -> None:
    """With conflicting transactions, cut reads, and every event twice, many functions at once still count to the unit."""
    deployed.stack.controls.set(transaction_conflicts=0.3, unprocessed_keys=0.1)
    tasks = lives(120, clusters=("contended",), seed=13, stop_share=0.3)
    once = [entry for life in tasks for entry in deployed.entries(life)]
    put(deployed.stack.client("events"), disordered(once, duplicates=1.0))
    deployed.eventually_counts("contended", expected(tasks), within=120)
    assert {finding.verdict for finding in deployed.verify("contended")} == {VerifyResult.EQUAL}


def test_a_storm_of_stops_ends_at_zero(deployed: Deployed) -> None:
    """A cluster whose tasks all stop at once ends at exactly nothing, and late events do not revive it."""
    tasks = lives(250, clusters=("storm",), seed=17, states=("RUNNING",))
    bus = deployed.stack.client("events")
    put(bus, (entry for life in tasks for entry in deployed.entries(life)))
    deployed.eventually_counts("storm", expected(tasks))
    ends = [Life(task_id=life.task_id, cluster="storm", cpu=life.cpu, spot=life.spot, states=STOP, first_version=2) for life in tasks]
    put(bus, disordered(entry for life in ends for entry in deployed.entries(life)))
    deployed.eventually_counts("storm", Counts())
    late = [Life(task_id=life.task_id, cluster="storm", states=START[:2], first_version=2) for life in tasks[:20]]
    marker = Life(task_id="f" * 32, cluster="storm", states=("RUNNING",))
    put(bus, [entry for life in (*late, marker) for entry in deployed.entries(life)])
    deployed.eventually_counts("storm", expected([marker]))
    assert {finding.verdict for finding in deployed.verify("storm")} == {VerifyResult.EQUAL}


def test_tasks_of_the_ecs_api_are_counted_as_aws_counts_them(deployed: Deployed) -> None:
    """Tasks started and stopped through the ECS API end in the same number that the ECS API's own statistics give."""
    ecs = deployed.stack.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="shop",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "shop", "essential": True}],
    )
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    arns = []
    for _ in range(6):
        answer = ecs.run_task(cluster="shop", taskDefinition="shop", count=10, launchType="FARGATE", networkConfiguration=network)
        arns += [task["taskArn"] for task in answer["tasks"]]
    for arn in arns[:25]:
        ecs.stop_task(cluster="shop", task=arn)
    life = Life(task_id="0", cluster="shop", cpu=256, memory=512)
    deployed.eventually_counts("shop", expected([life] * 35))
    statistics = ecs.describe_clusters(clusters=["shop"], include=["STATISTICS"])["clusters"][0]["statistics"]
    running = {entry["name"]: entry["value"] for entry in statistics}["runningFargateTasksCount"]
    assert running == str(deployed.counts("shop").running.count)


def test_a_cluster_that_was_never_listed_says_so(deployed: Deployed) -> None:
    """Counted from events alone a cluster is not yet complete, and status does not pretend otherwise."""
    put(deployed.stack.client("events"), deployed.entries(Life(task_id="a" * 32, cluster="events-only")))
    deployed.eventually_counts("events-only", expected([Life(task_id="a" * 32, cluster="events-only", memory=512)]))
    answer = deployed.status("--cluster", "events-only")
    cluster = answer["scopes"][0]["clusters"][0]
    assert (answer["complete"], cluster["readable"], cluster["reason"], cluster["running"]) == (False, False, "not yet listed", 1)
