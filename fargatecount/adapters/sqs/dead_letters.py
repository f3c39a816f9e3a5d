"""Dead letters in an SQS queue, each with its reason and its source as message attributes."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fargatecount.errors import UnavailableError
from fargatecount.ingest.batch import Message

HANDLER = "handler"
"""Value of the attribute `source` of a letter that the task handler itself put here."""


class SqsDeadLetters:
    """Keeps what could not be understood."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def keep(self, message: Message, reason: str) -> None:
        """Send the message on.

        Raises:
            UnavailableError: SQS did not take it.
        """
        attributes = {"reason": _text(reason), "source": _text(HANDLER), "message_id": _text(message.id)}
        try:
            # An empty body is no valid message, and its being empty is the reason that the attribute already tells.
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=message.body or "(empty)", MessageAttributes=attributes)
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError(f"dead-letter queue {self._queue_url}: {error}") from error


def _text(value: str) -> dict[str, str]:
    # SQS takes these characters only: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    allowed = "".join(c for c in value if c in "\t\n\r" or 0x20 <= ord(c) <= 0xD7FF or 0xE000 <= ord(c) <= 0xFFFD or ord(c) >= 0x10000)  # noqa: PLR2004
    return {"DataType": "String", "StringValue": allowed or "?"}
