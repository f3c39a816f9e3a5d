"""`fargatecount alarms` and `fargatecount explain`."""

from __future__ import annotations

from collections.abc import Callable

import boto3
import pytest

from fargatecount.adapters.dynamodb.breaches import DynamoBreaches
from fargatecount.breaches.breach import Breaches, BreachLevel, LimitGauge, QuotaGauge, evaluate
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.workload import Capacity, Facts
from tests.cli.conftest import Answer
from tests.support.builders import MINUTE, SCOPE, WEB, seen
from tests.support.deployed import STACK, Deployed

Run = Callable[..., Answer]
CRITICAL = QuotaGauge(capacity=Capacity.SPOT, level=BreachLevel.CRITICAL, threshold=95.0, unit="vCPU", value=20.0, used=19.5, percent=97.5)
LIMIT = LimitGauge(subject="ECS-web", level=BreachLevel.WARNING, threshold=90.0, unit="workloads", value=10, used=10, percent=100.0)


@pytest.fixture(scope="module")
def incident(shared: Deployed) -> Deployed:
    """A Spot quota and a limit that were crossed five minutes ago, a service that grew, and alarms of the stack and of another."""
    now = shared.clock.now()
    facts = Facts(cpu=1024, memory=2048, group="service:shop", capacity=Capacity.SPOT, created_at=now - MINUTE)
    shared.deliver(*(seen(workload_id=f"t{i}", observed_at=now, facts=facts) for i in range(3)))
    shared.ledger.note(WEB, RECONCILER, Readability(readable=True, at=now, listed_at=now))
    DynamoBreaches(shared.ledger.items).keep(SCOPE, evaluate(Breaches(), [CRITICAL, LIMIT], now - 5 * MINUTE))
    cloudwatch = boto3.client("cloudwatch", SCOPE.region)
    for name in (f"{STACK}-critical-spot", f"{STACK}-liveness", f"{STACK}-drift", "other-critical-spot"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription=f"About {name}.",
            MetricName="m",
            Namespace="n",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Statistic="Maximum",
        )
    for name, state in ((f"{STACK}-critical-spot", "ALARM"), (f"{STACK}-liveness", "OK"), (f"{STACK}-drift", "INSUFFICIENT_DATA")):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="[red]Threshold\x1b[2J Crossed")
    return shared


@pytest.mark.usefixtures("incident")
def test_what_rings_comes_first(fargatecount: Run) -> None:
    """Only alarms of this stack; those that ring first, with the open breaches, and exit code 1."""
    answer = fargatecount("alarms", "--stage", "test", "--json")
    assert (answer.code, answer.json["schema"], answer.json["armed"]) == (1, "fargatecount/alarms", True)
    assert [(each["name"], each["state"]) for each in answer.json["alarms"]] == [
        ("critical-spot", "ALARM"),
        ("drift", "INSUFFICIENT_DATA"),
        ("liveness", "OK"),
    ]
    assert {each["alarm"]: (each["percent"], each["cluster"]) for each in answer.json["breaches"]} == {
        "critical-spot": (97.5, None),
        "limit-per-cluster": (100.0, "ECS-web"),
    }


@pytest.mark.usefixtures("incident")
def test_the_table_leaves_out_what_is_ok(fargatecount: Run) -> None:
    """It counts them; and no terminal obeys CloudWatch's text."""
    answer = fargatecount("alarms", "--stage", "test")
    assert ("critical-spot" in answer.out, "liveness" in answer.out, "1 alarm OK." in answer.out) == (True, False, True)
    assert "\x1b" not in answer.out
    assert "[red]Threshold" in answer.out
    assert "liveness" in fargatecount("alarms", "--stage", "test", "--all").out


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize("name", ["critical-spot", f"{STACK}-critical-spot"])
def test_one_alarm_is_explained(fargatecount: Run, name: str) -> None:
    """What it watches, since when, who grew, and the steps that help."""
    answer = fargatecount("explain", name, "--stage", "test")
    assert answer.code == 0
    for part in (
        "critical-spot: ALARM since 2",
        f"About {STACK}-critical-spot.",
        "Crossed: 95 % since 2",
        "19.5 of 20 vCPU, 97.5 %",
        "ECS-web service:shop: 3 of 3 vCPU, 3 of 3 workloads",
        "- Request a higher quota: fargatecount quota request --capacity spot --to VCPU, or Service Quotas, AWS Fargate, L-36FBB829",
    ):
        assert part in answer.out


@pytest.mark.usefixtures("incident")
def test_a_health_alarm_names_no_service(fargatecount: Run) -> None:
    """Growth does not explain it: null in JSON."""
    assert fargatecount("explain", "liveness", "--stage", "test", "--json").json["grew"] is None


@pytest.mark.usefixtures("incident")
def test_a_typo_gets_a_suggestion(fargatecount: Run) -> None:
    """Exit code 2, and where the names are."""
    answer = fargatecount("explain", "critical-spott", "--stage", "test")
    assert (answer.code, "did you mean critical-spot" in answer.err, "fargatecount alarms --all" in answer.err) == (2, True, True)


@pytest.mark.usefixtures("incident")
def test_without_alarms_thresholds_are_known(fargatecount: Run) -> None:
    """A stack that is not armed has no alarm, and the table knows what was crossed."""
    answer = fargatecount("alarms", "--stage", "nowhere")
    assert (answer.code, "it is not armed" in answer.out, "critical-spot" in answer.out) == (1, True, True)
    assert "this stack is not armed" in fargatecount("explain", "critical-spot", "--stage", "nowhere").out
