"""Messages to an SNS topic, each in the form that its subscribers read.

E-mail gets plain text. An HTTPS endpoint gets a custom notification
(https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html), which AWS's chat integration shows in Slack and Microsoft Teams.
Queues and functions get the limit event itself. One publish carries all three
(https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html).
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from fargatecount.adapters.sessions import aws_errors
from fargatecount.organization.message import BreachMessage

LONGEST_SUBJECT = 99
"""Characters: less than 100 (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html)."""


class SnsTopic:
    """A topic, through a botocore client `sns`; needs `sns:Publish` on it."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, message: BreachMessage) -> None:
        """Send a message; raises UnavailableError or DeniedError if SNS did not accept it."""
        with aws_errors(f"publishing to {self._arn}"):
            self._client.publish(
                TopicArn=self._arn, Subject=message.subject, MessageStructure="json", Message=json.dumps(forms_of(message))
            )

    def send(self, subject: str, text: str) -> None:
        """Send a text of at most 256 KiB to the readers of the topic; raises as `publish`."""
        with aws_errors(f"publishing to {self._arn}"):
            self._client.publish(TopicArn=self._arn, Subject=subject[:LONGEST_SUBJECT], Message=text)


def forms_of(message: BreachMessage) -> dict[str, str]:
    """Return the message by protocol."""
    event = json.dumps({"detail-type": f"Fargate Limit {message.kind}", "account-name": message.account_name, "detail": _plain(message)})
    notification = json.dumps(
        {
            "version": "1.0",
            "source": "custom",
            "id": f"{message.detail.breach}/{message.kind}/{message.detail.level}",
            "content": msgspec.to_builtins(message.detail.chat),
            "metadata": {"threadId": message.detail.breach, "eventType": f"Fargate Limit {message.kind}", "summary": message.subject},
        }
    )
    return {"default": event, "email": message.text, "https": notification, "sqs": event, "lambda": event}


def _plain(message: BreachMessage) -> Any:
    return msgspec.to_builtins(message.detail)
