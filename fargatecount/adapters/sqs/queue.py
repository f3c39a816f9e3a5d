"""How long an SQS queue is: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html."""

from __future__ import annotations

from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import FargatecountError

WAITING = "ApproximateNumberOfMessages"
IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"
"""Those that somebody is looking at, and that come back."""


class SqsQueue:
    """One queue, through a botocore client `sqs`."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def depth(self) -> int | None:
        """Return about how many messages are in it; None where SQS does not say."""
        try:
            with aws_errors(f"reading the length of queue {self._url}"):
                answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=[WAITING, IN_FLIGHT])
        except FargatecountError:
            return None
        attributes = answer.get("Attributes", {})
        return sum(int(attributes[name]) for name in (WAITING, IN_FLIGHT) if name in attributes) if attributes else None
