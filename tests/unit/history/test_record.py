"""The record of a life, from its row."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.history.record import State, kind_of_stop, record_of
from fargatecount.usage.prices import LIST_PRICES
from fargatecount.workload import NO_FACTS, Capacity, Facts, Phase
from tests.support.builders import FULL, HOUR, MINUTE, NOW, PODS, WEB, row


def test_a_reported_end_is_that_of_aws() -> None:
    """AWS's own time of the end counts, not the time at which the event arrived."""
    found = record_of(WEB, "t1", row(Phase.GONE, 5, facts=FULL, observed_at=NOW + MINUTE), LIST_PRICES, NOW + HOUR)
    assert found is not None
    assert (found.state, found.ended_at, found.ended_after, found.day) == (State.ENDED, NOW - 1, None, "2025-12-31")
    assert (found.cluster, found.service, found.family, found.owner) == ("ECS-web", "service:checkout", "checkout-canary", "payments")
    assert found.launch_ms == MINUTE


def test_the_end_of_a_pod_is_its_deletion() -> None:
    """A pod's object has no time of its end: the deletion event is the end, and its containers' first start the start."""
    facts = Facts(cpu=256, memory=512, group="shop/web", created_at=NOW, started_at=NOW + 5000, ready_at=NOW + 9000)
    found = record_of(PODS, "u1", row(Phase.GONE, 5, facts=facts, observed_at=NOW + HOUR), LIST_PRICES, NOW + HOUR)
    assert found is not None
    assert (found.state, found.ended_at, found.family) == (State.ENDED, NOW + HOUR, "web")
    assert (found.pull_started_at, found.started_at, found.launch_ms, found.billed_seconds) == (NOW + 5000, NOW + 9000, 9000, 3595)


@pytest.mark.parametrize("inferred", [True, False])
def test_an_end_that_no_source_reported_has_bounds(inferred: bool) -> None:
    """Missing from an answer or absent from a list: it ended after it was last known to live, and before the answer."""
    facts = msgspec.structs.replace(FULL, stopping_at=None, stopped_at=None)
    tombstone = row(Phase.GONE, 5, facts=facts, observed_at=NOW + HOUR, inferred=inferred, alive_at=NOW + MINUTE)
    found = record_of(WEB, "t1", tombstone, LIST_PRICES, NOW + HOUR)
    assert found is not None
    assert (found.state, found.ended_after, found.ended_at) == (State.INFERRED, NOW + MINUTE, NOW + HOUR)
    assert 0 < found.cost_uncertain < (found.cost or 0)


def test_a_living_row_is_a_record_until_now() -> None:
    """It costs what it has cost so far, and has no end."""
    found = record_of(WEB, "t1", row(Phase.RUNNING, 3, facts=FULL), LIST_PRICES, NOW + HOUR)
    assert found is not None
    assert (found.state, found.ended_at, found.billed_until) == (State.LIVING, None, NOW + HOUR)


def test_a_tombstone_without_facts_is_no_record() -> None:
    """A tombstone of an earlier release says only that something ended."""
    assert record_of(WEB, "t1", row(Phase.GONE, 5, facts=NO_FACTS), LIST_PRICES, NOW) is None


@pytest.mark.parametrize(("code", "interrupted"), [("SpotInterruption", True), ("TerminationNotice", True), ("UserInitiated", False)])
def test_an_interruption_is_known_by_its_code(code: str, interrupted: bool) -> None:
    """AWS's guide has had two codes for it."""
    facts = msgspec.structs.replace(FULL, capacity=Capacity.SPOT, stop_code=code)
    found = record_of(WEB, "t1", row(Phase.GONE, 5, facts=facts), LIST_PRICES, NOW)
    assert found is not None
    assert found.interrupted is interrupted


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Scaling activity initiated by (deployment ecs-svc/1234567890123456789)", "Scaling activity initiated by (deployment ecs-svc/…)"),
        (
            "(service web) (task 0123456789abcdef0123456789abcdef) failed ELB health checks in (target-group arn:aws:x:1)",
            "(service web) (task …) failed ELB health checks in (target-group …",
        ),
        ("Essential container in task exited", "Essential container in task exited"),
        ("Timeout waiting for eni-0123456789abcdef0", "Timeout waiting for …"),
        (None, None),
    ],
)
def test_equal_reasons_are_one(reason: str | None, kind: str | None) -> None:
    """Ids make each text another one; without them 400 stops have one reason."""
    assert kind_of_stop(reason) == kind
