"""Which events the hub takes: only EventBridge's own account and Region count."""

from __future__ import annotations

import json

import msgspec
import pytest

from fargatecount.organization.envelope import AHEAD, Received, Rejected, read_event
from fargatecount.organization.report import encode
from fargatecount.workload import Scope
from tests.support.builders import MINUTE, NOW, SCOPE
from tests.support.reports import event, report

OTHER = Scope("999999999999", "eu-west-1")
ELSEWHERE = Scope(SCOPE.account, "us-east-1")


def changed(**keys: object) -> bytes:
    """Return a report with some keys replaced."""
    return msgspec.json.encode({**json.loads(encode(report())), **keys})


def test_a_scope_reports_itself() -> None:
    """The report of the scope that EventBridge names is taken, with its own text."""
    found = read_event(event(report(3)), NOW)
    assert isinstance(found, Received)
    assert found.report.total.running == 3
    assert msgspec.json.decode(found.text) == msgspec.json.decode(encode(report(3)))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (event(report(scope=OTHER)), "sent a report about 999999999999 eu-west-1, and a scope reports only itself"),
        (event(report(scope=ELSEWHERE)), "sent a report about 123456789012 us-east-1, and a scope reports only itself"),
        (event(report(), OTHER), "account 999999999999 in eu-west-1 sent a report about 123456789012"),
        (event(report(), source="aws.ecs"), "its source is 'aws.ecs'"),
        (event(report(), source="com.example"), "only events of 'fargatecount' are taken"),
        (event(report(), detail_type="Fargate Limit Crossed"), "its detail-type is 'Fargate Limit Crossed'"),
        (event(changed(version=2)), "its report has version 2, and this hub reads 1: upgrade the hub"),
        (event(changed(as_of=NOW + AHEAD + 1)), "dated 2026-01-01T00:05:00Z, which is in the future"),
        (event(changed(as_of=2**53)), "which is in the future"),
        (event(changed(clusters="all")), "its detail is no usage report"),
        (event(changed(as_of=-1)), "its detail is no usage report"),
        (event(changed(undiscovered="x" * 500_000)), "bytes, and a usage event has at most"),
        (event(report(), account=7), "it is no event of EventBridge"),
        ("", "it is no event of EventBridge"),
        ("{", "it is no event of EventBridge"),
        ("[" * 100_000, "it is no event of EventBridge"),
        ('{"source": "fargatecount"}', "it is no event of EventBridge"),
    ],
    ids=lambda value: value[:40] if "{" not in value[:1] else "event",
)
def test_anything_else_is_refused_with_its_reason(body: str, reason: str) -> None:
    """Another scope, another source, another shape, another time."""
    found = read_event(body, NOW)
    assert isinstance(found, Rejected)
    assert reason in found.reason
    assert len(found.reason) < 300


def test_a_clock_that_is_a_little_ahead_is_tolerated() -> None:
    """Clocks of two accounts are never equal."""
    assert isinstance(read_event(event(report(at=NOW + MINUTE)), NOW), Received)
