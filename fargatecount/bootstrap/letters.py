"""The dead letters of a deployment, as a person at the command line reaches them."""

from __future__ import annotations

from dataclasses import dataclass

from fargatecount.adapters.dynamodb.published import DynamoPutLog
from fargatecount.adapters.sqs.dead_letter_queues import SqsLetterbox, SqsTaskQueue
from fargatecount.bootstrap.connection import Connection
from fargatecount.errors import Misconfigured
from fargatecount.ingest.dead_letter import Source
from fargatecount.ingest.replay import Letterbox, TaskQueue
from fargatecount.workload import Millis


@dataclass(frozen=True)
class Letters:
    """The queues of one deployment."""

    connection: Connection

    def boxes(self, source: Source | None = None) -> list[Letterbox]:
        """Return the queues in which letters of a source are, or all.

        Raises:
            Misconfigured: there is no such deployment, or it is too old to name its queues.
            Denied, Unavailable: AWS could not be asked.
        """
        sqs = self.connection.client("sqs")
        found: list[Letterbox] = []
        if source is not Source.STREAM:
            found.append(SqsLetterbox(sqs, self._url("DEAD_LETTERS_URL"), holds_stream_failures=False))
        if source in {None, Source.STREAM}:
            found.append(SqsLetterbox(sqs, self._url("PUBLISH_FAILURES_URL"), holds_stream_failures=True))
        return found

    def task_queue(self) -> TaskQueue:
        """Return the queue that letters go back to; errors as for `boxes`."""
        return SqsTaskQueue(self.connection.client("sqs"), self._url("TASK_QUEUE_URL"))

    def published_at(self) -> Millis:
        """Return when counters were last published, 0 for never; errors as for `Connection.ledger`."""
        return DynamoPutLog(self.connection.ledger().items).last(self.connection.scope()).at

    def _url(self, variable: str) -> str:
        url = self.connection.queue_url(variable)
        if not url:
            raise Misconfigured(
                f"stack {self.connection.stack} does not say where its queue is (FARGATECOUNT_{variable})",
                remedy="it is of an older version: deploy again, or set that variable to the queue's URL",
            )
        return url
