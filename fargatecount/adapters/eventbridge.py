"""Limit events to EventBridge's default bus.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html; needs `events:PutEvents`, which IAM can fence to a source
(`events:source`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fargatecount.adapters.sessions import aws_errors
from fargatecount.breaches.event import SOURCE, LimitEvent
from fargatecount.errors import DeniedError, UnavailableError

BATCH = 10
"""Events in one call, the most that EventBridge takes."""


class EventBridgeEvents:
    """Puts through a botocore client `events`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put(self, events: Sequence[LimitEvent]) -> Sequence[LimitEvent]:
        """Put them, and return those that EventBridge took: it answers for each.

        Raises:
            UnavailableError, DeniedError: EventBridge took none at all, because it did not answer or refused.
        """
        taken: list[LimitEvent] = []
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            try:
                with aws_errors(f"putting {len(batch)} limit events"):
                    answer = self._client.put_events(Entries=[entry(event) for event in batch])
            except (UnavailableError, DeniedError):
                if not taken:
                    raise
                break
            taken += [event for event, said in zip(batch, answer["Entries"], strict=True) if "ErrorCode" not in said]
        return taken


def entry(event: LimitEvent) -> dict[str, Any]:
    """Return an event as PutEvents takes it."""
    return {
        "Source": SOURCE,
        "DetailType": event.detail_type,
        "Time": event.at / 1000,
        "Detail": msgspec.json.encode(event.detail).decode(),
    }
