"""The `ECS Task State Change` event of a task as it is now.

Pure. An event is not what DescribeTasks returns: it has no tags and no health, calls a network interface `eni`, and keeps its timestamps as
text. Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html and events that AWS sent (tests/events).
"""

from __future__ import annotations

from typing import Any, Final

from local.aws.ecs.task import Record

SOURCE: Final = "aws.ecs"
DETAIL_TYPE: Final = "ECS Task State Change"

_NOT_IN_EVENTS: Final = frozenset({"tags", "healthStatus"})


def detail_of(record: Record) -> dict[str, Any]:
    """Return the event's `detail`: an independent copy, because the task continues to change."""
    detail: dict[str, Any] = _copy(record)
    for attachment in detail["attachments"]:
        attachment["type"] = "eni"
    # ECS states the family for Windows tasks only.
    if detail.get("platformFamily") == "Linux":
        del detail["platformFamily"]
    return detail


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(one) for key, one in value.items() if one is not None and key not in _NOT_IN_EVENTS and not key.startswith("_")}
    if isinstance(value, list):
        return [_copy(one) for one in value]
    return value
