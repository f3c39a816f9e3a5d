"""The length of an SQS queue: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html."""

from __future__ import annotations

from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import FargatecountError

WAITING = "ApproximateNumberOfMessages"
IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"
"""Messages that a reader has received and not deleted yet."""


class SqsQueue:
    """One queue, through a botocore client `sqs`."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def depth(self) -> int | None:
        """Return the approximate number of messages; None where SQS does not answer."""
        try:
            with aws_errors(f"reading the length of queue {self._url}"):
                answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=[WAITING, IN_FLIGHT])
        except FargatecountError:
            return None
        attributes = answer.get("Attributes", {})
        return sum(int(attributes[name]) for name in (WAITING, IN_FLIGHT) if name in attributes) if attributes else None
