"""A dead letter: where a message comes from that could not be delivered or processed, why, and whether this version can read it.

Pure. Of the shape `fargatecount/dead-letters` version 1: keys may be added, none is renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from fargatecount.ecs.refusals import is_about_a_service
from fargatecount.ecs.task import parse_event
from fargatecount.errors import MalformedError
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis

SCHEMA = "fargatecount/dead-letters"
VERSION = 1

EXCERPT = 200
"""Characters of a body: an event's type, account, time and cluster stand in the first 200."""


class DeadLetterSource(StrEnum):
    """Where a letter comes from."""

    HANDLER = "handler"
    """Function task_changed could not understand it."""
    RULE = "rule"
    """EventBridge could not deliver it to the task queue."""
    RETRIES = "retries"
    """It was understood, or nobody came as far, and could not be processed in all its tries."""
    STREAM = "stream"
    """Function publish could not be woken by changes of counters: no event, and nothing is lost with it."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One message as a queue hands it out."""

    id: str
    receipt: str = ""
    """What it is deleted or put back by; of this one look."""
    body: str
    attributes: Mapping[str, str] = {}
    """Message attributes."""
    sent_at: Millis
    received: int
    """How often somebody has received it, this look included."""


class DeadLetterSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter says to a person."""

    id: str
    source: DeadLetterSource
    reason: str
    sent_at: Millis
    received: int
    understood: bool | None
    """Whether this version of fargatecount can read it; None for what is no event."""
    excerpt: str
    body: str


def summarize(letter: DeadLetter, *, from_stream: bool) -> DeadLetterSummary:
    """Return what a letter says; pure."""
    source = DeadLetterSource.STREAM if from_stream else _source_of(letter)
    return DeadLetterSummary(
        id=letter.id,
        source=source,
        reason=_reason_of(letter, source),
        sent_at=letter.sent_at,
        received=letter.received,
        understood=None if from_stream else _is_understood(letter.body),
        excerpt=" ".join(letter.body[: EXCERPT * 2].split())[:EXCERPT],
        body=letter.body,
    )


def _source_of(letter: DeadLetter) -> DeadLetterSource:
    if letter.attributes.get("source") == DeadLetterSource.HANDLER:
        return DeadLetterSource.HANDLER
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    return DeadLetterSource.RULE if {"RULE_ARN", "ERROR_CODE"} & letter.attributes.keys() else DeadLetterSource.RETRIES


def _reason_of(letter: DeadLetter, source: DeadLetterSource) -> str:
    of = letter.attributes
    match source:
        case DeadLetterSource.HANDLER:
            return of.get("reason") or "no reason was written"
        case DeadLetterSource.RULE:
            return ": ".join(filter(None, (of.get("ERROR_CODE"), of.get("ERROR_MESSAGE")))) or "EventBridge could not deliver it"
        case DeadLetterSource.RETRIES:
            return "not processed in all its tries"
        case DeadLetterSource.STREAM:
            return _reason_of_stream(letter.body)


def _is_understood(body: str) -> bool:
    try:
        parse_event(body)
    except MalformedError:
        return is_about_a_service(body)
    return True


class _Context(msgspec.Struct, rename="camel"):
    condition: str = ""


class _Batch(msgspec.Struct, rename="camel"):
    batch_size: int = 0


class _Failure(msgspec.Struct, rename="camel"):
    """https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html."""

    request_context: _Context = msgspec.field(default_factory=_Context)
    batch: _Batch = msgspec.field(name="DDBStreamBatchInfo", default_factory=_Batch)


def _reason_of_stream(body: str) -> str:
    try:
        failure = msgspec.json.decode(body, type=_Failure)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "function publish was not woken"
    return f"{failure.request_context.condition or 'function publish was not woken'}, {failure.batch.batch_size} changes"


def document(letters: Iterable[DeadLetterSummary], now: Millis, *, with_bodies: bool = False) -> list[dict[str, Any]]:
    """Return letters for JSON."""
    return [
        {
            "id": told.id,
            "source": str(told.source),
            "reason": told.reason,
            "sent_at": to_iso(told.sent_at),
            "age_seconds": max(now - told.sent_at, 0) // 1000,
            "received": told.received,
            "understood": told.understood,
            "excerpt": told.excerpt,
            **({"body": told.body} if with_bodies else {}),
        }
        for told in letters
    ]
