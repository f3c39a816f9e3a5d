"""EKS on the deployed stack: pods counted by the function, by a command and by a watcher, and clusters that grant no access."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.errors import DeniedError
from fargatecount.ledger.record import record
from fargatecount.ledger.verify import VerifyResult
from fargatecount.refusals.log import remember
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.workload import Facts, Observation, Phase, SourceRank
from local.kubernetes.driver import PodDriver
from local.traffic import lives, put
from tests.e2e.deployment import Deployed
from tests.e2e.eks_side import EksSide, run_pods, watching
from tests.kube.storm import Storm
from tests.support.builders import refusal
from tests.support.deadline import eventually


@pytest.fixture
def eks(deployed: Deployed) -> Iterator[EksSide]:
    """EKS in the deployment's account."""
    side = EksSide(deployed)
    yield side
    side.close()


def enroll(eks: EksSide, *words: str) -> dict[str, Any]:
    answer = eks.deployed.command("eks", "enroll", "--yes", *words, "--json")
    assert answer.returncode == 0, answer.stderr + answer.stdout
    return dict(json.loads(answer.stdout))


def held(driver: PodDriver) -> int:
    """Return how many pods have a node, by the cluster's own word."""
    return sum(1 for pod in driver.pods() if pod["spec"].get("nodeName"))


def test_a_cluster_is_unreadable_until_it_is_enrolled(eks: EksSide) -> None:
    """Without rights the deployed function shows no number and the command that helps; after that command it counts."""
    pods = eks.create("closed")
    run_pods(pods, "a", "b", "c")
    eks.look()
    before = eks.shown("closed")
    assert (before["readable"], before["running"], before["held"]) == (False, None, None)
    assert "fargatecount eks enroll closed" in before["remedy"]
    assert eks.listed("closed")["enrolled"] is False
    enroll(eks, "closed")
    eks.look()
    after = eks.shown("closed")
    assert (after["readable"], after["running"], after["vcpu"]) == (True, 3, 0.75)
    assert eks.listed("closed")["enrolled"] is True


def test_a_cluster_that_is_taken_back_keeps_its_last_numbers(eks: EksSide) -> None:
    """After unenroll the counts stay, flagged, and the access of other principals is unchanged."""
    run_pods(eks.create("taken-back"), "a", "b")
    enroll(eks, "taken-back")
    eks.look()
    assert eks.deployed.command("eks", "unenroll", "--yes", "taken-back").returncode == 0
    eks.look()
    shown = eks.shown("taken-back")
    assert (shown["readable"], shown["running"]) == (False, 2)
    entries = eks.stack.client("eks").list_access_entries(clusterName="taken-back")["accessEntries"]
    assert entries == ["arn:aws:iam::000000000000:root"]


