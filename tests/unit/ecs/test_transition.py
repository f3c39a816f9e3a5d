"""Since when a task has been on its way, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fargatecount.ecs.text import MAX_LENGTH
from fargatecount.ecs.transition import task_transition
from fargatecount.workload import Transition
from tests.support.builders import NOW

AT = datetime.fromtimestamp(NOW / 1000, UTC)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ({"lastStatus": "RUNNING", "createdAt": AT}, None),
        ({"lastStatus": "STOPPED", "stoppingAt": AT}, None),
        ({}, None),
        ({"lastStatus": "PENDING", "createdAt": AT}, Transition(since=NOW, reason="PENDING")),
        (
            {"lastStatus": "PENDING", "createdAt": AT, "containers": [{"reason": "CannotPullContainerError"}, {}]},
            Transition(since=NOW, reason="PENDING: CannotPullContainerError"),
        ),
        (
            {"lastStatus": "DEPROVISIONING", "stoppingAt": AT, "createdAt": None, "stoppedReason": "Task stopped by a user"},
            Transition(since=NOW, reason="DEPROVISIONING: Task stopped by a user"),
        ),
        ({"lastStatus": "STOPPING"}, Transition(reason="STOPPING")),
    ],
)
def test_task_on_its_way(task: dict[str, Any], expected: Transition | None) -> None:
    """A start counts from the creation of the task, a stop from the beginning of the stop, each with the reasons that AWS gives."""
    assert task_transition(task) == expected


def test_a_reason_is_bounded() -> None:
    """A hostile text does not fill a report."""
    found = task_transition({"lastStatus": "PENDING", "stoppedReason": "x" * 10_000})
    assert found is not None
    assert len(found.reason) == MAX_LENGTH
