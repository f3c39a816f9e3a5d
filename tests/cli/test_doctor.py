"""`fargatecount doctor`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from fargatecount import __version__
from fargatecount.adapters.dynamodb.published import DynamoPublishState
from fargatecount.metrics.cadence import LastPublish
from fargatecount.workload import Phase
from tests.cli.conftest import Answer
from tests.kube.control_plane import SimulatedPlane
from tests.support.builders import HOUR, SCOPE, WEB, seen
from tests.support.deployed import Deployed
from tests.support.eks_plane import plane

__all__ = ["plane"]  # a fixture

Run = Callable[..., Answer]


@pytest.fixture
def account(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """A deployment that has looked at its one cluster and published, found by its stack."""
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    monkeypatch.delenv("FARGATECOUNT_REPORTS_BUCKET")
    here.create_stack(Version=__version__, Detail="cluster", Armed="true", TopServices="20", ReconcileRoleArn="arn:aws:iam::1:role/r")
    here.ecs.create()
    here.deliver(here.ecs.run("t1"))
    assert fargatecount("reconcile", "--yes", "--json").code == 0
    DynamoPublishState(here.ledger.items).remember(SCOPE, LastPublish(minute=1, at=here.clock.now()))
    return here


def of(answer: Answer, check: str) -> list[dict[str, Any]]:
    return [finding for finding in answer.json["findings"] if finding["check"] == check]


def test_all_is_well(account: Deployed, fargatecount: Run) -> None:
    """Every check says so, and the code is 0, for people and for programs; nothing was changed."""
    before = account.rows()
    answer = fargatecount("doctor", "--json")
    assert [(finding["check"], finding["text"]) for finding in answer.json["findings"] if finding["level"] != "ok"] == []
    assert (answer.code, answer.json["well"], answer.json["schema"], answer.json["version"]) == (0, True, "fargatecount/doctor", 1)
    checks = [finding["check"] for finding in answer.json["findings"]]
    assert list(dict.fromkeys(checks)) == [
        *("credentials", "clock", "stack", "permissions", "listing", "functions", "publisher", "hub", "clusters", "watchers", "quotas"),
        *("mutes", "hanging", "dead letters", "bill"),
    ]
    table = fargatecount("doctor")
    assert (table.code, f"{len(checks)} ok, 0 warning, 0 problem, 0 unknown" in table.out) == (0, True)
    assert account.rows() == before


def test_what_is_not_well_comes_with_what_to_do(account: Deployed, fargatecount: Run) -> None:
    """A cluster that the function may not read and a dead letter are problems, code 1, and the other checks are made all the same."""
    account.ecs.deny(WEB)
    assert fargatecount("reconcile", "--yes", "--json").code == 0
    boto3.client("sqs", SCOPE.region).send_message(QueueUrl=account.outputs["DeadLettersUrl"], MessageBody="\x1b[2J"[1:])
    answer = fargatecount("doctor", "--json")
    assert (answer.code, answer.json["well"]) == (1, False)
    (unreadable,) = [finding for finding in of(answer, "clusters") if finding["level"] == "problem"]
    assert "ECS-web is unreadable" in unreadable["text"]
    assert f"fargatecount reconcile --cluster ECS-web --region {SCOPE.region} --stage test" in unreadable["commands"]
    (letter,) = of(answer, "dead letters")
    assert (letter["level"], letter["text"]) == ("problem", "1 dead letters of source retries: not processed in all its tries")
    assert of(answer, "functions")[0]["level"] == "problem"
    assert {finding["check"] for finding in of(answer, "permissions") if finding["level"] == "problem"} == {"permissions"}
    assert of(answer, "bill")[0]["level"] == "ok"


def test_a_check_that_cannot_look_does_not_stop_the_others(account: Deployed, fargatecount: Run) -> None:
    """Without its queue the number of dead letters is unknown, not 0."""
    boto3.client("sqs", SCOPE.region).delete_queue(QueueUrl=account.outputs["PublishFailuresUrl"])
    answer = fargatecount("doctor", "-o", "csv")
    assert answer.code == 1
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    (letters,) = [row for row in rows if row["check"] == "dead letters"]
    assert (letters["level"], letters["text"].startswith("could not look: reading queue")) == ("unknown", True)
    assert [row["level"] for row in rows if row["check"] == "bill"] == ["ok"]


def test_without_a_deployment_everything_else_is_looked_at(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks that need the stack say how to deploy it; credentials and clock are well."""
    assert here.rows() == {}
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    answer = fargatecount("doctor", "--json")
    assert answer.code == 1
    assert [of(answer, name)[0]["level"] for name in ("credentials", "clock", "stack", "clusters", "bill")] == [
        *("ok", "ok", "problem", "unknown", "unknown"),
    ]
    assert "make deploy" in of(answer, "stack")[0]["remedy"]


def test_warnings_can_wait(account: Deployed, fargatecount: Run) -> None:
    """They leave the code at 0, and --strict makes it 1."""
    DynamoPublishState(account.ledger.items).remember(SCOPE, LastPublish())
    assert fargatecount("doctor", "--json").code == 0
    answer = fargatecount("doctor", "--strict")
    assert (answer.code, "WARNING  publisher    nothing has been published yet" in answer.out) == (1, True)


def test_what_hangs_is_a_warning_with_its_command(account: Deployed, fargatecount: Run) -> None:
    """A task that has been stopping for an hour is named, with how long and the command that shows more."""
    account.deliver(seen(Phase.STOPPING, workload_id="t-slow", observed_at=account.clock.now() - HOUR))
    (finding,) = of(fargatecount("doctor", "--json"), "hanging")
    assert finding["level"] == "warning"
    assert "t-slow has been stopping for 60 minutes: the task has not stopped" in finding["text"]
    assert finding["commands"] == ["aws ecs describe-tasks --cluster web --tasks t-slow --region eu-west-1"]


def test_pods_that_wait_in_vain(plane: SimulatedPlane, fargatecount: Run) -> None:
    """Namespaces that land on Fargate, a pod without a profile, and one that Fargate refuses; the cluster that hides them says why."""
    plane.driver.create("lost", "kube-system")
    plane.driver.create("greedy", "default")
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "Pod not supported on Fargate: HostNetwork",
    }
    plane.driver.request(
        "PATCH",
        "/api/v1/namespaces/default/pods/greedy/status",
        {"status": {"conditions": [condition]}},
        content_type="application/merge-patch+json",
    )
    texts = [finding["text"] for finding in of(fargatecount("doctor", "--json"), "pods")]
    assert texts == [
        "EKS-web: pods of the namespaces default (default) land on Fargate, as far as labels match",
        "EKS-web: 1 pods wait (kube-system/lost) for Fargate and match no profile",
        "EKS-web: 1 pods wait (default/greedy) for Fargate: Unschedulable: Pod not supported on Fargate: HostNetwork",
    ]
    plane.api.stop()
    (_, hidden) = of(fargatecount("doctor", "--json"), "pods")
    assert (hidden["level"], "you cannot list its pods" in hidden["text"]) == ("warning", True)
    assert hidden["commands"][0].startswith("fargatecount eks enroll web --principal-arn arn:aws:")
