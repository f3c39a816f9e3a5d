"""What a test does in the emulated account: clusters, tasks, services, and a queue that hears the task events."""

from __future__ import annotations

import itertools
import json
from functools import cache
from typing import Any

from local.stack import Stack
from tests.support.deadline import eventually

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}

_numbers = itertools.count()


@cache
def client(stack: Stack, service: str) -> Any:
    """Return a client of the emulated account: making one takes longer than most tests."""
    return stack.client(service)


class Account:
    """One cluster `name` with a task definition of the same family, 256 CPU units and 512 MiB."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.ecs = client(stack, "ecs")
        self.name = f"cluster-{next(_numbers)}"
        self.arn: str = self.ecs.create_cluster(clusterName=self.name)["cluster"]["clusterArn"]
        self.define(self.name)

    def define(self, family: str, **changes: Any) -> str:
        """Register a task definition, and return its ARN."""
        values = {
            "family": family,
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "containerDefinitions": [{"name": "app", "image": "app:1"}],
        }
        arn: str = self.ecs.register_task_definition(**values | changes)["taskDefinition"]["taskDefinitionArn"]
        return arn

    def run(self, **changes: Any) -> list[str]:
        """Start tasks, one on Fargate unless the changes say otherwise, and return their ARNs."""
        values: dict[str, Any] = {"cluster": self.name, "taskDefinition": self.name, "networkConfiguration": NETWORK} | changes
        if "capacityProviderStrategy" not in values:
            values.setdefault("launchType", "FARGATE")
        return [task["taskArn"] for task in self.ecs.run_task(**values)["tasks"]]

    def serve(self, **changes: Any) -> Any:
        """Create the service `web`, two tasks on Fargate unless the changes say otherwise."""
        values: dict[str, Any] = {
            "cluster": self.name,
            "serviceName": "web",
            "taskDefinition": self.name,
            "desiredCount": 2,
            "networkConfiguration": NETWORK,
        } | changes
        if "capacityProviderStrategy" not in values:
            values.setdefault("launchType", "FARGATE")
        return self.ecs.create_service(**values)["service"]

    def stop(self, arn: str) -> Any:
        """Stop a task."""
        return self.ecs.stop_task(cluster=self.name, task=arn)["task"]

    def describe(self, *arns: str) -> list[Any]:
        """Describe tasks of the cluster."""
        tasks: list[Any] = self.ecs.describe_tasks(cluster=self.name, tasks=list(arns))["tasks"]
        return tasks

    def statuses(self, *arns: str) -> set[str]:
        """Return the statuses that these tasks are in."""
        return {task["lastStatus"] for task in self.describe(*arns)}

    def await_status(self, status: str, *arns: str) -> list[Any]:
        """Wait until the tasks are in the status, and describe them."""
        eventually(lambda: self.statuses(*arns) == {status}, f"all of {arns} {status}")
        return self.describe(*arns)

    def listed(self, **filters: Any) -> set[str]:
        """Return the ARNs on all pages of ListTasks."""
        pages = self.ecs.get_paginator("list_tasks").paginate(cluster=self.name, **filters)
        return {arn for page in pages for arn in page["taskArns"]}

    def statistics(self) -> dict[str, str]:
        """Return the statistics of the cluster."""
        cluster = self.ecs.describe_clusters(clusters=[self.name], include=["STATISTICS"])["clusters"][0]
        return {one["name"]: one["value"] for one in cluster["statistics"]}

    def queue(self, name: str, *, sender: str | None = None) -> str:
        """Create an SQS queue to which an AWS service may send, and return its URL."""
        sqs = client(self.stack, "sqs")
        url: str = sqs.create_queue(QueueName=f"{self.name}-{name}")["QueueUrl"]
        if sender:
            statement = {"Effect": "Allow", "Principal": {"Service": sender}, "Action": "sqs:SendMessage", "Resource": self.queue_arn(url)}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url

    def queue_arn(self, url: str) -> str:
        """Return the ARN of an SQS queue."""
        arn: str = client(self.stack, "sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return arn

    def listen(self) -> Ear:
        """Have the task events of the cluster sent to a queue, from now on."""
        return Ear(self)


class Ear:
    """What EventBridge delivered about the tasks of one cluster."""

    def __init__(self, account: Account) -> None:
        self._sqs = client(account.stack, "sqs")
        self._url = account.queue("events", sender="events.amazonaws.com")
        self._heard: list[dict[str, Any]] = []
        events = client(account.stack, "events")
        pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {"clusterArn": [account.arn]}}
        events.put_rule(Name=account.name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=account.name, Targets=[{"Id": "queue", "Arn": account.queue_arn(self._url)}])

    def heard(self) -> list[dict[str, Any]]:
        """Return all events so far, in the order of their arrival."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", []):
            self._heard += [json.loads(message["Body"]) for message in messages]
            entries = [{"Id": message["MessageId"], "ReceiptHandle": message["ReceiptHandle"]} for message in messages]
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        return self._heard

    def await_events(self, count: int) -> list[dict[str, Any]]:
        """Wait until that many events arrived, and return all."""
        eventually(lambda: len(self.heard()) >= count, f"{count} events")
        return self._heard

    def await_status(self, status: str) -> list[dict[str, Any]]:
        """Wait for an event of a task in the status, and return all events so far."""
        eventually(lambda: any(event["detail"]["lastStatus"] == status for event in self.heard()), f"an event {status}")
        return self._heard

    def story(self) -> list[tuple[int, str, str]]:
        """Return version, last status and desired status of each event so far."""
        return [(event["detail"]["version"], event["detail"]["lastStatus"], event["detail"]["desiredStatus"]) for event in self._heard]
