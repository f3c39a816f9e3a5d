"""Events that invoke the functions, and what they find in the table."""

from __future__ import annotations

import json
from typing import Any, Protocol

from fargatecount.adapters.dynamodb.items import bucket_key
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.clock import Clock
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.store import Bucket
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.settings.environment import DEPLOYED_BUCKETS
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity, Cluster, Kind
from tests.support.builders import SCOPE, WEB, seen
from tests.support.deployed import Deployed

TICK = {"source": "aws.events", "detail-type": "Scheduled Event"}


CHANGE = {
    "Records": [
        {"eventName": "MODIFY", "dynamodb": {"Keys": {"pk": {"S": bucket_key(Bucket(WEB, number))}, "sk": {"S": "COUNTER"}}}}
        for number in range(DEPLOYED_BUCKETS)
    ]
}


def one_task_under_a_quota(here: Deployed, vcpu: float = 1.0) -> None:
    """Let a listed cluster hold a task of a quarter vCPU, under quotas of so many."""
    now = here.clock.now()
    here.deliver(seen(observed_at=now))
    here.ledger.note(WEB, RECONCILER, Readability(readable=True, at=now, listed_at=now))
    here.ledger.discovered(SCOPE, Kind.ECS, now)
    here.ledger.passed(SCOPE, now)
    quotas = [Quota(capacity=each, value=vcpu, source=Origin.APPLIED, read_at=now) for each in Capacity]
    DynamoQuotas(here.ledger.items).keep(SCOPE, quotas)


def at_present(body: str) -> str:
    """Return an event of the present: an older one than an hour is not reported."""
    return json.dumps({**json.loads(body), "time": to_iso(SystemClock().now())})


def batch(*bodies: str) -> dict[str, object]:
    return {"Records": [{"messageId": str(i), "body": body} for i, body in enumerate(bodies)]}


class Clocked(Protocol):
    """Anything with a clock."""

    @property
    def clock(self) -> Clock:
        """Its clock."""
        ...


def body(
    here: Clocked, task: str = "t1", status: str = "RUNNING", version: int = 2, *, cluster: Cluster = WEB, age: int = 0, **changes: Any
) -> str:
    """An event of `age` milliseconds as EventBridge delivers it to the queue."""
    now = to_iso(here.clock.now() - age)
    detail = {
        "clusterArn": cluster.arn,
        "taskArn": f"{cluster.arn.replace(':cluster/', ':task/')}/{task}",
        "lastStatus": status,
        "desiredStatus": "STOPPED" if status == "STOPPED" else "RUNNING",
        "launchType": "FARGATE",
        "cpu": "256",
        "memory": "512",
        "group": "service:web",
        "version": version,
        "createdAt": now,
        "updatedAt": now,
    }
    return json.dumps(
        {
            "version": "0",
            "id": "9bcdac79-b31f-4d3d-9410-fbd727c29fab",
            "detail-type": "ECS Task State Change",
            "source": "aws.ecs",
            "account": SCOPE.account,
            "region": SCOPE.region,
            "time": now,
            "resources": [cluster.arn],
            "detail": detail | changes,
        }
    )
