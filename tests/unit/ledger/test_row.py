"""How one observation changes a row: the table of cases."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.counts import EMPTY
from fargatecount.ledger.row import OTHER_FACTS, TOMBSTONE_LIFE, TOO_OLD, MergeOutcome, Row, merge
from fargatecount.workload import LIVING, NO_FACTS, Capacity, Facts, Observation, Phase, SourceRank
from tests.support.builders import FIRST, FULL, HOUR, MINUTE, NOW, SECOND, absent_from_list, order, row, seen, told_by_api, unknown_to_api

WAITING, PENDING, RUNNING, STOPPING, GONE = Phase.WAITING, Phase.PENDING, Phase.RUNNING, Phase.STOPPING, Phase.GONE
APPLIED, ENRICHED, STALE, DUPLICATE = MergeOutcome.APPLIED, MergeOutcome.ENRICHED, MergeOutcome.STALE, MergeOutcome.DUPLICATE


def after(before: Row | None, what: Observation, now: int = NOW) -> Row:
    """Return the row that results, which must exist."""
    _, result = merge(before, what, now)
    assert result is not None
    return result


# The first word


@pytest.mark.parametrize("phase", LIVING)
def test_an_unknown_workload_is_stored(phase: Phase) -> None:
    """The first event of a workload creates its row with everything that the event says."""
    outcome, made = merge(None, seen(phase, 7, facts=FULL, observed_at=NOW - 5, epoch=2), NOW)
    assert outcome is APPLIED
    assert made == row(phase, 7, facts=FULL, observed_at=NOW - 5, epoch=2)


def test_an_unknown_workload_that_stopped_is_remembered_as_gone() -> None:
    """When STOPPED comes first it leaves a tombstone, so that the RUNNING behind it finds one."""
    outcome, made = merge(None, seen(GONE, 4), NOW)
    assert (outcome, made) == (APPLIED, row(GONE, 4))


# Order: the highest (epoch, version, source, phase) wins

ORDER_CASES = [
    ("a higher version is newer", row(PENDING, 1), seen(RUNNING, 2), APPLIED),
    ("a lower version is stale", row(RUNNING, 2), seen(PENDING, 1), STALE),
    ("a lower version is stale even if it is further on in life", row(PENDING, 2), seen(STOPPING, 1), STALE),
    ("a higher version wins even if it is earlier in life", row(STOPPING, 2), seen(PENDING, 3), APPLIED),
    ("the same word is a duplicate", row(RUNNING, 2), seen(RUNNING, 2), DUPLICATE),
    ("at one version the API repairs an event", row(RUNNING, 2), told_by_api(PENDING, 2), APPLIED),
    ("at one version an event does not undo the API", row(PENDING, 2, source=SourceRank.API), seen(RUNNING, 2), STALE),
    ("at one version and source the later phase wins", row(PENDING, 2), seen(RUNNING, 2), APPLIED),
    ("at one version and source the earlier phase is stale", row(RUNNING, 2), seen(PENDING, 2), STALE),
    ("an answer of the API that is older than the row is stale", row(RUNNING, 5), told_by_api(STOPPING, 4), STALE),
    ("an answer of the API that is newer than the row is believed", row(RUNNING, 5), told_by_api(STOPPING, 6), APPLIED),
    ("a newer event overtakes the API", row(RUNNING, 5, source=SourceRank.API), seen(STOPPING, 6), APPLIED),
    ("a higher epoch wins over any version", row(RUNNING, 900), seen(PENDING, 1, epoch=1), APPLIED),
    ("a lower epoch loses with any version", row(PENDING, 1, epoch=1), seen(RUNNING, 900), STALE),
]


@pytest.mark.parametrize(("before", "what", "expected"), [case[1:] for case in ORDER_CASES], ids=[case[0] for case in ORDER_CASES])
def test_the_newest_word_decides(before: Row, what: Observation, expected: MergeOutcome) -> None:
    """A row takes its phase from the observation with the highest order."""
    outcome, result = merge(before, what, NOW + 1)
    assert outcome is expected
    if expected is APPLIED:
        assert result is not None
        assert (result.phase, result.version, result.source, result.epoch) == (what.phase, what.version, what.source, what.epoch)
        assert (result.rev, result.written_at) == (before.rev + 1, NOW + 1)
    else:
        assert result is before


def test_arrival_time_decides_nothing() -> None:
    """A late event with a higher version wins over an early one that was observed later."""
    assert after(row(PENDING, 1, observed_at=NOW), seen(RUNNING, 2, observed_at=NOW - HOUR)).phase is RUNNING


def test_one_word_said_again_later_needs_no_write() -> None:
    """An API asked every five minutes about an idle task changes nothing."""
    idle = row(RUNNING, 3, source=SourceRank.API)
    assert merge(idle, told_by_api(RUNNING, 3, observed_at=NOW + 5 * MINUTE), NOW) == (DUPLICATE, idle)


def test_one_word_dates_from_the_first_time_it_was_said() -> None:
    """The time of a row is that of the earliest observation of its order, whichever arrives first."""
    outcome, result = merge(row(RUNNING, 3, observed_at=NOW), seen(RUNNING, 3, observed_at=NOW - 9), NOW)
    assert outcome is ENRICHED
    assert result == row(RUNNING, 3, rev=SECOND, observed_at=NOW - 9)


# Facts: joined apart from the phase


def test_a_newer_word_keeps_the_facts_that_it_leaves_out() -> None:
    """Size does not change in a life, so an event without it does not lose it; the row remembers from where it has it."""
    assert after(row(PENDING, 1), seen(RUNNING, 2, facts=NO_FACTS)) == row(
        RUNNING, 2, rev=SECOND, fact_orders={"cpu": order(1, phase=PENDING), "memory": order(1, phase=PENDING)}
    )


def test_an_older_word_fills_a_gap() -> None:
    """An event that comes late still supplies the facts that newer ones left out; the phase stays."""
    outcome, result = merge(row(RUNNING, 2, facts=NO_FACTS), seen(PENDING, 1), NOW)
    assert outcome is ENRICHED
    assert result == row(RUNNING, 2, rev=SECOND, fact_orders={"cpu": order(1, phase=PENDING), "memory": order(1, phase=PENDING)})


def test_filling_a_gap_moves_the_counter() -> None:
    """The delta of a filled gap is the size that was missing, and the mark of the unsized."""
    bare = row(RUNNING, 2, facts=NO_FACTS)
    delta = after(bare, seen(PENDING, 1)).counts - bare.counts
    assert (delta.running.count, delta.running.cpu, delta.running.memory, delta.running.unsized) == (0, 256, 512, -1)


def test_learning_of_spot_moves_the_workload_between_the_counters() -> None:
    """A capacity that becomes known late takes the workload from on-demand to Spot."""
    unknown = row(RUNNING, 2)
    result = after(unknown, seen(PENDING, 1, facts=Facts(capacity=Capacity.SPOT)))
    assert {cell[1]: tally.count for cell, tally in (result.counts - unknown.counts).cells.items()} == {
        Capacity.ON_DEMAND: -1,
        Capacity.SPOT: 1,
    }


def test_an_older_word_does_not_overwrite_a_known_fact() -> None:
    """Where two words differ about a fact, the newer one is kept."""
    outcome, result = merge(row(RUNNING, 2), seen(PENDING, 1, facts=Facts(cpu=1024, memory=2048)), NOW)
    assert (outcome, result) == (STALE, row(RUNNING, 2))


def test_a_newer_word_overwrites_a_known_fact() -> None:
    """A pod is given its true size once it has a node; the newer word wins."""
    assert after(row(PENDING, 1), seen(RUNNING, 2, facts=Facts(cpu=512, memory=1024))).facts == Facts(cpu=512, memory=1024)


def test_a_borrowed_fact_gives_way_to_a_word_between_its_own_and_the_rows() -> None:
    """A fact of version 1 in a row of version 9 is replaced by version 5's, not by version 0's."""
    borrowing = after(row(PENDING, 1), seen(RUNNING, 9, facts=NO_FACTS))
    assert after(borrowing, seen(PENDING, 5, facts=Facts(cpu=512, memory=1024))).facts == Facts(cpu=512, memory=1024)
    assert after(borrowing, seen(PENDING, 0, facts=Facts(cpu=512, memory=1024))).facts == Facts(cpu=256, memory=512)


def test_the_same_version_with_other_facts_gives_one_answer_in_both_orders() -> None:
    """Two payloads under one version, as a buggy source sends them, settle to the same row whichever comes first."""
    small, large = seen(RUNNING, 2, facts=Facts(cpu=256, group="a")), seen(RUNNING, 2, facts=Facts(cpu=512, memory=1024))
    one, other = after(after(None, small), large), after(after(None, large), small)
    assert one.facts == other.facts == Facts(cpu=512, memory=1024, group="a")


# Gone for certain: absorbing


@pytest.mark.parametrize("phase", LIVING)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_word_that_it_ended_outranks_every_version(phase: Phase, version: int) -> None:
    """STOPPED ends a workload even if a higher version was seen before it."""
    outcome, result = merge(row(phase, 2), seen(GONE, version), NOW)
    assert result is not None
    told = (outcome, result.phase, result.version, result.rev, result.facts, result.inferred, result.alive_at)
    assert told == (APPLIED, GONE, version, SECOND, row().facts, False, None)


@pytest.mark.parametrize("version", [3, 4, 5])
@pytest.mark.parametrize("source", SourceRank)
@pytest.mark.parametrize("phase", LIVING)
def test_nothing_revives_what_ended(phase: Phase, source: SourceRank, version: int) -> None:
    """A late observation, of any source and version, leaves a confirmed tombstone as it is if it states nothing new."""
    tombstone = row(GONE, 4)
    assert merge(tombstone, seen(phase, version, source=source, facts=NO_FACTS), NOW) == (STALE, tombstone)


@pytest.mark.parametrize("version", [3, 4, 5])
@pytest.mark.parametrize("source", SourceRank)
def test_a_late_observation_fills_a_tombstone_and_revives_nothing(source: SourceRank, version: int) -> None:
    """History is made from the facts of a tombstone, so one that it lacks is still taken; the end stays as it was."""
    tombstone = row(GONE, 4)
    outcome, result = merge(tombstone, seen(RUNNING, version, source=source, facts=Facts(group="service:a")), NOW + 7)
    assert (outcome, result and result.facts.group) == (ENRICHED, "service:a")
    assert result is not None
    same = msgspec.structs.replace(result, rev=FIRST, written_at=NOW, facts=tombstone.facts, fact_orders=tombstone.fact_orders)
    assert same == tombstone


def test_a_reported_end_replaces_the_bounds_of_one_that_a_list_lacked() -> None:
    """The deletion event of a pod that a list no longer had comes late: the end is its time, and no bounds are left."""
    bounded = after(row(RUNNING, 3), absent_from_list(9, observed_at=NOW + HOUR), NOW + HOUR)
    assert bounded.alive_at == NOW
    outcome, result = merge(bounded, seen(GONE, 8, observed_at=NOW + 5), NOW + HOUR)
    assert (outcome, result and (result.alive_at, result.observed_at)) == (ENRICHED, (None, NOW + 5))


def test_an_end_that_no_source_reported_is_bounded_by_the_last_list() -> None:
    """AWS listed the task after its last change: it ended between that list and the answer that lacks it."""
    missing = unknown_to_api(since_rev=FIRST, observed_at=NOW + HOUR, alive_at=NOW + 40 * MINUTE)
    assert after(row(RUNNING, 3), missing, NOW + HOUR).alive_at == NOW + 40 * MINUTE
    assert after(row(RUNNING, 3), unknown_to_api(since_rev=FIRST, observed_at=NOW + HOUR), NOW + HOUR).alive_at == NOW


@pytest.mark.parametrize("version", [3, 4, 5])
def test_ended_twice_is_a_duplicate(version: int) -> None:
    """A second word that it ended needs no write."""
    tombstone = row(GONE, 4)
    assert merge(tombstone, seen(GONE, version, facts=NO_FACTS), NOW) == (DUPLICATE, tombstone)


def test_a_running_event_a_day_after_stopped_finds_the_tombstone() -> None:
    """EventBridge may deliver RUNNING 24 hours after STOPPED: the tombstone is still there, and holds."""
    tombstone = after(row(RUNNING, 3), seen(GONE, 4), NOW)
    assert tombstone.expires_at is not None
    assert tombstone.expires_at > NOW + 24 * HOUR
    assert merge(tombstone, seen(RUNNING, 3), NOW + 24 * HOUR) == (STALE, tombstone)


def test_the_same_pod_name_with_a_new_uid_is_another_workload() -> None:
    """A row is found by uid, so the successor of a gone pod starts afresh."""
    assert merge(None, seen(RUNNING, 90, workload_id="uid-2"), NOW)[0] is APPLIED


# Tombstones


def test_a_tombstone_keeps_its_facts_and_counts_nothing() -> None:
    """The history of what ran is made from the facts of a tombstone; they add nothing to a counter."""
    tombstone = after(row(RUNNING, 3, facts=FULL), seen(GONE, 4, facts=Facts(stop_code="UserInitiated")))
    assert (tombstone.facts, tombstone.counts) == (msgspec.structs.replace(FULL, stop_code="UserInitiated"), EMPTY)


def test_facts_that_all_come_from_one_earlier_observation_keep_one_order() -> None:
    """The end of a pod comes without facts: a tombstone with an order for each of them has twice the size."""
    tombstone = after(row(RUNNING, 3, facts=FULL), seen(GONE, 4, facts=NO_FACTS))
    assert tombstone.fact_orders == {OTHER_FACTS: order(3)}
    later = after(tombstone, seen(RUNNING, 2, facts=Facts(cpu=256, owner="shop")))
    assert (later.facts, later.fact_orders) == (tombstone.facts, tombstone.fact_orders)


def test_a_tombstone_lives_72_hours_from_its_writing() -> None:
    """A tombstone lasts from the moment it is written, not from the event, which may be old."""
    assert after(row(RUNNING, 3), seen(GONE, 4, observed_at=NOW - 20 * HOUR), NOW).expires_at == NOW + TOMBSTONE_LIFE
    assert TOMBSTONE_LIFE >= 72 * HOUR


def test_a_tombstone_outlives_every_event_that_could_create_a_row() -> None:
    """When a tombstone expires, an event from before it is too old to create anything."""
    assert TOMBSTONE_LIFE > TOO_OLD


def test_a_living_row_never_expires() -> None:
    """The time to live goes when a workload comes back to life, else DynamoDB would delete a living row."""
    inferred = after(row(RUNNING, 3), unknown_to_api(since_rev=FIRST))
    assert inferred.expires_at is not None
    assert after(inferred, told_by_api(RUNNING, 3)).expires_at is None


# Inferred gone: DescribeTasks answers MISSING


def test_missing_buries_the_row_that_it_was_inferred_from() -> None:
    """AWS no longer knows a task whose row has not changed since: it is gone, at the version of its row."""
    outcome, result = merge(row(RUNNING, 3, rev=8), unknown_to_api(since_rev=8), NOW)
    assert outcome is APPLIED
    assert result == row(GONE, 3, rev=NOW, source=SourceRank.API, inferred=True, alive_at=NOW, fact_orders={OTHER_FACTS: order(3)})


@pytest.mark.parametrize("since_rev", [7, 9])
def test_missing_is_stale_once_the_row_has_changed(since_rev: int) -> None:
    """An event that came between the read and the answer shows that the inference no longer stands."""
    changed = row(RUNNING, 3, rev=8)
    assert merge(changed, unknown_to_api(since_rev=since_rev), NOW) == (STALE, changed)


def test_missing_says_nothing_of_an_unknown_workload() -> None:
    """Without a row there is nothing to infer from."""
    assert merge(None, unknown_to_api(since_rev=FIRST), NOW) == (STALE, None)


@pytest.mark.parametrize("inferred", [True, False])
def test_missing_of_a_gone_workload_is_a_duplicate(inferred: bool) -> None:
    """A task that is gone is expected to be missing."""
    tombstone = row(GONE, 3, rev=8, inferred=inferred)
    assert merge(tombstone, unknown_to_api(since_rev=8), NOW) == (DUPLICATE, tombstone)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_no_event_undoes_an_inference(version: int) -> None:
    """A late event of any version does not revive what was inferred to be gone."""
    inferred = row(GONE, 3, inferred=True)
    assert merge(inferred, seen(RUNNING, version, facts=NO_FACTS), NOW) == (STALE, inferred)


@pytest.mark.parametrize("version", [3, 4])
def test_the_api_undoes_an_inference(version: int) -> None:
    """When the API knows the workload again, it lives again with its facts."""
    outcome, result = merge(row(GONE, 3, rev=5, inferred=True), told_by_api(RUNNING, version), NOW)
    assert outcome is APPLIED
    assert result == row(RUNNING, version, rev=NOW, source=SourceRank.API)


def test_an_older_answer_of_the_api_does_not_undo_an_inference() -> None:
    """An answer about a version before the inference's is no news."""
    inferred = row(GONE, 3, inferred=True)
    assert merge(inferred, told_by_api(RUNNING, 2, facts=NO_FACTS), NOW) == (STALE, inferred)


