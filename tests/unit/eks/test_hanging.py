"""Pods that hang, with their age and reason."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fargatecount.eks.decode import decode_pod
from fargatecount.eks.hanging import PENDING_FOR, STOPPING_FOR, hanging_pods
from fargatecount.workload import Phase
from tests.support.pods import pod, pod_json, waiting

CREATED = 1_767_225_600_000
"""2026-01-01T00:00:00Z, at which the pods of the tests are created; they start 30 s later and are deleted 10 minutes later."""
STARTED, DELETED = CREATED + 30_000, CREATED + 600_000
PULLING = {"waiting": {"reason": "ImagePullBackOff"}}


@pytest.mark.parametrize(
    ("changes", "now", "expected"),
    [
        pytest.param({"deleting": True}, DELETED + STOPPING_FOR, (Phase.STOPPING, DELETED, ""), id="deletion is long due"),
        pytest.param({"deleting": True}, DELETED + STOPPING_FOR - 1, None, id="not yet long"),
        pytest.param(
            {"deleting": True, "finalizers": ("a.io/x", "b.io/y")},
            DELETED + STOPPING_FOR,
            (Phase.STOPPING, DELETED, "finalizers: a.io/x, b.io/y"),
            id="held by finalizers",
        ),
        pytest.param({"deleting": True, "node": None}, DELETED + STOPPING_FOR, None, id="without a node: holds nothing"),
        pytest.param(
            {"phase": "Pending", "states": (PULLING, PULLING)},
            STARTED + PENDING_FOR,
            (Phase.PENDING, STARTED, "ImagePullBackOff"),
            id="image cannot be pulled",
        ),
        pytest.param({"phase": "Pending", "states": ()}, STARTED + PENDING_FOR, (Phase.PENDING, STARTED, ""), id="no reason given"),
        pytest.param({"phase": "Pending", "states": (PULLING,)}, STARTED + PENDING_FOR - 1, None, id="not yet long pending"),
        pytest.param({}, DELETED + PENDING_FOR * 100, None, id="runs"),
        pytest.param({"phase": "Succeeded"}, DELETED + PENDING_FOR * 100, None, id="completed"),
        pytest.param({"deleting": True, "scheduler": "default-scheduler"}, DELETED + STOPPING_FOR, None, id="not on Fargate"),
    ],
)
def test_hanging(changes: dict[str, Any], now: int, expected: tuple[Phase, int, str] | None) -> None:
    """A pod hangs once its deletion is 15 minutes overdue, or once it has been on a node for 30 minutes without a running container."""
    found = hanging_pods([pod(**changes)], now)
    assert [(one.phase, one.since, one.reason) for one in found] == ([expected] if expected else [])


def test_longest_comes_first() -> None:
    """Hanging pods are sorted by the time since which they hang."""
    pods = [pod("young", deleting=True), waiting("waits"), pod("old", phase="Pending", states=())]
    assert [(one.name, one.group) for one in hanging_pods(pods, DELETED + PENDING_FOR)] == [("old", "shop/old"), ("young", "shop/young")]


def test_pod_whose_deletion_time_cannot_be_decoded_has_no_age() -> None:
    """A pod of which only identity and phase were decoded is not called hanging."""
    damaged = msgspec.json.encode(pod_json(deleting=True, labels={"a": "MARK"})).replace(b'"MARK"', b"7")
    assert hanging_pods([decode_pod(damaged)], DELETED + STOPPING_FOR * 100) == []
