"""Calls that AWS refuses at times, and the emulator never: throttled operations, and clusters that may not be read."""

from __future__ import annotations

from typing import Final

from local.faults import FaultBoard
from local.patches.gateway import Gateway, Proceed, Request, Response, refusal

# The calls that return the tasks of a cluster.
TASK_READS: Final = frozenset({"ecs:ListTasks", "ecs:DescribeTasks"})

# The throttling error of each service; the others use ThrottlingException.
_THROTTLED: Final = {"dynamodb": "ProvisionedThroughputExceededException", "servicequotas": "TooManyRequestsException"}


def apply(gateway: Gateway, faults: FaultBoard) -> None:
    """Refuse the calls that the current settings name."""

    async def refuse(request: Request, proceed: Proceed) -> Response:
        settings = faults.settings
        if settings.throttle and faults.hits(f"throttle/{request.operation}", settings.throttle.get(request.operation, 0.0)):
            code = _THROTTLED.get(request.operation.partition(":")[0], "ThrottlingException")
            return refusal(code, "Rate exceeded")
        if settings.deny_clusters and request.operation in TASK_READS:
            cluster = str(request.data.get("cluster", "default"))
            if cluster.rpartition("/")[2] in settings.deny_clusters:
                return refusal(
                    "AccessDeniedException",
                    f"User is not authorized to perform: {request.operation} on resource: {cluster} with an explicit deny",
                )
        return await proceed(request)

    gateway.use(refuse)
