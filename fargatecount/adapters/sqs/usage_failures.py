"""Usage events that the hub did not take: how many there are, and EventBridge's reason for one of them.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html has the message attributes.
"""

from __future__ import annotations

from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.adapters.sqs.queue import SqsQueue
from fargatecount.errors import FargatecountError


def undelivered(client: Any, url: str) -> tuple[int | None, str, str]:
    """Return the number of events (None if it cannot be read), and the error code and message of one (empty if none can be read).

    The message is read without hiding it, and is not deleted: SQS deletes it after ten minutes.
    """
    depth = SqsQueue(client, url).depth()
    if not depth:
        return depth, "", ""
    try:
        with aws_errors("reading an undelivered usage event"):
            answer = client.receive_message(QueueUrl=url, MessageAttributeNames=["All"], VisibilityTimeout=0)
    except FargatecountError:
        return depth, "", ""
    for message in answer.get("Messages", []):
        attributes = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
        return depth, attributes.get("ERROR_CODE", ""), attributes.get("ERROR_MESSAGE", "")
    return depth, "", ""