def test_an_inference_becomes_certain_when_somebody_says_so() -> None:
    """STOPPED after MISSING makes the tombstone a confirmed one, which nothing revives."""
    outcome, result = merge(row(GONE, 3, inferred=True), seen(GONE, 4), NOW + 7)
    assert outcome is APPLIED
    expected = row(GONE, 4, rev=NOW + 7, written_at=NOW + 7, expires_at=NOW + 7 + TOMBSTONE_LIFE)
    assert result == expected


# Absent from a complete list

ABSENT_CASES = [
    ("older row is gone", row(RUNNING, 40), absent_from_list(50), APPLIED),
    ("row of the list's own version stays", row(RUNNING, 50), absent_from_list(50), STALE),
    ("newer row stays", row(RUNNING, 60), absent_from_list(50), STALE),
    ("row of an older cluster of the same name is gone", row(RUNNING, 900), absent_from_list(50, epoch=1), APPLIED),
    ("row of a newer cluster of the same name stays", row(RUNNING, 5, epoch=2), absent_from_list(50, epoch=1), STALE),
    ("inferred tombstone becomes certain", row(GONE, 40, inferred=True), absent_from_list(50), APPLIED),
    ("inferred tombstone that is newer stays inferred", row(GONE, 60, inferred=True), absent_from_list(50), STALE),
    ("confirmed tombstone stays", row(GONE, 40), absent_from_list(50), DUPLICATE),
]


