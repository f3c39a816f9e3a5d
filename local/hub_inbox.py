"""A subscriber of the hub's topic: a queue that gets every message about a breach."""

from __future__ import annotations

import json
from typing import Any

from local.organization import EmbeddedOrganization


class HubInbox:
    """The messages about breaches since the inbox was made."""

    def __init__(self, organization: EmbeddedOrganization) -> None:
        hub = organization.hub
        self._sqs = organization.client("sqs", hub)
        self._url = str(self._sqs.create_queue(QueueName="inbox")["QueueUrl"])
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        topic = organization.hub_outputs()["TopicArn"]
        organization.client("sns", hub).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self._messages: list[dict[str, Any]] = []

    def breaches(self) -> list[dict[str, Any]]:
        """Receive new messages, and return those about breaches so far; alarms send to the topic too."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                sent = json.loads(json.loads(message["Body"])["Message"])
                if "detail" in sent:
                    self._messages.append(sent)
        return self._messages
