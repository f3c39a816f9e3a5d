"""A dead letter: a message that could not be delivered or processed, its source, its reason, and whether this version can read it.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from fargatecount.ecs.event import Malformed, decode_event
from fargatecount.workload import Millis

EXCERPT = 200
"""Characters of a body: type, account, time and cluster of an event are within the first 200."""


class DeadLetterSource(StrEnum):
    """Which part of the deployment gave the message up."""

    HANDLER = "handler"
    """Function task_changed could not read it."""
    RULE = "rule"
    """EventBridge could not deliver it to the task queue."""
    RETRIES = "retries"
    """It was readable, or was never read, and was not processed in all its receives."""
    STREAM = "stream"
    """Function publish could not be invoked for changes of counters: not an event, and nothing is lost with it."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One message as a queue returns it."""

    id: str
    receipt: str = ""
    """Handle for deleting it or returning it to the queue; valid for this receive only."""
    body: str
    attributes: Mapping[str, str] = {}
    """Message attributes."""
    sent_at: Millis
    received: int
    """Number of receives, this one included."""


class DeadLetterSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as it is shown; all text can be printed and encoded."""

    id: str
    source: DeadLetterSource
    reason: str
    sent_at: Millis
    received: int
    understood: bool | None
    """Whether this version of fargatecount can read it; None for a message that is not an event."""
    excerpt: str
    body: str


def is_task_event(letter: DeadLetter) -> bool:
    """Return whether this version can read a letter as an event of a task; raises nothing, whatever its body."""
    # The time of the event matters to nothing here, so any does.
    return not isinstance(decode_event(letter.body, now=letter.sent_at), Malformed)


def summarize(letter: DeadLetter, *, from_stream: bool, is_readable: Callable[[DeadLetter], bool] = is_task_event) -> DeadLetterSummary:
    """Return the summary of a letter; raises nothing, whatever its body, if `is_readable` does not."""
    source = DeadLetterSource.STREAM if from_stream else _source_of(letter)
    body = _printable(letter.body)
    return DeadLetterSummary(
        id=letter.id,
        source=source,
        reason=_printable(_reason_of(letter, source)),
        sent_at=letter.sent_at,
        received=letter.received,
        understood=None if from_stream else is_readable(letter),
        excerpt=" ".join(body[: EXCERPT * 2].split())[:EXCERPT],
        body=body,
    )


def _printable(text: str) -> str:
    """Return text without halves of surrogate pairs, which no output can encode."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _source_of(letter: DeadLetter) -> DeadLetterSource:
    if letter.attributes.get("source") == DeadLetterSource.HANDLER:
        return DeadLetterSource.HANDLER
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    return DeadLetterSource.RULE if {"RULE_ARN", "ERROR_CODE"} & letter.attributes.keys() else DeadLetterSource.RETRIES


def _reason_of(letter: DeadLetter, source: DeadLetterSource) -> str:
    attributes = letter.attributes
    match source:
        case DeadLetterSource.HANDLER:
            return attributes.get("reason") or "no reason was written"
        case DeadLetterSource.RULE:
            given = (attributes.get("ERROR_CODE"), attributes.get("ERROR_MESSAGE"))
            return ": ".join(filter(None, given)) or "EventBridge could not deliver it"
        case DeadLetterSource.RETRIES:
            return "not processed in all its tries"
        case DeadLetterSource.STREAM:
            return _reason_of_stream(letter.body)


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
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return "function publish was not invoked"
    return f"{failure.request_context.condition or 'function publish was not invoked'}, {failure.batch.batch_size} changes"
