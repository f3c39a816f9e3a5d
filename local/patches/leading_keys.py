"""IAM: the condition key `dynamodb:LeadingKeys`, which restricts a role to some partitions of a table; the emulator has no such key.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.services import dynamodb

KEY = "dynamodb:LeadingKeys"

_EQUALITY = re.compile(r"([#\w]+)\s*=\s*(:\w+)")


def apply() -> None:
    """Add the key to the conditions of DynamoDB's requests."""
    context_of = iam_actions.request_tag_context

    def with_keys(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        context = dict(context_of(service, action, body, params) or {})
        keys = sorted(set(leading_keys(body))) if service == "dynamodb" else []
        return {**context, KEY: keys} if keys else context

    iam_actions.request_tag_context = with_keys


def leading_keys(body: bytes) -> Iterator[str]:
    """Yield the values of partition keys that a request names, in whatever operation."""
    try:
        data = json.loads(body or b"{}")
    except ValueError:
        return
    if not isinstance(data, dict):
        return
    for one in data.get("TransactItems") or ():
        for action in one.values():
            yield from _of_item(action["TableName"], action.get("Key") or action.get("Item"))
    for table, asked in (data.get("RequestItems") or {}).items():
        for key in asked.get("Keys") or () if isinstance(asked, dict) else ():
            yield from _of_item(table, key)
        for write in asked if isinstance(asked, list) else ():
            yield from _of_item(table, next(iter(write.values())).get("Item") or next(iter(write.values())).get("Key"))
    if "TableName" in data:
        yield from _of_item(data["TableName"], data.get("Key") or data.get("Item"))
        yield from _of_query(data)


def _of_item(table: str, item: Mapping[str, Any] | None) -> Iterator[str]:
    value = (item or {}).get(str((dynamodb._tables.get(table) or {}).get("pk_name")))
    if value:
        yield str(next(iter(value.values())))


def _of_query(data: Mapping[str, Any]) -> Iterator[str]:
    names, values = data.get("ExpressionAttributeNames") or {}, data.get("ExpressionAttributeValues") or {}
    for name, value in _EQUALITY.findall(data.get("KeyConditionExpression") or ""):
        yield from _of_item(data["TableName"], {names.get(name, name): values[value]})
