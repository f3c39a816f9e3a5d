"""`fargatecount rightsize`, on a deployment with planted loads in CloudWatch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.workload import Capacity, Facts, Kind
from tests.cli.conftest import Answer
from tests.support.builders import SCOPE, WEB, seen
from tests.support.deployed import Deployed

Run = Callable[..., Answer]
STEP = timedelta(hours=6)
SERVICES = {
    # name: CPU and memory in percent, days of data, tasks
    "over": (15.0, 20.0, 14, 4),
    "well": (70.0, 75.0, 14, 2),
    "under": (97.0, 50.0, 14, 1),
    "young": (5.0, 5.0, 2, 3),
    "dark": (0.0, 0.0, 0, 1),
}


def plant(namespace: str, names: dict[str, float], dimensions: dict[str, str], *, days: int, now: datetime) -> None:
    """Put a point every six hours, each the average and the maximum of its period."""
    cloudwatch = boto3.client("cloudwatch", SCOPE.region)
    dims = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    for name, level in names.items():
        points = [{"MetricName": name, "Dimensions": dims, "Timestamp": now - STEP * n, "Value": level} for n in range(1, days * 4 + 1)]
        for start in range(0, len(points), 20):
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=points[start : start + 20])


@pytest.fixture(scope="module")
def account(shared: Deployed) -> Deployed:
    """One cluster with services of 1 vCPU and 4 GiB that are over-, well- and under-sized, young, and without metrics; and a family."""
    millis = shared.clock.now()
    now = datetime.fromtimestamp(millis / 1000, UTC)
    number = 0
    for name, (cpu, memory, days, tasks) in SERVICES.items():
        for _ in range(tasks):
            number += 1
            deliver(shared, number, f"service:{name}", millis)
        plant(
            "AWS/ECS", {"CPUUtilization": cpu, "MemoryUtilization": memory}, {"ClusterName": "web", "ServiceName": name}, days=days, now=now
        )
    deliver(shared, 99, "family:batch", millis)
    insights = {"CpuUtilized": 100.0, "CpuReserved": 1024.0, "MemoryUtilized": 400.0, "MemoryReserved": 4096.0}
    plant("ECS/ContainerInsights", insights, {"ClusterName": "web", "TaskDefinitionFamily": "batch"}, days=14, now=now)
    for kind in Kind:
        shared.ledger.discovered(SCOPE, kind, millis)
    shared.ledger.passed(SCOPE, millis)
    shared.ledger.note(WEB, RECONCILER, Readability(readable=True, at=millis, listed_at=millis))
    return shared


def deliver(here: Deployed, number: int, group: str, now: int) -> None:
    """Record one running task."""
    facts = Facts(cpu=1024, memory=4096, capacity=Capacity.ON_DEMAND, group=group)
    here.deliver(seen(observed_at=now, workload_id=f"task-{number}", facts=facts))


def groups(answer: Answer) -> dict[str, dict[str, Any]]:
    """Return the groups by name."""
    return {each["group"]: each for each in answer.json["groups"]}


@pytest.mark.usefixtures("account")
def test_each_service_gets_its_advice(fargatecount: Run) -> None:
    """Over-sized shrinks, well-sized stays, under-sized grows; two days and no metrics give no advice, and say so."""
    answer = fargatecount("rightsize", "--json")
    assert answer.code == 0
    found = groups(answer)
    verdicts = {name: (each["verdict"], each["advised"]) for name, each in found.items()}
    assert verdicts == {
        "service:over": ("shrink", {"vcpu": 0.25, "memory_gib": 1.0}),
        "service:well": ("keep", None),
        "service:under": ("grow", {"vcpu": 2.0, "memory_gib": 4.0}),
        "service:young": ("too-little-data", None),
        "service:dark": ("no-metrics", None),
        "family:batch": ("shrink", {"vcpu": 0.25, "memory_gib": 0.5}),
    }
    assert "days of data; advice needs 7" in found["service:young"]["remark"]
    assert found["family:batch"]["source"] == "ECS/ContainerInsights"


@pytest.mark.usefixtures("account")
def test_the_sum_is_the_difference_of_the_cells(fargatecount: Run) -> None:
    """Four tasks and one free 0.75 vCPU each; what should grow takes nothing off."""
    document = fargatecount("rightsize", "--json").json
    total = document["reclaimable"]
    assert (total["groups"], total["vcpu"], total["on_demand_vcpu"], total["spot_vcpu"]) == (2, 3.75, 3.75, 0.0)
    assert (total["too_little_data"], total["without_metrics"]) == (1, 1)
    assert total["usd_month"] == pytest.approx(
        sum(each["freed_usd_month"] for each in document["groups"] if each["verdict"] == "shrink"), abs=0.02
    )


@pytest.mark.usefixtures("account")
def test_the_table_says_it_in_words(fargatecount: Run) -> None:
    """Held, used, advice and what it frees on one line; the sum below; no data is said and not hidden."""
    answer = fargatecount("rightsize", columns=200)
    assert "shrink to 0.25 vCPU 1 GiB" in answer.out
    assert "15/15/15" in answer.out
    assert "Reclaimable: 3.75 vCPU of quota" in answer.out
    assert "No advice on 1 group with less than a week of data." in answer.out
    assert "No metrics of 1 group" in answer.out


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", ["over", "service:over", "web/over", "ECS-web/over"])
def test_a_service_can_be_named(fargatecount: Run, name: str) -> None:
    """By name, group, or with its cluster."""
    assert list(groups(fargatecount("rightsize", name, "--json"))) == ["service:over"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ovr",), "nothing named ovr is held"),
        (("--window", "2d"), "--window is from 7d to 9w"),
        (("--window", "20w"), "--window is from 7d to 9w"),
        (("--margin", "-1"), "-1"),
    ],
)
def test_wrong_use_is_named(fargatecount: Run, words: tuple[str, ...], said: str) -> None:
    """Code 2, with the value."""
    answer = fargatecount("rightsize", *words)
    assert (answer.code, said in answer.err) == (2, True), answer.err


@pytest.mark.usefixtures("account")
def test_a_larger_margin_frees_less(fargatecount: Run) -> None:
    """With a margin of 100 % the same service needs half a vCPU."""
    found = groups(fargatecount("rightsize", "over", "--margin", "100", "--json"))["service:over"]
    assert found["advised"] == {"vcpu": 0.5, "memory_gib": 2.0}


@pytest.mark.usefixtures("account")
def test_csv_has_a_row_for_each_group(fargatecount: Run) -> None:
    """Numbers in columns of their own."""
    lines = fargatecount("rightsize", "-o", "csv").out.splitlines()
    assert len(lines) == 1 + len(SERVICES) + 1
    assert {"held_vcpu", "advised_memory_gib", "cpu_p95", "memory_max"} <= set(lines[0].split(","))
