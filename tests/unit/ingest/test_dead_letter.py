"""The summary of a dead letter."""

from __future__ import annotations

import pytest

from fargatecount.ingest.dead_letter import EXCERPT, DeadLetterSource, summarize
from tests.support.letters import EVENT, FAILURE, UNDELIVERED, UNREADABLE, letter


@pytest.mark.parametrize(
    ("attributes", "source", "reason"),
    [
        (UNREADABLE, DeadLetterSource.HANDLER, "no JSON: it ends early"),
        ({"source": "handler"}, DeadLetterSource.HANDLER, "no reason was written"),
        (UNDELIVERED, DeadLetterSource.RULE, "NO_PERMISSIONS: not allowed"),
        ({"RULE_ARN": "arn:rule"}, DeadLetterSource.RULE, "EventBridge could not deliver it"),
        ({}, DeadLetterSource.RETRIES, "not processed in all its tries"),
    ],
)
def test_the_source_and_the_reason(attributes: dict[str, str], source: DeadLetterSource, reason: str) -> None:
    """Attributes of our handler, of EventBridge, or none, which is what SQS's redrive leaves, identify the source."""
    summary = summarize(letter(attributes=attributes), from_stream=False)
    assert (summary.source, summary.reason) == (source, reason)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (FAILURE, "RetryAttemptsExhausted, 37 changes"),
        ("{}", "function publish was not invoked, 0 changes"),
        ("not JSON", "function publish was not invoked"),
        ("[]", "function publish was not invoked"),
        ('{"x": ' + "[" * 3000 + "]" * 3000 + "}", "function publish was not invoked"),
        ("\ud800", "function publish was not invoked"),
    ],
    ids=["real", "empty", "no JSON", "no object", "deep", "half a pair"],
)
def test_a_failure_of_the_stream_is_not_an_event(body: str, reason: str) -> None:
    """The reason is Lambda's own, and whether the body is a readable event is not asked."""
    summary = summarize(letter(body, UNREADABLE), from_stream=True)
    assert (summary.source, summary.reason, summary.understood) == (DeadLetterSource.STREAM, reason, None)


@pytest.mark.parametrize(
    ("body", "understood"),
    [
        (EVENT, True),
        ('{"detail-type": "ECS Service Action", "detail": {}}', True),
        (EVENT.replace("FARGATE", "EC2"), True),
        ("(empty)", False),
        ("[" * 100_000, False),
        ('{"detail-type": "ECS Task State Change", "x": ' + "[" * 3000 + "]" * 3000 + "}", False),
        ('{"detail-type": "ECS Task State Change"}', False),
        ("\ud800", False),
    ],
    ids=["task", "service", "instances", "empty", "open", "deep", "no detail", "half a pair"],
)
def test_whether_this_version_understands_a_letter(body: str, understood: bool) -> None:
    """A letter is understood if the handler of this version would not return it to the dead letters."""
    assert summarize(letter(body), from_stream=False).understood is understood


def test_an_excerpt_is_one_short_line() -> None:
    """An excerpt is one line of bounded length, whatever the body."""
    assert summarize(letter("a\n\n  b\t" + "x" * 10_000), from_stream=False).excerpt == "a b " + "x" * (EXCERPT - 4)


def test_a_summary_can_be_encoded() -> None:
    """Half of a surrogate pair in a body or a reason does not stop the list from being printed."""
    summary = summarize(letter("a\ud800é", {"source": "handler", "reason": "\udfff"}), from_stream=False)
    assert (summary.body, summary.excerpt, summary.reason) == ("a?é", "a?é", "?")
