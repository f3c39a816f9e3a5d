"""CloudFormation resources of the emulator: what a template says is what there is."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.stack import Stack
from tests.local.account import client
from tests.support.deadline import eventually

_numbers = itertools.count()

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": "true"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
        "DeletionProtectionEnabled": "false",
    },
}
FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/any",
        "Code": {"ZipFile": "def handler(event, context): return None"},
        "ReservedConcurrentExecutions": 3,
    },
}
METRIC = {"Metric": {"Namespace": "stack", "MetricName": "running"}, "Period": "10", "Stat": "Maximum"}
MATH_ALARM = {
    "Type": "AWS::CloudWatch::Alarm",
    "Properties": {
        "EvaluationPeriods": 1,
        "Threshold": 80,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "Metrics": [
            {"Id": "m", "MetricStat": METRIC, "ReturnData": "false"},
            {"Id": "e", "Expression": "100*m/10", "ReturnData": "true"},
        ],
    },
}
COMPOSITE = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": {"Fn::Sub": 'ALARM("${Math}")'}}}


class Deployment:
    """One stack of CloudFormation."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.name = f"stack-{next(_numbers)}"
        self._cloudformation = client(stack, "cloudformation")

    def create(self, **resources: Any) -> None:
        """Create it with these resources."""
        self._cloudformation.create_stack(StackName=self.name, TemplateBody=json.dumps({"Resources": resources}))
        self._until("CREATE_COMPLETE")

    def update(self, **resources: Any) -> None:
        """Change it to these resources."""
        self._cloudformation.update_stack(StackName=self.name, TemplateBody=json.dumps({"Resources": resources}))
        self._until("UPDATE_COMPLETE")

    def delete(self) -> None:
        """Delete it."""
        self._cloudformation.delete_stack(StackName=self.name)

    def physical(self, logical_id: str) -> str:
        """Return the name that a resource got."""
        found = self._cloudformation.describe_stack_resource(StackName=self.name, LogicalResourceId=logical_id)
        name: str = found["StackResourceDetail"]["PhysicalResourceId"]
        return name

    def _until(self, status: str) -> None:
        def state() -> str:
            answer: str = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]
            return answer

        eventually(lambda: not state().endswith("IN_PROGRESS"), "the stack done")
        assert state() == status


@pytest.fixture
def deployment(stack: Stack) -> Iterator[Deployment]:
    """Return a stack that is gone after the test."""
    one = Deployment(stack)
    yield one
    one.delete()


def changed(resource: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """Return the resource with other properties."""
    return {**resource, "Properties": {**resource["Properties"], **properties}}


def test_a_table_has_its_time_to_live(deployment: Deployment) -> None:
    """TimeToLiveSpecification is in force."""
    deployment.create(Table=TABLE)
    answer = client(deployment.stack, "dynamodb").describe_time_to_live(TableName=deployment.physical("Table"))
    assert answer["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_a_table_can_be_recovered(deployment: Deployment) -> None:
    """PointInTimeRecoverySpecification is in force."""
    deployment.create(Table=TABLE)
    answer = client(deployment.stack, "dynamodb").describe_continuous_backups(TableName=deployment.physical("Table"))
    assert answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_table_is_encrypted_as_asked(deployment: Deployment) -> None:
    """SSESpecification is in force."""
    deployment.create(Table=TABLE)
    table = client(deployment.stack, "dynamodb").describe_table(TableName=deployment.physical("Table"))["Table"]
    assert table["SSEDescription"]["Status"] == "ENABLED"


def test_a_table_is_protected_only_when_asked(deployment: Deployment) -> None:
    """A deletion protection of "false", as text, is none."""
    deployment.create(Table=TABLE)
    table = client(deployment.stack, "dynamodb").describe_table(TableName=deployment.physical("Table"))["Table"]
    assert table["DeletionProtectionEnabled"] is False


def test_an_update_reaches_the_table(deployment: Deployment) -> None:
    """What the template changes is changed in the table that is there."""
    deployment.create(Table=TABLE)
    deployment.update(Table=changed(TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}))
    answer = client(deployment.stack, "dynamodb").describe_continuous_backups(TableName=deployment.physical("Table"))
    assert answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"


def test_a_function_has_its_reserved_concurrency(deployment: Deployment) -> None:
    """ReservedConcurrentExecutions is in force."""
    deployment.create(Function=FUNCTION)
    answer = client(deployment.stack, "lambda").get_function_concurrency(FunctionName=deployment.physical("Function"))
    assert answer["ReservedConcurrentExecutions"] == 3


def test_an_alarm_on_metric_math_works(deployment: Deployment) -> None:
    """An alarm with Metrics is raised by its metric."""
    deployment.create(Math=MATH_ALARM)
    cloudwatch = client(deployment.stack, "cloudwatch")
    cloudwatch.put_metric_data(Namespace="stack", MetricData=[{"MetricName": "running", "Value": 9}])
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[deployment.physical("Math")])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"


def test_a_composite_alarm_works(deployment: Deployment) -> None:
    """A composite alarm follows the alarms in its rule."""
    deployment.create(Math=MATH_ALARM, Both=COMPOSITE)
    cloudwatch = client(deployment.stack, "cloudwatch")
    cloudwatch.put_metric_data(Namespace="stack", MetricData=[{"MetricName": "running", "Value": 9}])
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[deployment.physical("Both")], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert alarm["StateValue"] == "ALARM"


def test_a_composite_alarm_goes_with_its_stack(deployment: Deployment) -> None:
    """Deleting the stack deletes the composite alarm."""
    deployment.create(Math=MATH_ALARM, Both=COMPOSITE)
    name = deployment.physical("Both")
    deployment.delete()
    cloudwatch = client(deployment.stack, "cloudwatch")
    eventually(
        lambda: not cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"], "the alarm gone"
    )
