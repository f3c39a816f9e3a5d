"""The wire between an adapter and DynamoDB, on which a test decides what goes wrong.

It uses botocore's own events, below PynamoDB and above the network: the adapter meets the exceptions and payloads that AWS causes, and
botocore's retries, which sleep, never see them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from fargatecount.adapters.dynamodb.connection import Items

ENDPOINT = "https://dynamodb.eu-west-1.amazonaws.com"


class Refused(msgspec.Struct, frozen=True):
    """DynamoDB answers with an error and does nothing."""

    code: str
    reasons: tuple[str, ...] = ()
    """Why a transaction was canceled, one per item; `None` for the items that did not cause it."""


class NoConnection(msgspec.Struct, frozen=True):
    """The request never arrives."""


class TimedOut(msgspec.Struct, frozen=True):
    """DynamoDB does nothing, and the client waits for an answer until its read timeout."""


class ConnectionClosed(msgspec.Struct, frozen=True):
    """The server closes the connection before it has done anything."""


class AnswerLost(msgspec.Struct, frozen=True):
    """DynamoDB carries out the request, and the answer is lost."""

    error: BaseException | None = None
    """What the caller gets instead of an answer; by default a read timeout."""


class Unprocessed(msgspec.Struct, frozen=True):
    """A batch read leaves out all keys but the first few."""

    processed: int


Trouble: TypeAlias = Refused | NoConnection | TimedOut | ConnectionClosed | AnswerLost | Unprocessed | None

CONFLICT = Refused("TransactionCanceledException", ("None", "TransactionConflict"))
"""As DynamoDB words it for a row and its counter, of which the counter is in another transaction."""
THROTTLED = Refused("ThrottlingException")


def no_trouble(operation: str) -> Trouble:
    """Let every call pass."""
    assert operation
    return None


class Wire:
    """Calls `trouble` with the operation before every request over the connection of `items`."""

    def __init__(self, items: Items, trouble: Callable[[str], Trouble] = no_trouble) -> None:
        self.trouble = trouble
        events = items.connection.connection.client.meta.events
        events.register_first("before-call.dynamodb", self._before)
        events.register_last("after-call.dynamodb", self._after)

    def _before(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        trouble = self.trouble(model.name)
        context["trouble"] = trouble
        if isinstance(trouble, NoConnection):
            raise EndpointConnectionError(endpoint_url=ENDPOINT)
        if isinstance(trouble, TimedOut):
            raise ReadTimeoutError(endpoint_url=ENDPOINT)
        if isinstance(trouble, ConnectionClosed):
            raise ConnectionClosedError(endpoint_url=ENDPOINT)
        if isinstance(trouble, Refused):
            return AWSResponse(ENDPOINT, 400, HTTPHeaders(), None), _refusal(trouble)
        return None

    def _after(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        trouble = context["trouble"]
        if isinstance(trouble, AnswerLost):
            raise trouble.error or ReadTimeoutError(endpoint_url=ENDPOINT)
        if isinstance(trouble, Unprocessed):
            _leave_out(parsed, trouble.processed)


class Troubles:
    """Trouble for the next calls of an operation, in order; all other calls pass."""

    def __init__(self, operation: str, *troubles: Trouble) -> None:
        self._operation = operation
        self._troubles = list(troubles)
        self.calls = 0
        """How often the operation was called."""

    def __call__(self, operation: str) -> Trouble:
        if operation != self._operation:
            return None
        self.calls += 1
        return self._troubles.pop(0) if self._troubles else None


def _refusal(refused: Refused) -> dict[str, Any]:
    causes: Sequence[str] = [reason for reason in refused.reasons if reason != "None"]
    return {
        "Error": {"Code": refused.code, "Message": f"because of {', '.join(causes) or 'the test'}"},
        "CancellationReasons": [{"Code": reason, "Message": f"{reason} of the test"} for reason in refused.reasons],
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}, "RetryAttempts": 0},
    }


def _leave_out(parsed: dict[str, Any], processed: int) -> None:
    for table, found in parsed.get("Responses", {}).items():
        left = [{"pk": item["pk"], "sk": item["sk"]} for item in found[processed:]]
        del found[processed:]
        if left:
            parsed.setdefault("UnprocessedKeys", {})[table] = {"Keys": left, "ConsistentRead": True}
