"""Messages that can never be processed, sent to an SQS queue with the reason and the source as message attributes."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fargatecount.adapters.sqs.text import accepted
from fargatecount.errors import UnavailableError
from fargatecount.ingest.batch import Message

HANDLER = "handler"
"""Value of the attribute `source` of a letter that the task handler itself sent."""


class SqsDeadLetters:
    """Sends dead letters through a botocore client `sqs`."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def keep(self, message: Message, reason: str) -> None:
        """Send a message to the dead letters.

        Raises:
            UnavailableError: SQS did not accept it.
        """
        attributes = {"reason": _attribute(reason), "source": _attribute(HANDLER), "message_id": _attribute(message.id)}
        try:
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=accepted(message.body), MessageAttributes=attributes)
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError(f"dead-letter queue {self._queue_url}: {error}") from error


def _attribute(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": accepted(value)}
