"""The wire between a DynamoDB ledger and DynamoDB, where a test decides what goes wrong.

It acts on botocore's own events, below PynamoDB and above the network: everything that the ledger does with an error is tried with the very
exceptions and payloads that AWS causes, and botocore's retries, which sleep, never see them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from fargatecount.adapters.dynamodb.ledger import DynamoLedger

ENDPOINT = "https://dynamodb.eu-west-1.amazonaws.com"


class Refused(msgspec.Struct, frozen=True):
    """DynamoDB answers with an error and does nothing."""

    code: str
    reasons: tuple[str, ...] = ()
    """Why a transaction was cancelled, one per item; `None` for those that are innocent."""


class NoConnection(msgspec.Struct, frozen=True):
    """The request never arrives."""


class AnswerLost(msgspec.Struct, frozen=True):
    """DynamoDB does what it was asked, and nobody hears of it."""

    error: BaseException | None = None
    """What the caller gets instead of an answer; by default that it timed out."""


class Unprocessed(msgspec.Struct, frozen=True):
    """A batch read leaves out all keys but the first few."""

    processed: int


Trouble: TypeAlias = Refused | NoConnection | AnswerLost | Unprocessed | None

CONFLICT = Refused("TransactionCanceledException", ("None", "TransactionConflict"))
"""As DynamoDB words it for a row and its counter, of which the counter is in another transaction."""
THROTTLED = Refused("ThrottlingException")


def no_trouble(operation: str) -> Trouble:
    """Let every call pass."""
    assert operation
    return None


class Wire:
    """Asks `trouble` before every call that the ledger makes, naming the operation."""

    def __init__(self, ledger: DynamoLedger, trouble: Callable[[str], Trouble] = no_trouble) -> None:
        self.trouble = trouble
        events = ledger._items.connection.connection.client.meta.events
        events.register_first("before-call.dynamodb", self._before)
        events.register_last("after-call.dynamodb", self._after)

    def _before(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        trouble = self.trouble(model.name)
        context["trouble"] = trouble
        if isinstance(trouble, NoConnection):
            raise EndpointConnectionError(endpoint_url=ENDPOINT)
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
    said: Sequence[str] = [reason for reason in refused.reasons if reason != "None"]
    return {
        "Error": {"Code": refused.code, "Message": f"because of {', '.join(said) or 'the test'}"},
        "CancellationReasons": [{"Code": reason, "Message": f"{reason} of the test"} for reason in refused.reasons],
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}, "RetryAttempts": 0},
    }


def _leave_out(parsed: dict[str, Any], processed: int) -> None:
    for table, found in parsed.get("Responses", {}).items():
        left = [{"pk": item["pk"], "sk": item["sk"]} for item in found[processed:]]
        del found[processed:]
        if left:
            parsed.setdefault("UnprocessedKeys", {})[table] = {"Keys": left, "ConsistentRead": True}