@pytest.mark.parametrize(("before", "what", "expected"), [case[1:] for case in ABSENT_CASES], ids=[case[0] for case in ABSENT_CASES])
def test_absence_from_a_newer_complete_list_is_certain(before: Row, what: Observation, expected: MergeOutcome) -> None:
    """A workload that a complete list lacks is gone for certain, if its row is older than the list."""
    outcome, result = merge(before, what, NOW)
    assert outcome is expected
    if expected is APPLIED:
        assert result is not None
        told = (result.phase, result.epoch, result.version, result.source, result.inferred, result.rev, result.facts)
        assert told == (GONE, what.epoch, what.version, SourceRank.API, False, SECOND, before.facts)
    else:
        assert result is before


def test_absence_of_an_unknown_workload_says_nothing() -> None:
    """Without a row it may have been created after the list."""
    assert merge(None, absent_from_list(50), NOW) == (DUPLICATE, None)


# Too old


@pytest.mark.parametrize("phase", list(Phase))
def test_an_event_too_old_to_be_judged_creates_nothing(phase: Phase) -> None:
    """Dead letters can be two weeks old: past 48 hours a row is left to the reconciler."""
    assert merge(None, seen(phase, observed_at=NOW - TOO_OLD - 1), NOW) == (MergeOutcome.TOO_OLD, None)


