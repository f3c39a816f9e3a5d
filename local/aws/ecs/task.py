"""ECS's record of one task, and its changes from PROVISIONING to STOPPED.

Pure: records are plain dictionaries in the form of the API's `Task` (timestamps as ISO text; names that begin with `_` never leave the
emulator), so that the emulator's own services and cluster code goes on reading them.
Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html and the API's Task type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

Record = dict[str, Any]

STARTING: Final = ("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING")
STOPPING: Final = ("DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED")

# The instants that reaching a status sets.
_REACHED: Final = {
    "PENDING": ("connectivityAt",),
    "ACTIVATING": ("pullStartedAt",),
    "RUNNING": ("pullStoppedAt", "startedAt"),
    "STOPPING": ("stoppingAt",),
    "DEPROVISIONING": ("executionStoppedAt",),
    "STOPPED": ("stoppedAt",),
}


@dataclass(frozen=True)
class Launch:
    """The properties of a new task; the caller provides the ids, so that this module needs no randomness."""

    region: str
    account: str
    cluster_arn: str
    task_id: str
    network_id: str
    definition: Mapping[str, Any]
    launch_type: str
    capacity_provider: str | None
    group: str
    started_by: str
    request: Mapping[str, Any]

    @property
    def arn(self) -> str:
        """The task's ARN, in the long form."""
        cluster = self.cluster_arn.rpartition("/")[2]
        return f"arn:aws:ecs:{self.region}:{self.account}:task/{cluster}/{self.task_id}"


def new_task(launch: Launch, now: float) -> Record:
    """Return the record of a task that ECS has just accepted: PROVISIONING, version 1."""
    overrides = launch.request.get("overrides") or {}
    platform = launch.definition.get("runtimePlatform") or {}
    fargate = launch.launch_type == "FARGATE"
    record: Record = {
        "taskArn": launch.arn,
        "clusterArn": launch.cluster_arn,
        "taskDefinitionArn": launch.definition["taskDefinitionArn"],
        "lastStatus": "PROVISIONING",
        "desiredStatus": "RUNNING",
        "version": 1,
        "launchType": launch.launch_type,
        "capacityProviderName": launch.capacity_provider,
        "cpu": cpu_units(overrides.get("cpu") or launch.definition.get("cpu")),
        "memory": mebibytes(overrides.get("memory") or launch.definition.get("memory")),
        "group": launch.group,
        "startedBy": launch.started_by or None,
        "createdAt": iso(now),
        "updatedAt": iso(now),
        "connectivity": "CONNECTED",
        "availabilityZone": f"{launch.region}a",
        "attributes": [{"name": "ecs.cpu-architecture", "value": str(platform.get("cpuArchitecture") or "x86_64").lower()}],
        "overrides": {"inferenceAcceleratorOverrides": [], "containerOverrides": [], **overrides},
        "enableExecuteCommand": bool(launch.request.get("enableExecuteCommand", False)),
        "tags": launch.request.get("tags") or [],
        "attachments": [_network_interface(launch)] if fargate else [],
        "_deployment_id": launch.request.get("_deploymentId"),
    }
    record["containers"] = [_container(launch, record, definition) for definition in launch.definition["containerDefinitions"]]
    if fargate:
        record["platformVersion"] = "1.4.0"
        record["platformFamily"] = _platform_family(str(platform.get("operatingSystemFamily") or "LINUX"))
        record["ephemeralStorage"] = launch.definition.get("ephemeralStorage") or {"sizeInGiB": 20}
    else:
        record["containerInstanceArn"] = launch.arn.replace(":task/", ":container-instance/")
    return record


def next_status(record: Record) -> str | None:
    """Return the next status that the task reaches by itself; None if it stays."""
    status = record["lastStatus"]
    if record["desiredStatus"] == "RUNNING":
        return None if status == STARTING[-1] else STARTING[STARTING.index(status) + 1]
    if status == STOPPING[-1]:
        return None
    return STOPPING[STOPPING.index(status) + 1] if status in STOPPING else STOPPING[0]


