"""Limit events on the deployed stack: what a real breach sends to the bus and a chat, and what `fargatecount alarm-test` tries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.faults import ON_DEMAND, SPOT
from local.stack import Stack
from local.topics import Listener
from tests.e2e.deployment import Deployed
from tests.support.deadline import eventually
from tests.support.fargate_tasks import start

WITHIN = 60.0
"""Seconds for what takes a few on a machine that has nothing else to do."""
ALARM = "fargatecount-local-critical-spot"
"""Of Spot, which the true breach of the other test leaves alone."""


CRITICAL = "fargatecount-local-critical-on-demand"


class Ear:
    """A queue behind a rule for limit events, and another behind the topic of the chat."""

    def __init__(self, deployed: Deployed) -> None:
        self._sqs = deployed.stack.client("sqs")
        self._events = deployed.stack.client("events")
        self._bus, bus = self._queue("limit-events", "events.amazonaws.com")
        self._chat, chat = self._queue("chat", "sns.amazonaws.com")
        self._events.put_rule(Name="limit-events", EventPattern=json.dumps({"source": ["fargatecount"]}))
        self._events.put_targets(Rule="limit-events", Targets=[{"Id": "queue", "Arn": bus}])
        topic = deployed.outputs["ChatTopicArn"]
        self._sns = deployed.stack.client("sns")
        self._subscription = self._sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=chat, ReturnSubscriptionArn=True)[
            "SubscriptionArn"
        ]
        self._heard: dict[str, list[Any]] = {self._bus: [], self._chat: []}

    def _queue(self, name: str, sender: str) -> tuple[str, str]:
        url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {"Effect": "Allow", "Principal": {"Service": sender}, "Action": "sqs:SendMessage", "Resource": arn}
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
        return url, arn

    def _hear(self, url: str) -> list[Any]:
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                self._heard[url].append(json.loads(message["Body"]))
        return self._heard[url]

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every limit event so far."""
        return self._hear(self._bus)

    @property
    def told(self) -> list[tuple[str, str]]:
        """The end and the level of every true breach of the on-demand quota."""
        mine = [event for event in self.events if event["detail"].get("capacity") == "on-demand" and not event["detail"]["test"]]
        return sorted((event["detail-type"].rpartition(" ")[2], event["detail"]["level"]) for event in mine)

    @property
    def summaries(self) -> list[dict[str, Any]]:
        """The detail of every summary of a mute."""
        return [event["detail"] for event in self.events if event["detail-type"] == "Fargate Mute Ended"]

    @property
    def trials(self) -> list[dict[str, Any]]:
        """Every event so far that is marked as a test; the others are of the breaches of other tests."""
        return [event for event in self.events if event["detail"]["test"]]

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """Every message of the chat's topic so far."""
        return [json.loads(letter["Message"]) for letter in self._hear(self._chat)]

    def close(self) -> None:
        """Leave nothing behind for the other tests of the stack."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._events.remove_targets(Rule="limit-events", Ids=["queue"])
        self._events.delete_rule(Name="limit-events")
        for url in self._heard:
            self._sqs.delete_queue(QueueUrl=url)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Return a deployment of these tests' own: who grew most, and which limits are crossed, is theirs alone."""
    with Stack(tmp_path_factory.mktemp("aws")) as stack:
        stack.controls.set(
            launch_quotas={"Fargate On-Demand Burst Launch Rate": 100.0, "Fargate On-Demand Sustained Launch Rate": SUSTAINED}
        )
        stack.deploy()
        yield Deployed(stack)


@pytest.fixture
def ear(deployed: Deployed) -> Iterator[Ear]:
    """Return a subscriber of the bus and the chat."""
    found = Ear(deployed)
    yield found
    found.close()


SUSTAINED = 0.05
"""Launches a second: four within a minute are more than the three that it allows. Of Spot there is no launch quota."""
PLENTY = 10_000.0
"""vCPU: nothing here comes near it. Spot always has as much: its crossings are another story."""


def allow(deployed: Deployed, vcpu: float) -> None:
    """Set the on-demand quota, let the reconciler read it, and the publisher look."""
    deployed.stack.controls.set(quotas={ON_DEMAND: vcpu, SPOT: PLENTY})
    look(deployed)


def look(deployed: Deployed) -> None:
    """Let the reconciler read the quotas, and the publisher look."""
    assert deployed.command("reconcile", "--yes", "--wait", "60").returncode in {0, 1}
    deployed.stack.client("lambda").invoke(FunctionName="fargatecount-local-publish", InvocationType="Event", Payload=b"{}")


def used(deployed: Deployed) -> float:
    (quota,) = (quota for scope in deployed.status()["scopes"] for quota in scope["quotas"] if quota["capacity"] == "on-demand")
    return float(quota["used"])


