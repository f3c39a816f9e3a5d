"""Drift: each repair names what must have gone wrong, and says whether a counter was wrong for it."""

from __future__ import annotations

import pytest

from fargatecount.ledger.row import Row
from fargatecount.reconcile.drift import Cause
from fargatecount.workload import Capacity, Facts, Observation, Phase
from tests.support.builders import HOUR, NOW, row, told_by_api
from tests.support.planning import decide

SPOT = Facts(cpu=256, memory=512, capacity=Capacity.SPOT)

CASES = [
    ("missed start", None, told_by_api(Phase.RUNNING, 3), Cause.MISSED_START),
    ("missed stop", row(Phase.RUNNING, 3), told_by_api(Phase.GONE, 5), Cause.MISSED_STOP),
    ("missed life", None, told_by_api(Phase.GONE, 5), Cause.MISSED_LIFE),
    ("stale phase", row(Phase.PENDING, 1), told_by_api(Phase.RUNNING, 3), Cause.STALE_PHASE),
    ("wrong phase", row(Phase.PENDING, 3), told_by_api(Phase.RUNNING, 3), Cause.WRONG_PHASE),
    ("wrong size", row(facts=Facts(cpu=512, memory=512)), told_by_api(), Cause.WRONG_SIZE),
    ("size not known", row(facts=Facts()), told_by_api(), Cause.WRONG_SIZE),
    ("wrong capacity", row(), told_by_api(facts=SPOT), Cause.WRONG_CAPACITY),
    ("missing facts", row(), told_by_api(facts=Facts(cpu=256, memory=512, architecture="arm64")), Cause.MISSING_FACTS),
    ("resurrected", row(Phase.GONE, 3, inferred=True), told_by_api(Phase.RUNNING, 3), Cause.RESURRECTED),
]


@pytest.mark.parametrize(("name", "before", "seen", "cause"), CASES, ids=[case[0] for case in CASES])
def test_each_difference_has_its_cause(name: str, before: Row | None, seen: Observation, cause: Cause) -> None:
    """A difference between ledger and AWS is recorded, and named by what must have happened."""
    del name
    decided = decide({"t1": before} if before else {}, seen)
    assert [repair.cause for repair in decided.repairs] == [cause]
    assert decided.observations == [seen]


def test_a_change_that_just_happened_is_repaired_and_not_called_drift() -> None:
    """The event of a young change may still be on its way."""
    decided = decide({}, told_by_api(Phase.RUNNING, 3), changed_at={"t1": NOW - 1_000})
    assert (decided.repairs[0].in_flight, decided.drifted, len(decided.observations)) == (True, 0, 1)


def test_a_wrong_size_is_drift_however_young_the_task() -> None:
    """No event on its way changes a size."""
    decided = decide({"t1": row(facts=Facts(cpu=1, memory=1))}, told_by_api(), changed_at={"t1": NOW})
    assert decided.drifted == 1


def test_the_delay_is_the_time_for_which_it_was_missed() -> None:
    """A repair says how long the ledger was wrong."""
    assert decide({}, told_by_api(Phase.RUNNING, 3)).repairs[0].delay_ms == HOUR


def test_missed_lives_and_missing_facts_are_not_drift() -> None:
    """Drift is what made a counter wrong."""
    seen = [told_by_api(Phase.GONE, 5), told_by_api(workload_id="t2", facts=Facts(cpu=256, memory=512, os="WINDOWS"))]
    assert decide({"t2": row()}, *seen).drifted == 0