def move_to(record: Record, status: str, now: float) -> None:
    """Move the task to a status: one version further, with the instants, containers and attachments that belong to it."""
    record["lastStatus"] = status
    for name in _REACHED.get(status, ()):
        record.setdefault(name, iso(now))
    for container in record["containers"]:
        container["lastStatus"] = {"RUNNING": "RUNNING", "DEPROVISIONING": "STOPPED", "STOPPED": "STOPPED"}.get(
            status, container["lastStatus"]
        )
        if container["lastStatus"] == "STOPPED":
            container.setdefault("exitCode", 0)
    for attachment in record["attachments"]:
        attachment["status"] = {"PENDING": "ATTACHED", "STOPPED": "DELETED"}.get(status, attachment["status"])
    record["_startup_stable"] = status == "RUNNING"  # the emulator's name for "ready for a rollout"
    changed(record, now)


def ask_to_stop(record: Record, *, code: str, reason: str) -> None:
    """Mark the task as stopping, with the reason; its version changes with the next status."""
    record.update(desiredStatus="STOPPED", stopCode=code, stoppedReason=reason)


def changed(record: Record, now: float) -> None:
    """Count one change that raises an event."""
    record["version"] += 1
    record["updatedAt"] = iso(now)


def iso(epoch: float) -> str:
    """Return the instant as ECS writes it in events."""
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cpu_units(size: Any) -> str | None:
    """Return a task's CPU in CPU units, as text, as the API does: `1 vCPU` is `1024`."""
    return _scaled(size, "vcpu")


def mebibytes(size: Any) -> str | None:
    """Return a task's memory in MiB, as text, as the API does: `1GB` is `1024`."""
    return _scaled(size, "gb")


def _scaled(size: Any, unit: str) -> str | None:
    if not size:
        return None
    text = re.sub(r"\s", "", str(size)).lower()
    return str(round(float(text.removesuffix(unit)) * 1024)) if text.endswith(unit) else text


def _platform_family(operating_system: str) -> str:
    return operating_system.replace("_", "-").title() if operating_system != "LINUX" else "Linux"


def _address(launch: Launch) -> str:
    """A private address that follows from the id, so that no two tasks of a demo share one by accident of order."""
    return f"10.{int(launch.network_id[:2], 16)}.{int(launch.network_id[2:4], 16)}.{int(launch.network_id[4:6], 16)}"


def _network_interface(launch: Launch) -> Record:
    configuration = (launch.request.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    subnets = configuration.get("subnets") or ["subnet-local"]
    address = _address(launch)
    return {
        "id": str(UUID(launch.network_id)),
        "type": "ElasticNetworkInterface",
        "status": "PRECREATED",
        "details": [
            {"name": "subnetId", "value": subnets[0]},
            {"name": "networkInterfaceId", "value": f"eni-{launch.network_id[:17]}"},
            {"name": "privateDnsName", "value": f"ip-{address.replace('.', '-')}.{launch.region}.compute.internal"},
            {"name": "privateIPv4Address", "value": address},
        ],
    }


def _container(launch: Launch, record: Record, definition: Mapping[str, Any]) -> Record:
    cluster = launch.cluster_arn.rpartition("/")[2]
    interfaces = [{"attachmentId": one["id"], "privateIpv4Address": _address(launch)} for one in record["attachments"]]
    container: Record = {
        "containerArn": f"arn:aws:ecs:{launch.region}:{launch.account}:container/{cluster}/{launch.task_id}/{definition['name']}",
        "taskArn": launch.arn,
        "name": definition["name"],
        "image": definition["image"],
        "lastStatus": "PENDING",
        "networkInterfaces": interfaces,
        "runtimeId": f"{launch.task_id}-{launch.network_id[:10]}",
        "cpu": str(definition.get("cpu") or 0),
        "healthStatus": "UNKNOWN",
    }
    if definition.get("memory"):
        container["memory"] = str(definition["memory"])
    return container
