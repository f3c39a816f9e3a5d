"""Queues of dead letters, and the task queue that they are replayed to, in SQS.

A receive hides a message for a while and increments its receive count. Neither matters here: these queues have no redrive policy, and
messages that were only listed are made visible again (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.adapters.sqs.text import accepted
from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.ingest.dead_letter import DeadLetter

HIDDEN = 300
"""Seconds for which a received letter is hidden: reading a thousand takes about ten. If the reader is killed, they reappear after it."""
WAIT = 1
"""Seconds that SQS may wait for a letter: with any wait it queries all of its servers, so that an empty answer means an empty queue."""
BATCH = 10
"""Messages in one request, SQS's maximum."""
BATCH_BYTES = 256 * 1024
"""Bytes in one request that every Region accepts (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html)."""


class SqsDeadLetterQueue:
    """One queue of dead letters, through a botocore client `sqs`."""

    def __init__(self, sqs: Any, url: str, *, holds_stream_failures: bool) -> None:
        self._sqs = sqs
        self._url = url
        self.holds_stream_failures = holds_stream_failures

    def receive(self) -> Sequence[DeadLetter]:
        """Return up to ten letters, hidden from all other readers for some minutes."""
        with aws_errors(f"reading queue {self._url}", remedy="you need sqs:ReceiveMessage on it"):
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=HIDDEN,
                WaitTimeSeconds=WAIT,
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
                MessageAttributeNames=["All"],
            )
        return [_letter(message) for message in answer.get("Messages", ())]

    def release(self, letters: Iterable[DeadLetter]) -> None:
        """Make letters visible again at once; if that fails, they become visible by themselves."""
        for batch in _batches([letter.receipt for letter in letters]):
            entries = [{"Id": str(i), "ReceiptHandle": receipt, "VisibilityTimeout": 0} for i, receipt in enumerate(batch)]
            try:
                with aws_errors(f"returning letters to queue {self._url}"):
                    self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
            except FargatecountError:
                return

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        """Delete letters."""
        for batch in _batches([letter.receipt for letter in letters]):
            entries = [{"Id": str(i), "ReceiptHandle": receipt} for i, receipt in enumerate(batch)]
            with aws_errors(f"deleting from queue {self._url}", remedy="you need sqs:DeleteMessage on it"):
                _check_accepted(self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries), self._url)


class SqsTaskQueue:
    """The queue that function task_changed reads, through a botocore client `sqs`."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, bodies: Sequence[str]) -> None:
        """Send messages; raises DeniedError or UnavailableError unless SQS accepted all."""
        for batch in _batches(bodies):
            entries = [{"Id": str(i), "MessageBody": accepted(body)} for i, body in enumerate(batch)]
            with aws_errors(f"sending to queue {self._url}", remedy="you need sqs:SendMessage on it"):
                _check_accepted(self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries), self._url)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode(errors="replace"))
        if batch and (len(batch) == BATCH or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch


def _check_accepted(answer: dict[str, Any], url: str) -> None:
    failed = answer.get("Failed") or ()
    if failed:
        raise UnavailableError(
            f"queue {url} refused {len(failed)} messages: {failed[0].get('Code', '')}: {failed[0].get('Message', '')}",
            remedy="run the command again: nothing is lost, and doing a part twice is harmless",
        )


def _letter(message: dict[str, Any]) -> DeadLetter:
    system = message.get("Attributes", {})
    return DeadLetter(
        id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message.get("Body", ""),
        attributes={name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()},
        sent_at=int(system.get("SentTimestamp", 0)),
        received=int(system.get("ApproximateReceiveCount", 1)),
    )
