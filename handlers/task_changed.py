"""ECS task state changes: from the task queue into the ledger.

Returns the messages that must be delivered again (ReportBatchItemFailures). A message that can never be processed went to the dead letters.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from msgspec import to_builtins

from fargatecount.bootstrap.functions.task_changed import runtime
from fargatecount.ingest.batch import BatchResult, Message, process_batch, reported
from fargatecount.metrics.catalog import EVENT_AGE, REFUSED
from fargatecount.metrics.series import DataPoint, of_capacity
from fargatecount.refusals.refusal import counted
from fargatecount.settings.environment import IngestSettings
from handlers._runtime import LambdaContext, emit, out_of_time

logger = Logger(service="task_changed")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Record a batch of task state change events."""
    here = runtime()
    messages = [Message(record["messageId"], record["body"]) for record in event["Records"]]
    result = process_batch(
        messages, here.ledger, here.dead_letters, here.refusals, here.clock, stop=out_of_time(context), contention=here.contention
    )
    for reason in result.dead:
        logger.warning("message cannot be processed and went to the dead letters", extra={"reason": reason})
    logger.info(
        "recorded",
        extra={"messages": len(messages), "outcomes": result.tally, "event_age_ms": result.oldest_age, "retries": result.retries},
    )
    now = here.clock.now()
    if result.oldest_age is not None:
        emit([DataPoint(EVENT_AGE, max(result.oldest_age, 0), now)], here.ingest_settings)
    for refusal in result.refused:
        logger.warning("AWS refused a launch" if refusal.is_shortage else "a launch failed", extra=to_builtins(refusal))
    if result.refusal_log_error:
        logger.warning("refusals could not be stored; their messages are delivered again", extra={"reason": result.refusal_log_error})
    emit([of_capacity(REFUSED, capacity, number, now) for capacity, number in counted(result.refused).items()], here.ingest_settings)
    if here.ingest_settings.armed and here.ingest_settings.function_metrics:
        _write_metrics(result, here.ingest_settings)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in result.retry_ids]}


def _write_metrics(result: BatchResult, counting: IngestSettings) -> None:
    """Write the outcomes of the batch as metrics of this function, with Powertools' dimension `service`. Read them by Sum."""
    totals = reported(result.tally)
    if not totals:  # Powertools warns of an empty set
        return
    own = Metrics(namespace=counting.names.namespace, service="task_changed")
    for outcome, number in totals.items():
        own.add_metric(name=f"{counting.names.metric_prefix}-events-{outcome}", unit=MetricUnit.Count, value=number)
    own.flush_metrics()
