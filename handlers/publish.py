"""The counters as CloudWatch metrics, and crossed limits as events: at every change of a counter, and every minute.

The event names the counters that have moved; the publisher reads these, and all of them once a minute. Unarmed, it only writes to its log.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import msgspec
from aws_lambda_powertools import Logger

from fargatecount.bootstrap.functions.publish import runtime
from fargatecount.errors import UnavailableError
from fargatecount.metrics.publish import publish, publish_pass
from handlers._runtime import RESERVE, LambdaContext, account_of

STAY = 55_000
"""Milliseconds: above the warning level a scheduled invocation runs a pass every 10 s until shortly before the next one begins."""
CHANGE = 15_000
"""Milliseconds: a change waits at most 10 s until it may be put, and before that for the passes of other publishers."""

logger = Logger(service="publish")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish what is due.

    Raises:
        UnavailableError, DeniedError: metrics or events could not be put, or another publisher held the lease for the whole time. Raised at
            the end, for Lambda's own error metric to show it; the next invocation puts what this one could not.
    """
    here = runtime()
    armed, scheduled = here.settings.ingest.armed, "Records" not in event
    # Lambda may deliver one event twice, with one request id: the random part distinguishes the two.
    ports = here.ports(account_of(context), f"publish, request {context.aws_request_id}, {uuid4().hex[:8]}", event)
    left = context.get_remaining_time_in_millis() - RESERVE
    until = here.clock.now() + min(STAY if scheduled else CHANGE, left)
    done = publish(partial(publish_pass, ports), here.clock, until=until, stay=scheduled)
    for sent in done.delivered:
        message = "limit event delivered" if armed else "unarmed: limit event only logged"
        logger.info(message, extra={"event": sent.detail_type, "detail": msgspec.to_builtins(sent.detail)})
    if done.error is not None:
        raise done.error
    summary = {"armed": armed, "looks": done.looks, "puts": done.puts, "points": len(done.points), "events": len(done.delivered)}
    if here.settings.hub_bus_arn:
        summary["reports"] = done.reports
    if done.points and not armed:
        prefix = here.settings.ingest.names.metric_prefix
        shown = [{"metric": point.metric.name(prefix), **point.labels, "value": point.value} for point in done.points]
        logger.info("unarmed: metrics only logged, not put to CloudWatch", extra={**summary, "metrics": shown})
    else:
        logger.info("published", extra=summary)
    error = done.notify_error or done.hub_error
    if error is not None:
        raise error
    if not (done.settled or scheduled):
        raise UnavailableError(
            "another publisher held the lease for too long", remedy="Lambda retries this batch, and the next minute publishes anyway"
        )
    return summary
