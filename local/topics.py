"""Listens to SNS topics of the embedded AWS through a queue that is subscribed to each, in place of a pager."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from local.stack import Stack


class Message(msgspec.Struct, frozen=True):
    """A CloudWatch alarm that arrived on a topic."""

    topic: str
    alarm: str
    """Its name, without the first part that all alarms of the deployment share."""
    state: str
    at: str
    """When CloudWatch changed the state: ISO 8601."""
    description: str = ""


class Listener:
    """The messages that have arrived on some topics since the listener was created."""

    def __init__(self, stack: Stack, topics: Mapping[str, str], prefix: str) -> None:
        """Listen to `topics`, name to ARN; `prefix` is the part that the names of all alarms begin with."""
        self._stack, self._prefix = stack, prefix
        self._sqs = stack.client("sqs")
        self._queues = {name: self._listen(name, arn) for name, arn in topics.items()}
        self._messages: list[Message] = []

    def _listen(self, name: str, topic: str) -> str:
        url: str = self._sqs.create_queue(QueueName=f"{name}-received")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        self._stack.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return url

    def received(self) -> Sequence[Message]:
        """Receive new messages, and return all so far, in the order of arrival on each topic."""
        for topic, url in self._queues.items():
            while found := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
                for letter in found:
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
                    self._messages.append(self._read(topic, json.loads(json.loads(letter["Body"])["Message"])))
        return self._messages

    def states_of(self, alarm: str) -> list[str]:
        """Return the states of an alarm that the topics have sent, in order."""
        return [message.state for message in self.received() if message.alarm == alarm]

    def _read(self, topic: str, alarm: Mapping[str, Any]) -> Message:
        return Message(
            topic=topic,
            alarm=str(alarm["AlarmName"]).removeprefix(self._prefix),
            state=str(alarm["NewStateValue"]),
            at=str(alarm.get("StateChangeTime", "")),
            description=str(alarm.get("AlarmDescription") or ""),
        )
