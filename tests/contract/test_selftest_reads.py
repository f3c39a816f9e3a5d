"""What the self-test reads, against moto, and against IAM's simulator at the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from fargatecount.adapters.cloudwatch.selftest import SelftestMetrics
from fargatecount.adapters.iam import IamSimulator
from fargatecount.adapters.stack_parts import StackParts
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.selftest.rights import AccessAnswer, AccessQuestion, ContextEntry
from tests.support.builders import MINUTE, NOW, SCOPE
from tests.support.http_server import Reply, Request, answering

REGION = SCOPE.region
ROLE = f"arn:aws:iam::{SCOPE.account}:role/ours/r"
QUEUE = f"arn:aws:sqs:{REGION}:{SCOPE.account}:q"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}
RESULT = """<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>
<EvaluationResults><member><EvalActionName>sqs:SendMessage</EvalActionName><EvalDecision>implicitDeny</EvalDecision>
<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail></member>
</EvaluationResults><IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"""
REFUSAL = """<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"""


def at(url: str) -> Any:
    """Return a client of an endpoint that answers as IAM."""
    once = Config(retries={"total_max_attempts": 1})
    return boto3.client("iam", REGION, endpoint_url=url, config=once, aws_access_key_id="AKID", aws_secret_access_key="secret")


@pytest.fixture
def aws() -> Iterator[None]:
    """An account in moto."""
    with mock_aws():
        yield


@pytest.mark.usefixtures("aws")
def test_the_statements_of_a_role_are_those_of_its_inline_policies() -> None:
    """One statement alone is a list of one."""
    iam = boto3.client("iam", REGION)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}", Path="/ours/")
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(POLICY | {"Statement": POLICY["Statement"][0]}))
    assert list(IamSimulator(iam).statements(ROLE)) == POLICY["Statement"]


@pytest.mark.usefixtures("aws")
def test_a_role_that_is_not_there_is_an_error_of_ours() -> None:
    """It is not the same as a role without policies."""
    with pytest.raises(UnavailableError, match="reading the policies of a role: NoSuchEntity"):
        IamSimulator(boto3.client("iam", REGION)).statements("arn:aws:iam::123456789012:role/none")


def test_the_simulator_is_asked_with_the_context() -> None:
    """A right that the organization takes away is named so."""
    asked: list[dict[str, list[str]]] = []

    def answer(request: Request) -> Reply:
        asked.append(parse_qs(request.body.decode()))
        return Reply(RESULT, "text/xml")

    question = AccessQuestion(actions=("sqs:SendMessage",), resource=QUEUE, context=(ContextEntry("aws:TagKeys", ("x",), many=True),))
    with answering(answer) as url:
        found = IamSimulator(at(url)).simulate(ROLE, question)
    assert found == [AccessAnswer("sqs:SendMessage", "implicitDeny", "a service control policy")]
    assert asked[0]["ContextEntries.member.1.ContextKeyType"] == ["stringList"]
    assert asked[0]["ResourceArns.member.1"] == [QUEUE]


def test_a_refusal_names_the_action() -> None:
    """The caller may lack the right to simulate."""
    with answering(lambda _: Reply(REFUSAL, "text/xml", 403)) as url, pytest.raises(DeniedError) as caught:
        IamSimulator(at(url)).simulate(ROLE, AccessQuestion(actions=("sqs:SendMessage",), resource="*"))
    assert caught.value.denied_action == "iam:SimulatePrincipalPolicy"


@pytest.mark.usefixtures("aws")
def test_metrics_of_the_last_hour() -> None:
    """A series without a point has no number, and not 0."""
    cloudwatch = boto3.client("cloudwatch", REGION)
    now = SystemClock().now() // MINUTE * MINUTE
    for minutes, value in ((5, 2), (12, 3), (90, 100)):
        at = datetime.fromtimestamp((now - minutes * MINUTE) / 1000, UTC)
        point = {"MetricName": "m", "Value": value, "Timestamp": at, "Dimensions": [{"Name": "d", "Value": "x"}]}
        cloudwatch.put_metric_data(Namespace="N", MetricData=[point, {"MetricName": "alone", "Value": 1, "Timestamp": at}])
    metrics = SelftestMetrics(cloudwatch, now)
    assert (metrics.total("N", "m", {"d": "x"}), metrics.most("N", "m", {"d": "x"})) == (5, 3)
    assert (metrics.total("N", "m", {"d": "other"}), metrics.most("N", "none", {})) == (None, None)
    assert (metrics.newest("N", "alone"), metrics.newest("N", "none")) == (now - 5 * MINUTE, None)
    assert metrics.names("N") == {"m", "alone"}


@pytest.mark.usefixtures("aws")
def test_alarms_are_those_of_the_stack() -> None:
    """Another stack's alarms are left out."""
    cloudwatch = boto3.client("cloudwatch", REGION)
    for name in ("s-liveness", "other-liveness"):
        cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace="N", MetricName="m", Period=60, EvaluationPeriods=1, Threshold=1, Statistic="Maximum",
            ComparisonOperator="LessThanThreshold",
        )  # fmt: skip
    assert set(SelftestMetrics(cloudwatch, NOW).alarm_states("s")) == {"liveness"}


@pytest.mark.usefixtures("aws")
def test_the_event_rule_is_found_by_its_stack() -> None:
    """CloudFormation names it, so its name is in no output."""
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "State": "ENABLED",
            "EventPattern": {"source": ["aws.ecs"]},
            "Targets": [{"Id": "q", "Arn": QUEUE}],
        },
    }
    boto3.client("cloudformation", REGION).create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"TaskEvents": rule}}))
    parts = StackParts(lambda service: boto3.client(service, REGION), "s", "s")
    name = parts.rule_name()
    assert parts.rule(name) == (True, 1)
    boto3.client("events", REGION).disable_rule(Name=name)
    assert parts.rule(name) == (False, 1)
