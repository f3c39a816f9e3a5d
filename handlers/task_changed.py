"""ECS task state changes: from the task queue into the ledger.

Answers with the messages that must come again (ReportBatchItemFailures); what can never be understood has gone to the dead letters.
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
    handled = process_batch(messages, here.ledger, here.dead_letters, here.refusals, here.clock, stop=out_of_time(context))
    for reason in handled.dead:
        logger.warning("message is no task state change and went to the dead letters", extra={"reason": reason})
    logger.info(
        "recorded",
        extra={"messages": len(messages), "outcomes": handled.tally, "event_age_ms": handled.oldest_age, "retries": handled.retries},
    )
    now = here.clock.now()
    if handled.oldest_age is not None:
        emit([DataPoint(EVENT_AGE, max(handled.oldest_age, 0), now)], here.ingest_settings)
    for refusal in handled.refused:
        logger.warning("AWS refused a launch" if refusal.is_shortage else "a service cannot start its tasks", extra=to_builtins(refusal))
    if handled.refusal_log_error:
        logger.warning("refusals could not be remembered, and come again", extra={"reason": handled.refusal_log_error})
    emit([of_capacity(REFUSED, capacity, number, now) for capacity, number in counted(handled.refused).items()], here.ingest_settings)
    if here.ingest_settings.armed and here.ingest_settings.function_metrics:
        _tell(handled, here.ingest_settings)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in handled.retry_ids]}


def _tell(handled: BatchResult, counting: IngestSettings) -> None:
    """Write what became of the batch as metrics of this function, which Powertools marks by the dimension `service`. Read them by Sum."""
    told = reported(handled.tally)
    if not told:  # Powertools would warn of it
        return
    own = Metrics(namespace=counting.names.namespace, service="task_changed")
    for fate, number in told.items():
        own.add_metric(name=f"{counting.names.metric_prefix}-events-{fate}", unit=MetricUnit.Count, value=number)
    own.flush_metrics()
