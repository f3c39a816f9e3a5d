"""Limit events and usage events to EventBridge's default bus.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html; needs `events:PutEvents`, which IAM can fence to a source
(`events:source`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fargatecount.adapters.sessions import aws_errors
from fargatecount.breaches.event import SOURCE
from fargatecount.breaches.notify import Event
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.organization.report import DETAIL_TYPE

BATCH = 10
"""Events in one call, EventBridge's maximum."""


class EventBridgeEvents:
    """Sends events through a botocore client `events`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put(self, events: Sequence[Event]) -> Sequence[Event]:
        """Send events and return those that EventBridge accepted; it answers for each one.

        Raises:
            UnavailableError, DeniedError: EventBridge accepted none, because it did not answer or refused.
        """
        accepted: list[Event] = []
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            try:
                with aws_errors(f"putting {len(batch)} limit events"):
                    answer = self._client.put_events(Entries=[entry(event) for event in batch])
            except (UnavailableError, DeniedError):
                if not accepted:
                    raise
                break
            accepted += [event for event, result in zip(batch, answer["Entries"], strict=True) if "ErrorCode" not in result]
        return accepted


class EventBridgeUsage:
    """Sends usage events through a botocore client `events`; a rule of the deployment forwards them to the hub."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, text: bytes) -> None:
        """Put one event with this detail.

        Raises:
            UnavailableError, DeniedError: EventBridge did not answer, refused, or did not accept it.
        """
        with aws_errors("putting a usage event"):
            answer = self._client.put_events(Entries=[{"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": text.decode()}])
        (result,) = answer["Entries"]
        if "ErrorCode" in result:
            raise UnavailableError(f"putting a usage event: {result['ErrorCode']}: {result.get('ErrorMessage', '')}")


def entry(event: Event) -> dict[str, Any]:
    """Return an event as an entry of PutEvents."""
    return {
        "Source": SOURCE,
        "DetailType": event.detail_type,
        "Time": event.at / 1000,
        "Detail": msgspec.json.encode(event.detail).decode(),
    }
