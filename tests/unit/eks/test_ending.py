"""What a pod's object shows of its launch and its end."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fargatecount.eks import ending
from fargatecount.eks.pod import Pod
from fargatecount.timestamps import parse_millis
from tests.support.builders import NOW


def made(status: dict[str, Any], metadata: dict[str, Any] | None = None) -> Pod:
    """Return a pod with this status."""
    return msgspec.convert({"metadata": metadata or {}, "status": status}, Pod)


def ran(name: str, at: str, restarts: int = 0, **state: Any) -> dict[str, Any]:
    """Return the status of a container that runs since `at`, or is in another state."""
    return {"name": name, "restartCount": restarts, "state": state or {"running": {"startedAt": at}}}


def test_a_pod_is_ready_when_its_last_container_first_ran() -> None:
    """A sidecar that starts late makes the launch late."""
    pod = made({"containerStatuses": [ran("app", "2026-01-01T00:00:10Z"), ran("side", "2026-01-01T00:00:20Z")]})
    assert ending.ready_at(pod) == NOW + 20_000


@pytest.mark.parametrize(
    "second",
    [ran("side", "2026-01-01T00:00:20Z", restarts=1), ran("side", "", waiting={"reason": "ContainerCreating"}), {"name": "side"}],
    ids=["restarted", "waiting", "no state"],
)
def test_the_first_start_is_unknown_where_a_container_does_not_show_it(second: dict[str, Any]) -> None:
    """After a restart the object has the time of the last start only, which is no launch."""
    assert ending.ready_at(made({"containerStatuses": [ran("app", "2026-01-01T00:00:10Z"), second]})) is None


CODES = [
    ({"phase": "Running"}, "Deleted"),
    ({"phase": "Succeeded"}, "Completed"),
    ({"phase": "Failed"}, "Failed"),
    ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
    (
        {"phase": "Running", "conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}]},
        "EvictionByEvictionAPI",
    ),
]


@pytest.mark.parametrize(("status", "code"), CODES)
def test_why_a_pod_ended(status: dict[str, Any], code: str) -> None:
    """Its own reason, else the cause of its disruption, else how it finished."""
    assert ending.stop_code(made(status)) == code


def test_codes_and_reasons_of_containers_without_their_messages() -> None:
    """A container writes its own termination message, which may hold a secret."""
    killed = ran("app", "", terminated={"exitCode": 137, "reason": "OOMKilled", "message": "hunter2"})
    done = ran("side", "", terminated={"exitCode": 0, "reason": "Completed"})
    pod = made({"containerStatuses": [done, killed]})
    assert (ending.exit_codes(pod), ending.stop_reason(pod)) == ("side=0 app=137", "OOMKilled")
    assert "hunter2" not in repr(pod)


def test_a_deletion_was_requested_before_its_timestamp_by_the_grace_period() -> None:
    """Kubernetes writes the time at which it will kill the pod, not that of the request."""
    asked = {"deletionTimestamp": "2026-01-01T00:00:40Z", "deletionGracePeriodSeconds": 30}
    assert ending.stopping_at(made({}, asked)) == NOW + 10_000
    assert ending.stopping_at(made({}, {"deletionTimestamp": "2026-01-01T00:00:40Z"})) == parse_millis("2026-01-01T00:00:40Z")
    assert ending.stopping_at(made({})) is None
