"""The history: rows that have ended, from the table's stream into the bucket; and once a day the maintenance of what lies there.

A batch is stored whole or not at all: on an error Lambda delivers it again, for as long as the stream keeps it (24 hours). A record that
is no row stops nothing: it is logged, and its row stays in the table, where the maintenance finds it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from fargatecount.bootstrap.functions.archive import runtime
from fargatecount.history.archive import archive
from fargatecount.history.maintenance import maintain
from handlers._runtime import LambdaContext, account_of, out_of_time

logger = Logger(service="archive")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Archive a batch of the stream; without one, maintain the history.

    Raises:
        DeniedError, UnavailableError: the bucket or the table did not answer. The batch is delivered again; the maintenance waits a day.
    """
    here = runtime()
    records = event.get("Records")
    if records is None:
        done = maintain(here.maintenance_ports(account_of(context)), here.clock.now(), out_of_time(context))
        answer: dict[str, Any] = msgspec.to_builtins(done)
        logger.info("maintained", extra=answer)
        return answer
    if not records:
        return {"records": 0}
    batch = here.read_batch(records)
    for reason in batch.unreadable:
        logger.error("a record of the stream is no row", extra={"reason": reason})
    stored = archive(batch.rows, batch.name, here.store, here.prices(account_of(context)), here.clock.now())
    answer = {"records": stored.records, "objects": list(stored.objects), "skipped": stored.skipped, "unreadable": len(batch.unreadable)}
    logger.info("archived", extra=answer)
    return answer
