"""A deployment for tests of whole programs: its table, queue and bucket in moto, and the fake ECS beside them.

moto keeps to this process, so what is tested runs in it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.sqs.models import sqs_backends

from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.s3.reports import S3Reports
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.ledger.leases import RECONCILE
from fargatecount.ledger.record import record
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, bucket_of
from fargatecount.workload import Cluster, Observation, Phase, WorkloadKey
from tests.support.aws_server import Quotas, serving
from tests.support.builders import MINUTE, SCOPE, WEB
from tests.support.fake_ecs import FakeEcs
from tests.support.fakes import FakeClock
from tests.support.tables import create_table

STAGE = "test"
STACK = f"fargatecount-{STAGE}"


class Deployed:
    """One account with a deployment in it, as its people and functions find it."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        # Times that the account's tasks have are real ones, because the programs look at the real clock.
        self.ecs = FakeEcs(FakeClock(self.clock.now()))
        self.quotas = Quotas()
        self._dynamodb = boto3.client("dynamodb", SCOPE.region)
        s3 = boto3.client("s3", SCOPE.region)
        s3.create_bucket(Bucket="reports-of-a-test", CreateBucketConfiguration={"LocationConstraint": SCOPE.region})
        sqs = boto3.client("sqs", SCOPE.region)
        self.outputs = {
            "TableName": create_table(self._dynamodb),
            "TaskQueueUrl": sqs.create_queue(QueueName="tasks")["QueueUrl"],
            "DeadLettersUrl": sqs.create_queue(QueueName="dead-letters")["QueueUrl"],
            "PublishFailuresUrl": sqs.create_queue(QueueName="publish-failures")["QueueUrl"],
            "ReportsBucket": "reports-of-a-test",
        }
        self.ledger = DynamoLedger(self.outputs["TableName"], SCOPE.region, buckets=2)

    @property
    def environment(self) -> dict[str, str]:
        """The environment that serverless.yml gives the functions."""
        return {
            "FARGATECOUNT_TABLE": self.outputs["TableName"],
            "FARGATECOUNT_DEAD_LETTERS_URL": self.outputs["DeadLettersUrl"],
            "FARGATECOUNT_REPORTS_BUCKET": self.outputs["ReportsBucket"],
            "FARGATECOUNT_BUCKETS": "2",
        }

    @cached_property
    def reports(self) -> S3Reports:
        """The bucket with the reports."""
        return S3Reports(boto3.client("s3", SCOPE.region), self.outputs["ReportsBucket"])

    def create_stack(self, name: str = STACK, **more: str) -> None:
        """Make a stack whose outputs name all this; moto takes seconds to load what it takes."""
        template = {
            "Resources": {"Some": {"Type": "AWS::SQS::Queue"}},
            "Outputs": {name: {"Value": value} for name, value in (self.outputs | more).items()},
        }
        boto3.client("cloudformation", SCOPE.region).create_stack(StackName=name, TemplateBody=json.dumps(template))

    def dead_letters(self) -> list[dict[str, Any]]:
        """Return what is in the dead-letter queue."""
        sqs = boto3.client("sqs", SCOPE.region)
        found: list[dict[str, Any]] = []
        while answer := sqs.receive_message(
            QueueUrl=self.outputs["DeadLettersUrl"], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            found += answer
        return found

    def deliver(self, *events: Observation) -> None:
        """Let events arrive."""
        assert not record(events, self.ledger, self.clock).unfinished

    def rows(self, cluster: Cluster = WEB) -> dict[str, Row]:
        """Return the rows of a cluster."""
        return {i: row for number in range(self.ledger.buckets) for i, row in self.ledger.rows_of(Bucket(cluster, number))}

    def living(self, cluster: Cluster = WEB) -> dict[str, Phase]:
        """Return the phases of all that is not gone."""
        return {i: row.phase for i, row in self.rows(cluster).items() if row.phase is not Phase.GONE}

    def spoil_counter(self, cluster: Cluster = WEB, by: int = 1) -> None:
        """Make the counter of a cluster's first bucket wrong, as no code under test can."""
        self._add(cluster, "running_on_demand_count", by)
        self.touch_counter(cluster)

    def spoil_row(self, workload_id: str, *, phase: str, cluster: Cluster = WEB) -> None:
        """Write a phase into a row that no code under test writes."""
        number = bucket_of(WorkloadKey(cluster, workload_id), self.ledger.buckets).number
        self._dynamodb.update_item(
            TableName=self.outputs["TableName"],
            Key={"pk": {"S": f"C#{SCOPE.account}#{SCOPE.region}#{cluster.key}#{number}"}, "sk": {"S": f"W#{workload_id}"}},
            UpdateExpression="SET phase = :phase",
            ExpressionAttributeValues={":phase": {"S": phase}},
        )

    def touch_counter(self, cluster: Cluster = WEB) -> None:
        """Do to the counter of a cluster's first bucket what every transaction does: move its `seq`."""
        self._add(cluster, "seq", 1)

    def answer_empty_queues_at_once(self) -> None:
        """Let the queues of moto not wait for a message: it knows at once that there is none."""
        backend = sqs_backends[SCOPE.account][SCOPE.region]
        receive = backend.receive_message

        def at_once(queue: str, count: int, _wait: float, *rest: Any) -> Any:
            return receive(queue, count, 0, *rest)

        backend.receive_message = at_once

    def write_after_every_query(self, cluster: Cluster = WEB) -> None:
        """Move the counter of a cluster's first bucket, as another writer does, after every read of rows; for the rest of the test."""
        backend = dynamodb_backends[SCOPE.account][SCOPE.region]
        query = backend.query

        def disturbed(*arguments: Any, **options: Any) -> Any:
            found = query(*arguments, **options)
            self.touch_counter(cluster)
            return found

        backend.query = disturbed

    def _add(self, cluster: Cluster, attribute: str, by: int) -> None:
        self._dynamodb.update_item(
            TableName=self.outputs["TableName"],
            Key={"pk": {"S": f"C#{SCOPE.account}#{SCOPE.region}#{cluster.key}#0"}, "sk": {"S": "COUNTER"}},
            UpdateExpression="ADD #a :by SET #f = if_not_exists(#f, :format)",
            ExpressionAttributeNames={"#a": attribute, "#f": "format"},
            ExpressionAttributeValues={":by": {"N": str(by)}, ":format": {"N": "1"}},
        )

    def someone_reconciles(self) -> None:
        """Hold the reconciler's lease for a minute."""
        now = self.clock.now()
        assert DynamoLeases(self.ledger.items).acquire(SCOPE, RECONCILE, "somebody else", now=now, until=now + MINUTE) is None


@contextmanager
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """Yield a fresh deployment, with the environment of a user who may use it."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": SCOPE.region,
        "AWS_DEFAULT_REGION": SCOPE.region,
        "FARGATECOUNT_STAGE": STAGE,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "FARGATECOUNT_TABLE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        here = Deployed()
        here.answer_empty_queues_at_once()
        with serving(here.ecs, here.quotas) as url:
            for service in ("ECS", "SERVICE_QUOTAS"):
                monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
            yield here