def test_a_cluster_of_the_old_mode_is_enrolled_by_what_is_printed(eks: EksSide) -> None:
    """The entry for aws-auth is exact: pasted as it was printed, it lets the function in."""
    pods = eks.create("old-mode", mode="CONFIG_MAP")
    run_pods(pods, "a")
    answer = eks.deployed.command("eks", "enroll", "--yes", "old-mode", "--json")
    assert answer.returncode == 1, answer.stderr
    (cluster,) = json.loads(answer.stdout)["clusters"]
    (step,) = cluster["by_hand"]
    entry = step["commands"][0].partition("\n")[2]
    body = {"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {"mapRoles": entry}}
    pods.request("PUT", "/api/v1/namespaces/kube-system/configmaps/aws-auth", body)
    assert enroll(eks, "old-mode")["clusters"][0]["done"] == []
    eks.look()
    assert eks.shown("old-mode")["running"] == 1


def test_a_person_counts_with_his_own_rights(eks: EksSide) -> None:
    """`reconcile` lists pods with the credentials of its user."""
    run_pods(eks.create("mine"), "a", "b")
    answer = eks.deployed.command("reconcile", "--yes", "--wait", "120", "--cluster", "EKS-mine", "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["drifted"] == 0
    assert eks.counts("mine").running.count == 2


def test_whoever_counts_is_told_how_to_be_let_in(eks: EksSide) -> None:
    """`count` with a role that the cluster does not know shows no number and the command that helps; after that command it counts."""
    run_pods(eks.create("asked"), "a", "b")
    role = reading_role(eks.deployed)
    words = ("count", "--json", "--role-arn", role, "--cluster", "EKS-asked")

    def counted() -> dict[str, Any]:
        answer = eks.deployed.command(*words)
        assert answer.returncode == 0, answer.stderr
        (scope,) = json.loads(answer.stdout)["scopes"]
        (cluster,) = scope["clusters"]
        return dict(cluster)

    before = counted()
    assert (before["readable"], before["running"], before["vcpu"]) == (False, None, None)
    command = f"eks enroll asked --principal-arn {role}"
    assert before["remedy"] == f"let yourself in: fargatecount {command}"
    assert eks.deployed.command(*command.split(), "--yes").returncode == 0
    after = counted()
    assert (after["readable"], after["running"], after["vcpu"]) == (True, 2, 0.5)


def reading_role(deployed: Deployed) -> str:
    """Return the ARN of a role that may ask ECS and EKS what they have, and is known to no cluster."""
    iam = deployed.stack.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName="reader", Path="/acme/", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": ["ecs:List*", "ecs:Describe*", "eks:List*", "eks:Describe*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_role_policy(RoleName="reader", PolicyName="may", PolicyDocument=document)
    return str(arn)


def test_pods_are_workloads_and_completed_ones_are_held(eks: EksSide) -> None:
    """Two containers are one pod; a completed one keeps its capacity until its object is deleted; one without a node holds nothing."""
    pods = eks.create("phases")
    two = {"metadata": {"name": "two"}, "spec": {"schedulerName": "fargate-scheduler", "containers": [{"name": "app"}, {"name": "log"}]}}
    pods.request("POST", "/api/v1/namespaces/default/pods", two)
    pods.bind("two")
    pods.run("two")
    run_pods(pods, "job")
    pods.complete("job")
    pods.create("waits")
    enroll(eks, "phases")
    eks.look()
    phases = (Phase.RUNNING, Phase.COMPLETED, Phase.WAITING)
    assert [eks.counts("phases").tally(phases=(phase,)).count for phase in phases] == [1, 1, 1]
    assert eks.shown("phases")["held"] == 2
    pods.delete("job")
    eks.look()
    assert eks.shown("phases")["held"] == 1


def test_a_pod_that_fargate_does_not_take_is_shown(eks: EksSide) -> None:
    """By `status`, in Fargate's own words: the deployed function has remembered it."""
    pods = eks.create("full")
    pods.create("waits")
    pods.refuse("waits", "Your AWS account has reached the limit on the number of Fargate pods it can run concurrently")
    enroll(eks, "full")
    eks.look()
    (scope,) = eks.deployed.status("--cluster", "EKS-full")["scopes"]
    (refused,) = scope["refused"]
    assert (refused["cluster"], refused["group"], refused["count"], refused["for_want"]) == ("EKS-full", "default/waits", 1, True)
    assert refused["reason"].endswith("the limit on the number of Fargate pods it can run concurrently")


def test_a_recreated_cluster_leaves_no_ghosts(eks: EksSide) -> None:
    """Another cluster of the same name, with low versions, counts its own pods only."""
    pods = eks.create("reborn")
    run_pods(pods, *(f"old-{i}" for i in range(6)))
    enroll(eks, "reborn")
    eks.look()
    assert eks.counts("reborn").running.count == 6
    eks.delete("reborn")
    run_pods(eks.create("reborn"), "new")
    enroll(eks, "reborn")
    eks.look()
    assert eks.counts("reborn").running.count == 1
    assert {finding.verdict for finding in eks.verify("reborn")} == {VerifyResult.EQUAL}


def test_ecs_and_eks_are_one_total(eks: EksSide) -> None:
    """The scope's total is the sum of its clusters of both kinds, as the quota counts them."""
    tasks = lives(3, clusters=("beside",), states=("RUNNING",), seed=23)
    put(eks.stack.client("events"), [entry for task in tasks for entry in eks.deployed.entries(task)])
    eventually(lambda: eks.deployed.counts("beside").held.count == 3, "three tasks are counted", within=60)
    run_pods(eks.create("beside"), "a", "b", "c", "d")
    enroll(eks, "beside")
    eks.look()
    (scope,) = eks.deployed.status("--cluster", "*-beside")["scopes"]
    assert {cluster["cluster"]: cluster["held"] for cluster in scope["clusters"]} == {"ECS-beside": 3, "EKS-beside": 4}
    assert scope["total"]["held"] == 7
    (whole,) = eks.deployed.status()["scopes"]
    known = [cluster for cluster in whole["clusters"] if cluster["held"] is not None]
    assert whole["total"]["held"] == sum(cluster["held"] for cluster in known)
    assert whole["quotas"][0]["used"] == pytest.approx(whole["total"]["vcpu"] - sum(c["by_capacity"]["spot"]["vcpu"] for c in known))


def test_a_watcher_killed_in_a_storm_stays_exact(eks: EksSide, tmp_path: Path) -> None:
    """500 pods on three clusters whose connections are cut: `python -m watcher --all` ends exact, over a SIGKILL, and is left alone."""
    drivers = {name: eks.create(name) for name in ("storm-a", "storm-b", "storm-c")}
    role = eks.watcher_role("*")
    enroll(eks, *drivers, "--principal-arn", role)
    environment, log = eks.as_role(role), tmp_path / "watcher.log"
    storms = [Storm(driver, pods=170, seed=seed, name="pod") for seed, driver in enumerate(drivers.values())]
    for driver in drivers.values():
        driver.control("faults", cut=0.02)
    half_way = threading.Barrier(len(storms) + 1)

    def blow(storm: Storm) -> None:
        storm.blow(steps=200)
        half_way.wait(120)
        storm.blow()

    def is_exact() -> bool:
        return all(
            eks.counts(name).held.count == held(driver) and eks.living(name) == {pod["metadata"]["uid"] for pod in driver.pods()}
            for name, driver in drivers.items()
        )

    with watching(environment, log) as process:
        run_pods(drivers["storm-a"], "first")
        eventually(lambda: eks.counts("storm-a").running.count == 1, f"a pod is counted live: {log}", within=60)
        threads = [threading.Thread(target=blow, args=(storm,)) for storm in storms]
        for thread in threads:
            thread.start()
        half_way.wait(120)
        process.kill()
        process.wait(30)
    with watching(environment, log) as process:
        for thread in threads:
            thread.join(240)
        eventually(is_exact, f"the counters are what the clusters say: {log}", within=120)
        assert {finding.verdict for finding in eks.verify(*drivers)} == {VerifyResult.EQUAL}
        assert all(eks.shown(name)["readable"] for name in drivers)
        assert eks.listed("storm-a")["watcher_at"] is not None
        eks.look()
        assert is_exact()
        assert not [s for s in eks.deployed.ledger.clusters(eks.deployed.scope) if s.cluster.name in drivers and "reconciler" in s.sources]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_watcher_writes_its_own_cluster_s_rows_only(eks: EksSide) -> None:
    """The role of one cluster's watcher is refused every other partition, whatever it tries to write."""
    environment = eks.as_role(eks.watcher_role("fenced"))
    credentials = {key.lower(): environment[key] for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
    table = environment["FARGATECOUNT_TABLE"]
    ledger = DynamoLedger(table, eks.deployed.region, credentials=credentials, endpoint=eks.stack.endpoint)

    def write(name: str) -> None:
        now = SystemClock().now()
        pod = Observation(
            cluster=eks.cluster(name),
            workload_id=f"pod-of-{name}",
            version=1,
            source=SourceRank.EVENT,
            phase=Phase.RUNNING,
            observed_at=now,
            facts=Facts(cpu=256, memory=512),
        )
        assert not record([pod], ledger, SystemClock()).unfinished

    write("fenced")
    assert eks.counts("fenced").running.count == 1
    for other in ("fenced-2", "elsewhere"):
        with pytest.raises(DeniedError):
            write(other)
        assert not eks.counts(other)


def test_a_watcher_may_remember_the_pods_that_wait(eks: EksSide) -> None:
    """Its role lets it add to what was refused in its scope."""
    environment = eks.as_role(eks.watcher_role("waits"))
    credentials = {key.lower(): environment[key] for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
    items = Items(environment["FARGATECOUNT_TABLE"], eks.deployed.region, credentials=credentials, endpoint=eks.stack.endpoint)
    now = SystemClock().now()
    for _ in range(2):
        remember(DynamoRefusals(items), [refusal(1, now, cluster=eks.cluster("waits"), kind=RefusalKind.WAITING)])
    (scope,) = eks.deployed.status()["scopes"]
    assert [one["count"] for one in scope["refused"] if one["cluster"] == "EKS-waits"] == [1]
