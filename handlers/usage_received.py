"""Usage events of all members, at the hub: from its queue into its table, with one message for each breach.

Returns the messages that must be delivered again (ReportBatchItemFailures). A forged or unreadable event went to the dead letters.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
from aws_lambda_powertools import Logger

from fargatecount.bootstrap.functions.hub import runtime
from fargatecount.ingest.batch import Message
from fargatecount.organization.receive import receive
from handlers._runtime import LambdaContext, out_of_time

logger = Logger(service="usage_received")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Keep a batch of usage events."""
    here = runtime()
    messages = [Message(record["messageId"], record["body"]) for record in event["Records"]]
    # Lambda may deliver one event twice, with one request id: the random part distinguishes the two.
    ports = here.receive_ports(f"usage_received, request {context.aws_request_id}, {uuid4().hex[:8]}")
    result = receive(messages, ports, stop=out_of_time(context))
    for reason in result.refused:
        logger.warning("usage event refused; it is in the dead letters", extra={"reason": reason})
    for sent in result.announced:
        text = "breach announced" if here.settings.armed else "unarmed: breach only logged"
        logger.info(text, extra={"account_name": sent.message.account_name, "detail": msgspec.to_builtins(sent.message.detail)})
    for error in result.errors:
        logger.warning("usage events are delivered again", extra={"reason": error})
    logger.info("received", extra={"messages": len(messages), "outcomes": result.tally})
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in result.retry_ids]}
