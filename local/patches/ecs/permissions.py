"""The IAM checks of the ECS read operations.

AWS checks DescribeClusters, DescribeTasks and DescribeServices against every cluster, task or service that is named, ListTasks against
container instances, and offers the condition key `ecs:cluster`; the emulator checks one cluster at most and has no such key.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator

# Of the request that is being answered: what is noted when its resource is looked for is checked when its caller is.
_resources: ContextVar[list[str] | None] = ContextVar("_resources", default=None)
_cluster: ContextVar[str] = ContextVar("_cluster", default="")


def apply() -> None:
    """Check each resource of an ECS request, with the cluster that it is in."""
    extract, enforce = iam_actions.extract_resource_arn, iam_evaluator.enforce
    iam_actions.extract_resource_arn = _noting(extract)
    iam_evaluator.enforce = _checking_each(enforce)


def _noting(extract: Callable[..., str]) -> Callable[..., str]:
    def noting(service: str, method: str, path: str, headers: Any, body: bytes, params: Any, region: str, account: str) -> str:  # noqa: PLR0917
        if service == "ecs":
            data = _json(body)
            operation = str(iam_actions.extract_iam_action(service, method, path, headers, body, params))
            _resources.set(resources_of(operation, data, region, account))
            _cluster.set(_cluster_arn(data.get("cluster"), region, account))
        return extract(service, method, path, headers, body, params, region, account)

    return noting


def _checking_each(enforce: Callable[..., Any]) -> Callable[..., Any]:
    def checking_each(  # noqa: PLR0917 - the emulator calls it so
        key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: dict[str, Any] | None = None
    ) -> Any:
        if service != "ecs" or not action.startswith("ecs:"):
            return enforce(key, action, service, region, resource_arn=resource_arn, service_context=service_context)
        context = {**(service_context or {}), "ecs:cluster": _cluster.get()}
        for resource in _resources.get() or [resource_arn]:
            denied = enforce(key, action, service, region, resource_arn=resource, service_context=context)
            if denied is not None:
                return denied
        return None

    return checking_each


def resources_of(operation: str, data: dict[str, Any], region: str, account: str) -> list[str]:
    """Return the ARNs that AWS checks a read operation against; empty where the emulator's own answer does."""
    start = f"arn:aws:ecs:{region}:{account}:"
    cluster = _cluster_arn(data.get("cluster"), region, account).rpartition("/")[2]
    if operation == "ecs:DescribeClusters":
        return [_cluster_arn(name, region, account) for name in data.get("clusters") or [None]]
    if operation == "ecs:DescribeTasks":
        return [task if task.startswith("arn:") else f"{start}task/{cluster}/{task}" for task in data.get("tasks", ())]
    if operation == "ecs:DescribeServices":
        return [name if name.startswith("arn:") else f"{start}service/{cluster}/{name}" for name in data.get("services", ())]
    if operation == "ecs:ListTasks":
        return [f"{start}container-instance/{cluster}/*"]
    return []


def _cluster_arn(name: str | None, region: str, account: str) -> str:
    name = name or "default"
    return name if name.startswith("arn:") else f"arn:aws:ecs:{region}:{account}:cluster/{name}"


def _json(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body or b"{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
