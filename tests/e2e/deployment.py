"""The deployment under test, as tests drive and read it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.stacks import stack_outputs
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.counts import Counts
from fargatecount.ledger.leases import RECONCILE
from fargatecount.ledger.store import Bucket
from fargatecount.ledger.verify import BucketFinding, verify
from fargatecount.workload import Cluster, Kind, Scope
from local.process import CHECKOUT
from local.stack import Stack
from local.traffic import Life, events
from tests.support.builders import HOUR
from tests.support.deadline import eventually

ACCOUNT = "000000000000"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Deployed:
    """Fargatecount on the embedded AWS."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.region = stack.environment()["AWS_REGION"]
        self.scope = Scope(ACCOUNT, self.region)

    @cached_property
    def outputs(self) -> dict[str, str]:
        """What the deployed stack says of itself."""
        return stack_outputs(self.stack.client, "fargatecount-local")

    @cached_property
    def ledger(self) -> DynamoLedger:
        """The deployment's own table."""
        return DynamoLedger(self.outputs["TableName"], self.region, credentials=CREDENTIALS, endpoint=self.stack.endpoint)

    def cluster(self, name: str) -> Cluster:
        """Return an ECS cluster of the scope."""
        return Cluster(self.scope, Kind.ECS, name)

    def counts(self, name: str) -> Counts:
        """Return what the counters of a cluster add up to."""
        buckets = [Bucket(self.cluster(name), number) for number in range(self.ledger.buckets)]
        return Counts.total(counter.counts for counter in self.ledger.read_counters(buckets))

    def verify(self, *names: str) -> Sequence[BucketFinding]:
        """Recount these clusters."""
        return list(verify(self.ledger, [self.cluster(name) for name in names], SystemClock()))

    def entries(self, life: Life) -> list[dict[str, Any]]:
        """Return the events of a life in this account and Region."""
        return events(life, account=ACCOUNT, region=self.region)

    def eventually_counts(self, name: str, expected: Counts, within: float = 60.0) -> None:
        """Wait until the counters of a cluster say exactly what they must."""
        eventually(lambda: self.counts(name) == expected, f"cluster {name} counts {expected}", within)

    @contextmanager
    def unscheduled(self, function: str = "reconcile") -> Iterator[None]:
        """Keep a function's schedule from waking it, so that a test alone decides when it runs."""
        events, name = self.stack.client("events"), f"fargatecount-local-{function}"
        arn = self.stack.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
        rules = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
        for rule in rules:
            events.disable_rule(Name=rule)
        try:
            yield
        finally:
            for rule in rules:
                events.enable_rule(Name=rule)

    @contextmanager
    def unreconciled(self) -> Iterator[None]:
        """Keep the scheduled reconciler from running: it finds its lease held."""
        leases, now = DynamoLeases(self.ledger.items), SystemClock().now()
        eventually(
            lambda: leases.acquire(self.scope, RECONCILE, "a test", now=now, until=now + HOUR) is None, "the lease is ours", within=60
        )
        try:
            yield
        finally:
            leases.release(self.scope, RECONCILE, "a test")

    def drained(self) -> bool:
        """Return whether the task queue is empty and no message is in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.stack.client("sqs").get_queue_attributes(QueueUrl=self.outputs["TaskQueueUrl"], AttributeNames=names)[
            "Attributes"
        ]
        return all(int(attributes[name]) == 0 for name in names)

    def letters(self, number: int, within: float = 60.0) -> list[dict[str, Any]]:
        """Take so many messages out of the dead-letter queue."""
        sqs = self.stack.client("sqs")
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            answer = sqs.receive_message(QueueUrl=self.outputs["DeadLettersUrl"], MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            for message in answer.get("Messages", ()):
                sqs.delete_message(QueueUrl=self.outputs["DeadLettersUrl"], ReceiptHandle=message["ReceiptHandle"])
                found.append(message)
            return len(found) >= number

        eventually(enough, f"{number} dead letters", within)
        return found

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user does."""
        return subprocess.run(
            [sys.executable, "-m", "fargatecount.cli", *words],
            cwd=CHECKOUT,
            env={"PATH": "/usr/bin:/bin", "FARGATECOUNT_CACHE": str(self.stack.state / "cache"), **self.stack.environment()},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def status(self, *words: str) -> dict[str, Any]:
        """Return what `status --json` answers."""
        answer: dict[str, Any] = json.loads(self.command("status", "--json", *words).stdout)
        return answer
