"""Bootstrap of `fargatecount dead-letters`: the queues of a deployment."""

from __future__ import annotations

from dataclasses import dataclass

from fargatecount.adapters.dynamodb.published import DynamoPublishState
from fargatecount.adapters.sqs.dead_letter_queues import SqsDeadLetterQueue, SqsTaskQueue
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.commands.organization import Hub
from fargatecount.errors import MisconfiguredError
from fargatecount.ingest.dead_letter import DeadLetter, DeadLetterSource
from fargatecount.ingest.replay import DeadLetterQueue, TaskQueue
from fargatecount.organization.envelope import Received, read_event
from fargatecount.workload import Millis


def hub_letters(hub: Hub) -> DeadLetterQueue:
    """Return the queue of usage events that a hub refused or could not process; errors as for `Hub.store`."""
    return SqsDeadLetterQueue(hub.connection.client("sqs"), hub.outputs["HubDeadLettersUrl"], holds_stream_failures=False)


def is_usage_event(letter: DeadLetter) -> bool:
    """Return whether this version takes a letter as a usage event, as the hub does; raises nothing, whatever its body."""
    return isinstance(read_event(letter.body, letter.sent_at), Received)


@dataclass(frozen=True)
class DeadLetterPorts:
    """The queues of one deployment."""

    connection: Connection

    def queues(self, source: DeadLetterSource | None = None) -> list[DeadLetterQueue]:
        """Return the queues that hold dead letters of a source, or all.

        Raises:
            MisconfiguredError: there is no such deployment, or it is too old to name its queues.
            DeniedError, UnavailableError: AWS refused or did not answer.
        """
        sqs = self.connection.client("sqs")
        found: list[DeadLetterQueue] = []
        if source is not DeadLetterSource.STREAM:
            found.append(SqsDeadLetterQueue(sqs, self._url("DEAD_LETTERS_URL"), holds_stream_failures=False))
        if source in {None, DeadLetterSource.STREAM}:
            found.append(SqsDeadLetterQueue(sqs, self._url("PUBLISH_FAILURES_URL"), holds_stream_failures=True))
        return found

    def task_queue(self) -> TaskQueue:
        """Return the queue that dead letters are replayed to; errors as for `queues`."""
        return SqsTaskQueue(self.connection.client("sqs"), self._url("TASK_QUEUE_URL"))

    def published_at(self) -> Millis:
        """Return when counters were last published, 0 for never; errors as for `Connection.ledger`."""
        return DynamoPublishState(self.connection.ledger().items).last(self.connection.scope()).at

    def _url(self, variable: str) -> str:
        url = self.connection.queue_url(variable)
        if not url:
            raise MisconfiguredError(
                f"stack {self.connection.stack} does not name its queue (FARGATECOUNT_{variable})",
                remedy="the stack is an older version: deploy again, or set that variable to the queue's URL",
            )
        return url
