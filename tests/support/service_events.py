"""Events about services that cannot start tasks, and about tasks that stopped before they started."""

from __future__ import annotations

import json
from typing import Any

from fargatecount.workload import Scope

QUOTA = "You've reached the limit on the number of vCPUs you can run concurrently"


OREGON = Scope("111122223333", "us-west-2")


CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"


def action(**detail: Any) -> str:
    """The event of the ECS Developer Guide, with some of its detail changed."""
    event = {
        "version": "0",
        "id": "ddca6449-b258-46c0-8653-e0e3a6d0468b",
        "detail-type": "ECS Service Action",
        "source": "aws.ecs",
        "account": "111122223333",
        "time": "2019-11-19T19:55:38Z",
        "region": "us-west-2",
        "resources": ["arn:aws:ecs:us-west-2:111122223333:service/default/servicetest"],
        "detail": {
            "eventType": "ERROR",
            "eventName": "SERVICE_TASK_PLACEMENT_FAILURE",
            "clusterArn": "arn:aws:ecs:us-west-2:111122223333:cluster/default",
            "capacityProviderArns": ["arn:aws:ecs:us-west-2:111122223333:capacity-provider/FARGATE"],
            "reason": "RESOURCE:FARGATE",
            "createdAt": "2019-11-06T19:09:33.087Z",
        }
        | detail,
    }
    return json.dumps(event)


def deployment(**detail: Any) -> str:
    """The event of a deployment that failed, from the same guide: it names no cluster."""
    event = json.loads(action())
    event["detail-type"] = "ECS Deployment State Change"
    event["detail"] = {
        "eventType": "ERROR",
        "eventName": "SERVICE_DEPLOYMENT_FAILED",
        "deploymentId": "ecs-svc/123",
        "updatedAt": "2020-05-23T11:11:11Z",
        "reason": "ECS deployment circuit breaker: task failed to start.",
    } | detail
    return json.dumps(event)


def impaired(**detail: Any) -> str:
    """A service that cannot start its tasks, as AWS words it: with no reason, and no capacity provider."""
    event = json.loads(action())
    event["detail"] = {
        "eventType": "WARN",
        "eventName": "SERVICE_TASK_START_IMPAIRED",
        "clusterArn": "arn:aws:ecs:us-west-2:111122223333:cluster/default",
        "createdAt": "2023-04-07T07:22:50.331Z",
    } | detail
    return json.dumps(event)


def stopped(**detail: Any) -> str:
    """A task that stopped without having started."""
    event = {
        "detail-type": "ECS Task State Change",
        "time": "2026-01-01T00:00:00Z",
        "detail": {
            "clusterArn": "arn:aws:ecs:us-west-2:111122223333:cluster/web",
            "taskArn": "arn:aws:ecs:us-west-2:111122223333:task/web/1",
            "lastStatus": "STOPPED",
            "stopCode": "TaskFailedToStart",
            "stoppedReason": QUOTA,
            "launchType": "FARGATE",
            "group": "service:shop",
            "version": 3,
        }
        | detail,
    }
    return json.dumps(event)
