"""The counters as CloudWatch metrics, and limits that are crossed as events: whenever a counter changes, and every minute.

It does not read what woke it; the publisher reads everything anew. Unarmed, nothing leaves the function but a line of log.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from fargatecount.breaches.notify import RecordingBus
from fargatecount.errors import UnavailableError
from fargatecount.metrics.publish import Unarmed, publish
from handlers._runtime import RESERVE, LambdaContext, account_of, deployment

STAY = 55_000
"""Milliseconds: above the warning level a scheduled invocation looks every 10 s until shortly before the next one begins."""
CHANGE = 15_000
"""Milliseconds: a change waits for its turn at most 10 s, and before that for others' looks."""

logger = Logger(service="publish")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish what is due."""
    here = deployment()
    scheduled = "Records" not in event
    unarmed, muted = (None, None) if here.settings.armed else (Unarmed(), RecordingBus())
    # Lambda may deliver one event twice, with one request id; what tells the two apart must come from here.
    publisher = here.publishing(account_of(context), f"publish, request {context.aws_request_id}, {uuid4().hex[:8]}", unarmed, muted)
    left = context.get_remaining_time_in_millis() - RESERVE
    until = here.clock.now() + min(STAY if scheduled else CHANGE, left)
    try:
        done = publish(publisher.look, here.clock, until=until, stay=scheduled)
    finally:
        for told in publisher.delivered:
            logger.info("told" if here.settings.armed else "unarmed: only logged", extra={"event": told.detail_type, "detail": told.detail})
    summary = {"armed": here.settings.armed, "looks": done.looks, "puts": done.puts, "points": done.put, "events": len(publisher.delivered)}
    if unarmed and unarmed.points:
        prefix = here.settings.metric_prefix
        shown = [{"metric": point.metric.name(prefix), **point.labels, "value": point.value} for point in unarmed.points]
        logger.info("unarmed: this would have been put to CloudWatch", extra={**summary, "metrics": shown})
    else:
        logger.info("published", extra=summary)
    if publisher.notify_error is not None:
        raise publisher.notify_error  # at the end, for Lambda's own metric to show it; the next look tells what this one could not
    if not (done.settled or scheduled):
        raise UnavailableError(
            "another look went on for too long", remedy="Lambda tries this batch again, and the next minute publishes anyway"
        )
    return summary
