"""The reconciler's schedule: every minute, the clusters that are due.

A run leaves the work to another run that holds the lease. A run that cannot store its report does everything else and fails at its end, so
that Lambda's error metric counts it.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
from aws_lambda_powertools import Logger

from fargatecount.bootstrap.functions.reconcile import runtime
from fargatecount.ledger.leases import LeaseHeldError
from fargatecount.metrics.catalog import DRIFT, HANGING, WITHOUT_HEADROOM
from fargatecount.metrics.series import DataPoint
from fargatecount.reconcile.run import run_due
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Kind
from handlers._pages import keep_page
from handlers._runtime import RESERVE, LambdaContext, account_of, emit

EKS_EVERY = MINUTE
"""EKS has no events: without a watcher, only these reads keep the counts up to date."""
LOGGED = {
    *("id", "complete", "drifted", "causes", "clusters_known", "clusters_looked_into", "unreadable_clusters", "not_reached", "problems"),
    *("calls", "throttles", "duration_ms"),
}

logger = Logger(service="reconcile")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Reconcile the clusters that are due; return the result for manual invocations.

    The event `{"now": true}` makes every cluster due, except those with a fresh watcher.
    """
    here = runtime()
    every = {Kind.ECS: here.settings.reconcile_minutes * MINUTE, Kind.EKS: EKS_EVERY}
    if event.get("now") is True:
        every = dict.fromkeys(every, 0)
    # Lambda may deliver one tick twice with the same request id, so the owner needs a random part.
    owner = f"the schedule, request {context.aws_request_id}, {uuid4().hex[:8]}"
    try:
        ran = run_due(here.ports(account_of(context)), every, owner=owner, time_box=context.get_remaining_time_in_millis() - RESERVE)
    except LeaseHeldError as held:
        logger.info("left to the run that is under way", extra={"owner": held.owner})
        return {"ran": False, "why": str(held)}
    if ran is None:
        logger.debug("nothing is due")
        return {"ran": False, "why": "nothing is due"}
    summary = {name: value for name, value in msgspec.to_builtins(ran.report).items() if name in LOGGED}
    logger.info("reconciled", extra={**summary, "report": ran.kept})
    points = [DataPoint(DRIFT, ran.report.drifted, here.clock.now())]
    headroom = ran.report.headroom
    if headroom and headroom.without_headroom is not None:
        points.append(DataPoint(WITHOUT_HEADROOM, headroom.without_headroom, here.clock.now()))
    if ran.report.hanging:
        points.append(DataPoint(HANGING, ran.report.hanging.count, here.clock.now()))
    emit(points, here.ingest_settings)
    if ran.not_kept is not None:
        raise ran.not_kept
    if ran.kept is not None:
        keep_page(here, context)
    return {"ran": True, "report": ran.kept, **summary}
