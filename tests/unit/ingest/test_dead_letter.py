"""What a dead letter says."""

from __future__ import annotations

import pytest

from fargatecount.ingest.dead_letter import EXCERPT, DeadLetterSource, document, summarize
from tests.support.builders import NOW
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
def test_where_a_letter_comes_from_and_why(attributes: dict[str, str], source: DeadLetterSource, reason: str) -> None:
    """Its attributes tell: those of our handler, those of EventBridge, or none, which SQS itself moved."""
    told = summarize(letter(attributes=attributes), from_stream=False)
    assert (told.source, told.reason) == (source, reason)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (FAILURE, "RetryAttemptsExhausted, 37 changes"),
        ("{}", "function publish was not woken, 0 changes"),
        ("not JSON", "function publish was not woken"),
        ("[]", "function publish was not woken"),
    ],
)
def test_a_failure_of_the_stream_is_no_event(body: str, reason: str) -> None:
    """Lambda's record says why and of how much; whether it could be read as an event is no question."""
    told = summarize(letter(body, UNREADABLE), from_stream=True)
    assert (told.source, told.reason, told.understood) == (DeadLetterSource.STREAM, reason, None)


@pytest.mark.parametrize(
    ("body", "understood"),
    [
        (EVENT, True),
        ('{"detail-type": "ECS Service Action", "detail": {}}', True),
        ("(empty)", False),
        ("[" * 100_000, False),
        ('{"detail-type": "ECS Task State Change"}', False),
    ],
    ids=["task", "service", "empty", "deep", "no detail"],
)
def test_whether_this_version_understands_a_letter(body: str, understood: bool) -> None:
    """What the handler of this version would take is understood; after a fix that is the point of replaying."""
    assert summarize(letter(body), from_stream=False).understood is understood


def test_an_excerpt_is_one_short_line() -> None:
    """However long and many-lined the body is."""
    assert summarize(letter("a\n\n  b\t" + "x" * 10_000), from_stream=False).excerpt == "a b " + "x" * (EXCERPT - 4)


def test_letters_for_programs() -> None:
    """Ages are whole seconds and never negative; bodies are there when asked for."""
    told = summarize(letter("x", UNREADABLE), from_stream=False)
    (row,) = document([told], NOW - 1)
    assert (row["age_seconds"], row["source"], row["understood"], "body" in row) == (0, "handler", False, False)
    assert document([told], NOW + 61_900, with_bodies=True)[0] | {"age_seconds": 61, "body": "x"} == row | {"age_seconds": 61, "body": "x"}
