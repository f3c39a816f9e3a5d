"""`python -m benchmarks.handler_child TASK FILE …`: one process that does the work of the Lambda function, or the least possible work.

`record` runs the handler and stores its requests; `handler` runs it and measures; `per-bucket` and `record-per-bucket` do the same with one
transaction per bucket; `bare` sends stored requests with boto3 alone.
Prints the measurements as one line of JSON; the function's own log goes to standard output, as in Lambda, and is discarded.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import msgspec
from botocore import xform_name

from benchmarks.per_bucket import record_per_bucket
from benchmarks.units import Call
from fargatecount.ledger import isolation
from fargatecount.ledger.record import record

WARM_UP = 20
"""Batches before the clock starts: connections are open then, and the cluster is known."""


class _Context:
    aws_request_id = "0"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:task_changed"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def main(task: str, events_file: str, calls_file: str) -> None:
    """Do the task."""
    result = os.fdopen(os.dup(1), "w")
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
    if task == "bare":
        told = _bare(msgspec.json.decode(Path(calls_file).read_bytes(), type=list[list[Call]]))
    else:
        if task.endswith("per-bucket"):
            assert vars(isolation)["record"] is record, "the function records in another way: this baseline would measure it with itself"
            vars(isolation)["record"] = record_per_bucket
        calls: list[list[Call]] = []
        told = _handler(json.loads(Path(events_file).read_bytes()), calls if task.startswith("record") else None)
        if calls:
            Path(calls_file).write_bytes(msgspec.json.encode(calls))
    result.write(json.dumps(told) + "\n")
    result.flush()


def _handler(batches: list[dict[str, Any]], calls: list[list[Call]] | None) -> dict[str, float]:
    from fargatecount.bootstrap.functions.task_changed import runtime  # noqa: PLC0415
    from handlers import task_changed  # noqa: PLC0415 - its import is measured elsewhere

    if calls is not None:
        # PynamoDB's client is private, and the requests on the wire are what must be counted.
        client = runtime().ledger._connection().client  # noqa: SLF001
        client.meta.events.register("before-send.dynamodb", _Listener(calls))
    context = _Context()

    def work(messages: dict[str, Any]) -> None:
        if calls is not None:
            calls.append([])
        answer = task_changed.handler(messages, context)
        assert answer == {"batchItemFailures": []}, answer

    return _measured(batches, work)


class _Listener:
    def __init__(self, calls: list[list[Call]]) -> None:
        self._calls = calls

    def __call__(self, request: Any, **_: Any) -> None:
        operation = request.headers["X-Amz-Target"]
        text = operation.decode() if isinstance(operation, bytes) else operation
        self._calls[-1].append(Call(text.rpartition(".")[2], json.loads(request.body)))


def _bare(batches: list[list[Call]]) -> dict[str, float]:
    client: Any = boto3.client("dynamodb")
    table = os.environ["FARGATECOUNT_TABLE"]
    prepared: list[list[tuple[Callable[..., Any], dict[str, Any]]]] = [
        [(getattr(client, xform_name(call.operation)), _for_table(call, table)) for call in batch] for batch in batches
    ]

    def work(batch: list[tuple[Callable[..., Any], dict[str, Any]]]) -> None:
        for send, body in batch:
            # A new cluster's items are written on the condition that they do not exist, and the first write of a counter finds it closed.
            with suppress(client.exceptions.ConditionalCheckFailedException, client.exceptions.TransactionCanceledException):
                send(**body)

    return _measured(prepared, work)


def _for_table(call: Call, table: str) -> dict[str, Any]:
    body = dict(call.body)
    body.pop("ClientRequestToken", None)  # boto3 adds its own, as PynamoDB's client did
    if "RequestItems" in body:
        (request,) = body["RequestItems"].values()
        return {**body, "RequestItems": {table: request}}
    if "TransactItems" in body:
        return {
            **body,
            "TransactItems": [{kind: {**action, "TableName": table} for kind, action in one.items()} for one in body["TransactItems"]],
        }
    return {**body, "TableName": table}


def _measured(batches: list[Any], work: Callable[[Any], None]) -> dict[str, float]:
    for batch in batches[:WARM_UP]:
        work(batch)
    wall, cpu = time.perf_counter(), time.process_time()
    for batch in batches[WARM_UP:]:
        work(batch)
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "batches": len(batches) - WARM_UP}


if __name__ == "__main__":
    main(*sys.argv[1:])
