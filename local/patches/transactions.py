"""DynamoDB under contention: transactions on the same item conflict, and batch reads return incomplete.

The emulator runs requests one after the other, so none conflict. While `transaction_conflicts` is above 0, a transaction holds its
items for a moment, and what touches them in that moment is refused as AWS refuses it
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html).
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from ministack.services import dynamodb

from local.faults import FaultBoard
from local.patches.gateway import Gateway, Proceed, Request, Response, refusal

# About the duration of a small transaction in DynamoDB.
HELD_SECONDS: Final = 0.01

# Operations on one item that a running transaction on it refuses.
_SINGLE_WRITES: Final = frozenset({"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"})
_TRANSACTIONS: Final = frozenset({"dynamodb:TransactWriteItems", "dynamodb:TransactGetItems"})

Item = tuple[str, str]  # table and primary key


def apply(gateway: Gateway, faults: FaultBoard) -> None:
    """Make transactions conflict, and leave keys of batch reads unprocessed, as the current settings state."""
    held: Counter[Item] = Counter()

    async def collide(request: Request, proceed: Proceed) -> Response:
        fraction = faults.settings.transaction_conflicts
        if not fraction or request.operation not in _SINGLE_WRITES | _TRANSACTIONS:
            return await proceed(request)
        items = _items_of(request.operation, request.data)
        meets = [held[item] > 0 for item in items]
        if any(meets) and faults.hits("transaction_conflicts", fraction):
            return _conflict(request.operation, meets)
        if request.operation != "dynamodb:TransactWriteItems":
            return await proceed(request)
        held.update(items)
        try:
            await asyncio.sleep(HELD_SECONDS)
            return await proceed(request)
        finally:
            held.subtract(items)

    gateway.use(collide)
    dynamodb._batch_get_item = _incomplete(dynamodb._batch_get_item, faults)


def _items_of(operation: str, data: Mapping[str, Any]) -> list[Item]:
    """Return the items that a request touches, in its order."""
    actions = [next(iter(one.values())) for one in data.get("TransactItems", [])] if operation in _TRANSACTIONS else [data]
    return [_item(action) for action in actions]


def _item(action: Mapping[str, Any]) -> Item:
    table = dynamodb._tables.get(action["TableName"]) or {}
    names = [name for name in (table.get("pk_name"), table.get("sk_name")) if name]
    attributes = action.get("Key") or action.get("Item") or {}
    return action["TableName"], json.dumps([attributes.get(name) for name in names])


def _conflict(operation: str, meets: list[bool]) -> Response:
    text = "Transaction is ongoing for the item"
    if operation in _SINGLE_WRITES:
        return refusal("TransactionConflictException", text)
    reasons = [{"Code": "TransactionConflict", "Message": text} if met else {"Code": "None"} for met in meets]
    codes = ", ".join(reason["Code"] for reason in reasons)
    return refusal(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        CancellationReasons=reasons,
    )


def _incomplete(batch_get: Callable[[dict[str, Any]], Any], faults: FaultBoard) -> Callable[[dict[str, Any]], Any]:
    """Return BatchGetItem so that some keys come back unprocessed; at least one is answered, as on AWS."""

    def get(data: dict[str, Any]) -> Any:
        fraction = faults.settings.unprocessed_keys
        if not fraction:
            return batch_get(data)
        asked: dict[str, Any] = data.get("RequestItems") or {}
        left_out: dict[str, list[Any]] = {
            table: [key for key in request["Keys"][1:] if faults.hits("unprocessed_keys", fraction)] for table, request in asked.items()
        }
        done = {
            table: {**request, "Keys": [key for key in request["Keys"] if key not in left_out[table]]} for table, request in asked.items()
        }
        status, headers, body = batch_get({**data, "RequestItems": done})
        if status != 200:  # noqa: PLR2004 - HTTP OK
            return status, headers, body
        answer = json.loads(body)
        answer["UnprocessedKeys"].update({table: {**asked[table], "Keys": keys} for table, keys in left_out.items() if keys})
        return status, headers, json.dumps(answer).encode()

    return get