def test_a_breach_is_told_once_when_it_begins_and_once_when_it_has_ended(deployed: Deployed, ear: Ear) -> None:
    """The bus gets it with the services that grew, the chat as a custom notification; an increase that AWS grants ends it."""
    allow(deployed, PLENTY)
    start(deployed.stack, ["limited"], 4)
    eventually(lambda: deployed.counts("limited").held.count == 4, "the tasks are counted", WITHIN)
    allow(deployed, used(deployed))
    eventually(lambda: len(ear.told) == 2, "both levels are crossed", WITHIN)
    (critical,) = (event["detail"] for event in ear.events if event["detail"]["level"] == "critical")
    assert critical["percent"] == 100
    assert critical["remaining"] == 0
    assert {each["cluster"] for each in critical["grew"]} >= {"ECS-limited"}
    remedy = next(step for step in critical["what_to_do"] if "fargatecount quota request" in step)
    asked = remedy.partition("fargatecount ")[2].partition(",")[0].replace("VCPU", str(critical["value"] * 5)).split()
    assert deployed.command(*asked, "--yes").returncode == 0
    granted = deployed.command("quota", "history", "--json")
    assert [each["state"] for each in json.loads(granted.stdout)["quotas"][0]["requests"]] == ["APPROVED"]
    look(deployed)
    eventually(lambda: len(ear.told) == 4, "both are cleared", WITHIN)
    assert ear.told == [("Cleared", "critical"), ("Cleared", "warning"), ("Crossed", "critical"), ("Crossed", "warning")]
    eventually(lambda: len(ear.notifications) == 4, "the chat has heard of all", WITHIN)
    for notification in ear.notifications:
        assert (notification["version"], notification["source"], notification["content"]["textType"]) == (
            "1.0",
            "custom",
            "client-markdown",
        )
    threads = [notification["metadata"]["threadId"] for notification in ear.notifications]
    assert sorted(threads) == sorted([event["detail"]["breach"] for event in ear.events])


def test_launches_beyond_the_launch_quota_raise_an_alarm(deployed: Deployed) -> None:
    """Status shows the rate beside the quota, and which quota is not known; AWS delays such launches, so this is no page."""
    start(deployed.stack, ["launched"], 4)
    eventually(lambda: deployed.counts("launched").held.count == 4, "the tasks are counted", WITHIN)
    on_demand, spot = deployed.status()["scopes"][0]["launched"]
    assert (on_demand["burst"], on_demand["sustained"], on_demand["busiest_minute"] >= 4) == (100, SUSTAINED, True)
    assert (on_demand["percent"] > 100, on_demand["reason"]) == (True, None)
    assert (spot["percent"], "no such quota" in spot["reason"]) == (None, True)
    eventually(lambda: state(deployed, "fargatecount-local-launch-rate") == "ALARM", "the alarm is in ALARM", 2 * WITHIN)


def test_a_mute_holds_alarms_and_events_and_ends_with_one_message(deployed: Deployed, ear: Ear) -> None:
    """The alarm goes to ALARM unheard; at the end one summary names what was held, and what is still open rings."""
    listener = Listener(deployed.stack, {"Muted": deployed.outputs["PagingTopicArn"]}, "fargatecount-local-")
    allow(deployed, PLENTY)
    eventually(lambda: state(deployed, CRITICAL) == "OK", "nothing is open from before", WITHIN)
    start(deployed.stack, ["muted"], 2)
    eventually(lambda: deployed.counts("muted").held.count == 2, "the tasks are counted", WITHIN)
    begun = deployed.command("mute", "--until", "1h", "--reason", "load test", "--yes", "--json")
    assert begun.returncode == 0, begun.stderr
    assert ("warning" in begun.stderr, json.loads(begun.stdout)["mutes"][0]["cloudwatch"]) == (False, True)
    allow(deployed, used(deployed))
    eventually(lambda: held(deployed) == [2], "both levels are held back", WITHIN)
    eventually(lambda: state(deployed, CRITICAL) == "ALARM", "the alarm is in ALARM", WITHIN)
    assert (ear.told, "ALARM" in listener.states_of("critical-on-demand")) == ([], False)
    assert "Muted until" in deployed.command("status").stdout
    assert deployed.command("mute", "end", "--all").returncode == 0
    eventually(lambda: "ALARM" in listener.states_of("critical-on-demand"), "CloudWatch reports what is still open", WITHIN)
    look(deployed)
    eventually(lambda: [each["held_count"] for each in ear.summaries] == [2], "one message sums it up", WITHIN)
    eventually(lambda: ear.told == [("Crossed", "critical"), ("Crossed", "warning")], "what is open is reported", WITHIN)
    eventually(lambda: "Mute ended" in json.dumps(ear.notifications), "the chat has heard of it", WITHIN)
    allow(deployed, PLENTY)
    eventually(lambda: len(ear.told) == 4, "both are cleared", WITHIN)


def held(deployed: Deployed) -> list[int]:
    """Return how many messages each active mute holds back."""
    return [each["held"] for each in json.loads(deployed.command("mute", "list", "--json").stdout)["mutes"]]


def state(deployed: Deployed, name: str = ALARM) -> str:
    (alarm,) = deployed.stack.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


def test_a_trial_reaches_the_topic_and_the_bus_and_leaves_nothing_behind(deployed: Deployed, ear: Ear) -> None:
    """The alarm's own action is done and seen, both test events arrive, and the alarm is as it was."""
    listener = Listener(deployed.stack, {"Trial": deployed.outputs["PagingTopicArn"]}, "fargatecount-local-")
    before = state(deployed)
    answer = deployed.command("alarm-test", "--capacity", "spot", "--yes", "--json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    steps = json.loads(answer.stdout)["steps"]
    assert {step["passed"] for step in steps} == {True}
    assert len(steps) == 6
    eventually(lambda: listener.states_of("critical-spot")[:1] == ["ALARM"], "the message has arrived", WITHIN)
    eventually(lambda: len(ear.trials) == 2, "both events have arrived", WITHIN)
    assert state(deployed) in {before, "OK"}
