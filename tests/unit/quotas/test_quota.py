from __future__ import annotations

import msgspec
import pytest

from fargatecount.bounds import Bounded
from fargatecount.counts import Counts
from fargatecount.quotas.document import quota_documents
from fargatecount.quotas.held import HeldCounts
from fargatecount.quotas.limits import Standing
from fargatecount.quotas.quota import QUOTA_TTL, Origin, Quota, fresh, latest, quota_standing, unknown
from fargatecount.workload import Capacity, Facts, Millis, Phase
from tests.support.builders import HOUR, NOW

HALF = Facts(cpu=512, memory=1024)


def applied(value: float, capacity: Capacity = Capacity.ON_DEMAND, read_at: Millis = NOW) -> Quota:
    return Quota(capacity=capacity, value=value, source=Origin.APPLIED, read_at=read_at)


@pytest.mark.parametrize(("capacity", "code"), [(Capacity.ON_DEMAND, "L-3032A538"), (Capacity.SPOT, "L-36FBB829")])
def test_codes(capacity: Capacity, code: str) -> None:
    """Each capacity has the quota code that AWS gave it."""
    assert applied(6.0, capacity).code == code


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        (applied(6.0), (1.5, 4.5, 25.0)),
        (applied(1.0), (1.5, -0.5, 150.0)),
        (applied(0.0), (1.5, -1.5, None)),
        (unknown(Capacity.ON_DEMAND, NOW, "throttled"), (1.5, None, None)),
    ],
)
def test_a_quota_is_used_by_held_vcpu(quota: Quota, expected: tuple[float, float | None, float | None]) -> None:
    """Held vCPU are counted against the quota; unknown has no percentage, and neither has 0, of which more may be used than there is."""
    held = Counts.total([Counts.of(phase, HALF) for phase in (Phase.PENDING, Phase.RUNNING, Phase.STOPPING, Phase.WAITING)])
    standing = quota_standing(quota, HeldCounts(held))
    assert (standing.used.value, standing.remaining.value, standing.percent.value) == expected
    assert standing.used.is_exact


def test_an_unsized_workload_makes_the_use_of_a_quota_a_lower_bound() -> None:
    """A workload without a known size may use more of the quota than is shown, so less of it may be free."""
    standing = quota_standing(applied(6.0), HeldCounts(Counts.of(Phase.PENDING, Facts())))
    assert standing == Standing(Bounded.at_least(0.0), Bounded.at_most(6.0), Bounded.at_least(0.0))


def test_what_was_just_read_is_believed() -> None:
    """A value that was read now replaces the one before, a smaller one too."""
    assert latest([applied(100.0, read_at=NOW - HOUR)], [applied(6.0)], NOW) == [applied(6.0)]


def test_a_failed_read_leaves_the_last_value() -> None:
    """Where a quota cannot be read now, the last known value stands with the time of its reading, beside the reason."""
    [quota] = latest([applied(100.0, read_at=NOW - HOUR)], [unknown(Capacity.ON_DEMAND, NOW, "throttled")], NOW)
    assert (quota.value, quota.source, quota.read_at, quota.reason) == (100.0, Origin.APPLIED, NOW - HOUR, "throttled")


@pytest.mark.parametrize(
    ("kept", "value", "reason"),
    [
        ([applied(6.0)], 6.0, ""),
        ([applied(6.0, read_at=NOW - QUOTA_TTL)], 6.0, ""),
        ([applied(6.0, read_at=NOW - QUOTA_TTL - 1)], None, "not read since 2025-12-30T23:59:59Z"),
        (
            [msgspec.structs.replace(applied(6.0, read_at=NOW - 25 * HOUR), reason="throttled")],
            None,
            "not read since 2025-12-30T23:00:00Z: throttled",
        ),
        ([unknown(Capacity.ON_DEMAND, NOW, "denied")], None, "denied"),
        ([], None, "not yet read"),
    ],
)
def test_a_value_that_is_too_old_is_unknown(kept: list[Quota], value: float | None, reason: str) -> None:
    """A quota can be used for a day after it was read; after that it is unknown, with the reason."""
    on_demand, spot = fresh(kept, NOW)
    assert (on_demand.value, on_demand.reason, spot.value, spot.reason) == (value, reason, None, "not yet read")


def test_the_reason_goes_when_the_quota_can_be_read_again() -> None:
    """After a good read no trace of the failure is left."""
    kept = latest([applied(100.0, read_at=NOW - HOUR)], [unknown(Capacity.ON_DEMAND, NOW, "throttled")], NOW)
    assert latest(kept, [applied(100.0)], NOW) == [applied(100.0)]


def test_a_value_does_not_stand_in_for_ever() -> None:
    """A value older than a day no longer hides that the quota cannot be read, however often the read is repeated."""
    failed = [unknown(Capacity.ON_DEMAND, NOW, "denied")]
    young = [applied(100.0, read_at=NOW - QUOTA_TTL)]
    old = [applied(100.0, read_at=NOW - QUOTA_TTL - 1)]
    assert latest(latest(young, failed, NOW), failed, NOW)[0].value == 100.0
    assert latest(old, failed, NOW) == failed


def test_a_value_of_the_other_capacity_does_not_stand_in() -> None:
    """A quota that was never read stays unknown, whatever is known of the other one."""
    assert latest([applied(100.0)], [unknown(Capacity.SPOT, NOW, "throttled")], NOW)[0].value is None


def test_quotas_in_json() -> None:
    """Both capacities are shown, each against what is held of it."""
    counts = Counts.of(Phase.RUNNING, HALF) + Counts.of(Phase.RUNNING, Facts(cpu=2048, memory=4096, capacity=Capacity.SPOT))
    assert msgspec.to_builtins(quota_documents([applied(6.0), applied(8.0, Capacity.SPOT)], HeldCounts(counts))) == [
        {
            "capacity": "on-demand",
            "code": "L-3032A538",
            "unit": "vCPU",
            "value": 6.0,
            "used": 0.5,
            "used_at_least": False,
            "exact": True,
            "remaining": 5.5,
            "percent": pytest.approx(100 / 12),
            "source": "applied",
            "reason": None,
            "read_at": "2026-01-01T00:00:00Z",
        },
        {
            "capacity": "spot",
            "code": "L-36FBB829",
            "unit": "vCPU",
            "value": 8.0,
            "used": 2.0,
            "used_at_least": False,
            "exact": True,
            "remaining": 6.0,
            "percent": 25.0,
            "source": "applied",
            "reason": None,
            "read_at": "2026-01-01T00:00:00Z",
        },
    ]


def test_a_quota_that_was_never_read_is_null_in_json() -> None:
    """Before the first read both quotas are there, used but without value, remainder or percentage."""
    for shown in msgspec.to_builtins(quota_documents([], HeldCounts(Counts.of(Phase.RUNNING, HALF)))):
        assert (shown["value"], shown["remaining"], shown["percent"], shown["read_at"]) == (None, None, None, None)
        assert (shown["source"], shown["reason"]) == ("unknown", "not yet read")
