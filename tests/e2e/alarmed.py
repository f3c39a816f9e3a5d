"""A deployment whose alarms are listened to: a quota of 20 vCPU, tasks and pods of 1 vCPU, and a queue behind each topic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.ledger.record import record
from fargatecount.workload import Cluster, Facts, Kind, Observation, Phase, SourceRank
from local.faults import ON_DEMAND, SPOT
from local.stack import Stack
from local.topics import Listener, Message
from tests.e2e.deployment import Deployed
from tests.support.builders import HOUR
from tests.support.deadline import eventually

QUOTA = 20.0
NAMESPACE = "Fargate Stats"
PREFIX = "fargatecount-local-"


class Alarmed(Deployed):
    """Fargatecount on the embedded AWS, with a subscriber of its topics."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        topics = {name: self.outputs[f"{name}TopicArn"] for name in ("Paging", "Quiet")}
        self._listener = Listener(stack, topics, PREFIX)
        self.tasks: list[str] = []

    def allow(self, vcpu: float) -> None:
        """Set both quotas, and let the reconciler read them."""
        self.stack.controls.set(quotas={ON_DEMAND: vcpu, SPOT: vcpu})
        self.reconcile()

    def reconcile(self) -> None:
        """Look at everything now, after a look that is under way."""
        answer = self.command("reconcile", "--yes", "--wait", "60")
        assert answer.returncode in {0, 1}, answer.stderr

    def invoke(self, function: str) -> None:
        """Let a function run once, as its schedule would."""
        answer = self.stack.client("lambda").invoke(FunctionName=f"{PREFIX}{function}", Payload=json.dumps({}).encode())
        assert "FunctionError" not in answer, answer["Payload"].read()

    def cut_off(self, function: str) -> None:
        """Disable every schedule, and end running functions: a function that wants its lease finds it taken."""
        events, functions = self.stack.client("events"), self.stack.client("lambda")
        arn = functions.get_function(FunctionName=f"{PREFIX}{function}")["Configuration"]["FunctionArn"]
        for rule in events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]:
            events.disable_rule(Name=rule)
        for mapping in functions.list_event_source_mappings(FunctionName=f"{PREFIX}{function}")["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        leases, now = DynamoLeases(self.ledger.items), SystemClock().now()
        taken = lambda: leases.acquire(self.scope, function, "a test", now=now, until=now + HOUR) is None  # noqa: E731
        eventually(taken, f"the lease {function} is ours", within=60)

    def create(self, name: str) -> None:
        """Make a cluster and what tasks of it are made from."""
        ecs = self.stack.client("ecs")
        ecs.create_cluster(clusterName=name)
        container = {"name": "app", "image": "shop", "essential": True}
        ecs.register_task_definition(
            family="one-vcpu",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="1024",
            memory="2048",
            containerDefinitions=[container],
        )

    def run(self, name: str, number: int) -> None:
        """Start so many tasks."""
        network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
        for start in range(0, number, 10):
            answer = self.stack.client("ecs").run_task(
                cluster=name,
                taskDefinition="one-vcpu",
                count=min(10, number - start),
                launchType="FARGATE",
                networkConfiguration=network,
            )
            assert not answer["failures"]
            self.tasks += [task["taskArn"] for task in answer["tasks"]]

    def stop(self, number: int) -> None:
        """Stop so many of the tasks."""
        for arn in self.tasks[:number]:
            self.stack.client("ecs").stop_task(cluster=arn.split("/")[1], task=arn)
        del self.tasks[:number]

    def pods(self, number: int, *, phase: Phase = Phase.RUNNING, version: int = 1) -> None:
        """Let a watcher record so many pods of an EKS cluster."""
        cluster = Cluster(self.scope, Kind.EKS, "pods")
        facts = Facts(cpu=1024, memory=2048)
        now = SystemClock().now()
        seen = [
            Observation(
                cluster=cluster, workload_id=f"pod-{i}", version=version, source=SourceRank.API, phase=phase, observed_at=now, facts=facts
            )
            for i in range(number)
        ]
        assert not record(seen, self.ledger, SystemClock()).unfinished

    def state(self, alarm: str) -> str:
        """Return the state of an alarm."""
        answer: dict[str, list[dict[str, Any]]] = self.stack.client("cloudwatch").describe_alarms(
            AlarmNames=[PREFIX + alarm], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        (found,) = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        return str(found["StateValue"])

    def eventually_in(self, alarm: str, state: str, within: float) -> None:
        """Wait until an alarm is in a state."""
        eventually(lambda: self.state(alarm) == state, f"alarm {alarm} is in {state}", within)

    def hear(self) -> Sequence[Message]:
        """Take what has arrived on the topics, and return all that ever has."""
        return self._listener.received()

    def heard(self, alarm: str) -> list[str]:
        """Return the states of an alarm that its topics have delivered, in order."""
        return self._listener.states_of(alarm)

    def points(self, metric: str, **dimensions: str) -> list[float]:
        """Return the values of a metric in the last ten minutes, oldest first."""
        now = datetime.fromtimestamp(SystemClock().now() / 1000, UTC)
        answer: dict[str, Any] = self.stack.client("cloudwatch").get_metric_data(
            MetricDataQueries=[
                {
                    "Id": "m",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": NAMESPACE,
                            "MetricName": metric,
                            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                        },
                        "Period": 1,
                        "Stat": "Maximum",
                    },
                }
            ],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(seconds=5),
            ScanBy="TimestampAscending",
        )
        values: list[float] = answer["MetricDataResults"][0]["Values"]
        return values
