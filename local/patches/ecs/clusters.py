"""Clusters: statistics of Fargate tasks by phase, pages, and no cluster that appears or disappears by accident."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from ministack.services import ecs

from local.aws.ecs.placement import FARGATE_PROVIDERS
from local.aws.ecs.task import STARTING
from local.patches.ecs.refused import RefusedError, cluster_of

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html and API_ListClusters.html
MAX_CLUSTERS_DESCRIBED: Final = 100
LARGEST_PAGE: Final = 100

_LABELS: Final = {"EC2": "EC2", "FARGATE": "Fargate", "EXTERNAL": "External", "MANAGED_INSTANCES": "ManagedInstances"}


def describe(data: dict[str, Any]) -> None:
    """Refuse what DescribeClusters refuses; the emulator answers the rest."""
    names = data.get("clusters") or []
    if len(names) > MAX_CLUSTERS_DESCRIBED:
        raise RefusedError("InvalidParameterException", f"clusters can have at most {MAX_CLUSTERS_DESCRIBED} items, not {len(names)}")


def list_page(data: dict[str, Any]) -> dict[str, Any]:
    """ListClusters, a page at a time."""
    size = int(data.get("maxResults") or LARGEST_PAGE)
    after = data.get("nextToken") or ""
    arns = sorted(cluster["clusterArn"] for cluster in ecs._clusters.values() if cluster["clusterArn"] > after)
    page = arns[:size]
    return {"clusterArns": page, "nextToken": page[-1]} if len(arns) > size else {"clusterArns": page}


def delete(data: dict[str, Any]) -> None:
    """Refuse to delete a cluster that is in use; the emulator deletes the rest."""
    cluster = cluster_of(data)
    if any(key.startswith(f"{cluster['clusterName']}/") and one["status"] == "ACTIVE" for key, one in ecs._services.items()):
        raise RefusedError("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
    if any(one["clusterArn"] == cluster["clusterArn"] and one["lastStatus"] != "STOPPED" for one in ecs._tasks.values()):
        raise RefusedError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")


def statistics(cluster: dict[str, Any]) -> list[dict[str, str]]:
    """Return the statistics of DescribeClusters: a task is pending until it runs, and no longer running once it stops."""
    tasks = Counter(
        ("running" if record["lastStatus"] == "RUNNING" else "pending", record["launchType"])
        for record in ecs._tasks.values()
        if record["clusterArn"] == cluster["clusterArn"] and record["lastStatus"] in STARTING
    )
    services = Counter(
        (service["status"].lower(), _launch_type(service))
        for key, service in ecs._services.items()
        if key.startswith(f"{cluster['clusterName']}/")
    )
    counts = {f"{state}{label}TasksCount": tasks[state, kind] for state in ("running", "pending") for kind, label in _LABELS.items()}
    counts |= {f"{state}{label}ServiceCount": services[state, kind] for state in ("active", "draining") for kind, label in _LABELS.items()}
    return [{"name": name, "value": str(value)} for name, value in counts.items()]


def recount(name: str) -> None:
    """Bring the counts of the cluster's own record up to date."""
    cluster = ecs._clusters.get(name)
    if not cluster:
        return
    states = Counter(record["lastStatus"] for record in ecs._tasks.values() if record["clusterArn"] == cluster["clusterArn"])
    cluster["runningTasksCount"] = states["RUNNING"]
    cluster["pendingTasksCount"] = sum(states[status] for status in STARTING) - states["RUNNING"]
    cluster["activeServicesCount"] = sum(
        1 for key, service in ecs._services.items() if key.startswith(f"{name}/") and service["status"] == "ACTIVE"
    )


def _launch_type(service: dict[str, Any]) -> str | None:
    strategy = service.get("capacityProviderStrategy") or []
    if any(item["capacityProvider"] in FARGATE_PROVIDERS for item in strategy):
        return "FARGATE"
    return service.get("launchType")
