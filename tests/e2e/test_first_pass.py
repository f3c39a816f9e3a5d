"""A deployment into an account that is already full; it is unarmed, as every deployment is by default."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError

from fargatecount.adapters.s3.reports import S3Reports
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.usage.document import UsageDocument, usage_document
from fargatecount.usage.status import usage
from local.stack import Stack
from tests.e2e.deployment import Deployed
from tests.support.deadline import eventually
from tests.support.documents import present
from tests.support.fargate_tasks import NETWORK, start

TASKS = 500


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Return the deployment, the moment that it is one."""
    with Stack(tmp_path_factory.mktemp("aws")) as stack:
        start(stack, [f"old-{i}" for i in range(5)], TASKS // 5)
        stack.client("ecs").create_service(
            cluster="old-0", serviceName="idle", taskDefinition="job", desiredCount=0, launchType="FARGATE", networkConfiguration=NETWORK
        )
        stack.deploy(armed="false")
        yield Deployed(stack)


def test_a_deployment_into_a_full_account_claims_nothing_before_it_has_looked(fresh: Deployed) -> None:
    """Where 500 tasks run already, no answer is complete before the first full pass, and the first that is says 500."""
    answers = []

    def looked() -> bool:
        # What `status --json` prints, without a process for each of a hundred answers.
        now = SystemClock().now()
        answers.append(usage_document(usage(fresh.ledger, now), now))
        return answers[-1].complete

    # The schedule ticks once a minute, and no reconcile is started by hand.
    first = fresh.status()
    eventually(looked, "the deployment's own first pass has ended", within=150)
    last = fresh.status()
    assert (last["complete"], last["scopes"][0]["total"]["running"]) == (True, TASKS)
    answers.insert(0, msgspec.convert(first, UsageDocument))
    assert all(answer.scopes == [] or answer.scopes[0].reason or _unlisted(answer) for answer in answers[:-1])


def test_the_deployed_function_surveys_services(fresh: Deployed) -> None:
    """With its own role: it reads those of every cluster, and the report says how many could not be deployed."""
    kept = S3Reports(fresh.stack.client("s3"), fresh.outputs["ReportsBucket"])
    # The run goes on after the pass that the test above waits for.
    eventually(lambda: bool(kept.ids(fresh.scope)), "the first report is kept", within=60)
    found = present(kept.read(fresh.scope, kept.ids(fresh.scope)[0]).headroom)
    assert (found.problems, found.services, found.without_headroom) == ([], 1, 0)


def test_unarmed_not_a_single_metric_is_put(fresh: Deployed) -> None:
    """All functions have run, on counters that changed and by the clock; CloudWatch was never called and has no metric."""
    # As the table's stream wakes it: by the clock it would go on looking for a minute, because the account is full.
    answer = fresh.stack.client("lambda").invoke(FunctionName="fargatecount-local-publish", Payload=b'{"Records": []}')
    assert "FunctionError" not in answer, answer["Payload"].read()
    calls = fresh.stack.controls.calls()
    assert calls["dynamodb:TransactWriteItems"] > 0
    assert [call for call in calls if call.startswith("cloudwatch:Put")] == []
    assert fresh.stack.client("cloudwatch").list_metrics(Namespace="Fargate Stats")["Metrics"] == []


def test_unarmed_the_publisher_would_be_denied(fresh: Deployed) -> None:
    """Its role lacks the permission: a defect could not put a metric either."""
    role = fresh.stack.client("lambda").get_function(FunctionName="fargatecount-local-publish")["Configuration"]["Role"]
    given = fresh.stack.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    cloudwatch = boto3.client(
        "cloudwatch",
        endpoint_url=fresh.stack.endpoint,
        region_name=fresh.region,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    with pytest.raises(ClientError, match="not authorized"):
        cloudwatch.put_metric_data(Namespace="Fargate Stats", MetricData=[{"MetricName": "fargate-count", "Value": 1}])


def _unlisted(answer: UsageDocument) -> bool:
    return any(not cluster.readable for cluster in answer.scopes[0].clusters)
