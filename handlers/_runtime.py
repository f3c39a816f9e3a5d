"""What all entry points share: Lambda's context, the remaining time, and metrics as lines of the log."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Protocol

from fargatecount.metrics.emf import documents
from fargatecount.metrics.series import DataPoint
from fargatecount.settings.environment import IngestSettings

RESERVE = 5_000
"""Milliseconds kept back before the function's deadline: a transaction under way takes up to 4.5 s, DynamoDB's timeouts to connect and to
answer."""


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html)."""

    aws_request_id: str
    invoked_function_arn: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the function may still run."""
        ...


def account_of(context: LambdaContext) -> str:
    """Return the account that the function runs in, without a call to STS: `arn:aws:lambda:<region>:<account>:function:<name>`."""
    return context.invoked_function_arn.split(":")[4]


def out_of_time(context: LambdaContext) -> Callable[[], bool]:
    """Return a function that returns True once less than the reserve is left."""
    return lambda: context.get_remaining_time_in_millis() < RESERVE


def emit(points: Iterable[DataPoint], settings: IngestSettings) -> None:
    """Write points to the log as embedded metrics: a line instead of a call to CloudWatch. Unarmed, write nothing."""
    if settings.armed:
        for document in documents(points, namespace=settings.names.namespace, prefix=settings.names.metric_prefix):
            sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()
