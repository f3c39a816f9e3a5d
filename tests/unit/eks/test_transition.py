"""Since when a pod has been on its way, and why."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fargatecount.eks.decode import decode_pod
from fargatecount.eks.transition import pod_transitions
from fargatecount.workload import Transition
from tests.support.pods import pod, pod_json

CREATED = 1_767_225_600_000
"""2026-01-01T00:00:00Z, at which the pods of the tests are created; they start 30 s later and are deleted 10 minutes later."""
STARTED, DELETED = CREATED + 30_000, CREATED + 600_000
PULLING = {"waiting": {"reason": "ImagePullBackOff"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"deleting": True}, Transition(since=DELETED), id="marked for deletion"),
        pytest.param(
            {"deleting": True, "finalizers": ("a.io/x", "b.io/y")},
            Transition(since=DELETED, reason="finalizers: a.io/x, b.io/y"),
            id="held by finalizers",
        ),
        pytest.param({"deleting": True, "node": None}, None, id="without a node: holds nothing"),
        pytest.param(
            {"phase": "Pending", "states": (PULLING, PULLING)},
            Transition(since=STARTED, reason="ImagePullBackOff"),
            id="image cannot be pulled",
        ),
        pytest.param({"phase": "Pending", "states": ()}, Transition(since=STARTED), id="no reason given"),
        pytest.param({}, None, id="runs"),
        pytest.param({"phase": "Succeeded"}, None, id="completed"),
        pytest.param({"deleting": True, "scheduler": "default-scheduler"}, None, id="not on Fargate"),
    ],
)
def test_pod_on_its_way(changes: dict[str, Any], expected: Transition | None) -> None:
    """A deletion counts from the moment at which it was due, a start from the moment at which the kubelet took the pod."""
    made = pod(**changes)
    assert pod_transitions([made]) == ({made.metadata.uid: expected} if expected else {})


def test_pod_whose_deletion_time_cannot_be_decoded_has_no_age() -> None:
    """A pod of which only identity and phase were decoded has a transition without a time."""
    damaged = msgspec.json.encode(pod_json(deleting=True, labels={"a": "MARK"})).replace(b'"MARK"', b"7")
    assert list(pod_transitions([decode_pod(damaged)]).values()) == [Transition()]
