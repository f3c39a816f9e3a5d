"""Dead letters as they come: from the handler, from EventBridge, from the stream."""

from __future__ import annotations

import json

from fargatecount.errors import UnavailableError
from fargatecount.ingest.batch import Message
from fargatecount.ingest.dead_letter import DeadLetter
from tests.support.builders import NOW, WEB

EVENT = json.dumps(
    {
        "detail-type": "ECS Task State Change",
        "time": "2026-10-01T12:00:00Z",
        "detail": {
            "clusterArn": WEB.arn,
            "taskArn": WEB.arn.replace(":cluster/", ":task/") + "/t1",
            "lastStatus": "RUNNING",
            "desiredStatus": "RUNNING",
            "launchType": "FARGATE",
            "cpu": "256",
            "memory": "512",
            "version": 2,
        },
    }
)
FAILURE = json.dumps({"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {"batchSize": 37}})
UNREADABLE = {"source": "handler", "reason": "no JSON: it ends early"}
UNDELIVERED = {"RULE_ARN": "arn:rule", "TARGET_ARN": "arn:queue", "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "not allowed"}


def letter(body: str = EVENT, attributes: dict[str, str] | None = None) -> DeadLetter:
    return DeadLetter(id="12345678-1", body=body, attributes=attributes or {}, sent_at=NOW, received=1)


class FakeDeadLetters:
    """The queue of dead letters with a memory, which may be broken."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.kept: list[tuple[str, str]] = []
        """Id of each message, and the reason."""

    @property
    def reasons(self) -> list[str]:
        """The reasons alone."""
        return [reason for _, reason in self.kept]

    def keep(self, message: Message, reason: str) -> None:
        """Keep a message; raises UnavailableError while broken."""
        if self.broken:
            raise UnavailableError(f"no queue for {message.id}")
        self.kept.append((message.id, reason))