def test_an_event_of_48_hours_is_not_too_old() -> None:
    """The bound itself is inside."""
    assert merge(None, seen(observed_at=NOW - TOO_OLD), NOW)[0] is APPLIED


def test_an_answer_of_the_api_is_never_too_old() -> None:
    """What the API answers was so when it was asked."""
    assert merge(None, told_by_api(observed_at=NOW - TOO_OLD - 1), NOW)[0] is APPLIED


def test_an_old_event_still_changes_a_row_that_exists() -> None:
    """Where a row exists its version judges, and age does not matter."""
    assert merge(row(RUNNING, 3), seen(GONE, 4, observed_at=NOW - TOO_OLD - 1), NOW)[0] is APPLIED


# Epochs


@pytest.mark.parametrize("source", SourceRank)
def test_what_ended_may_live_in_a_new_epoch(source: SourceRank) -> None:
    """After a restore of its store a cluster may have a pod again that had ended; only the new epoch's facts count."""
    outcome, result = merge(row(GONE, 900, rev=7), seen(RUNNING, 3, epoch=1, source=source), NOW)
    assert (outcome, result) == (APPLIED, row(RUNNING, 3, epoch=1, rev=NOW, source=source))


@pytest.mark.parametrize("phase", Phase)
def test_an_earlier_epoch_changes_nothing(phase: Phase) -> None:
    """Neither its end nor its facts: a late event of the time before a restore is not about the pod of today."""
    today = row(RUNNING, 3, epoch=1, facts=NO_FACTS)
    assert merge(today, seen(phase, 900), NOW) == (STALE, today)
