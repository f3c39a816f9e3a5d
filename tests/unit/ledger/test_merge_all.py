"""Several observations of one workload, folded into one write."""

from __future__ import annotations

import pytest

from fargatecount.ledger.row import MergeOutcome, merge_all
from fargatecount.workload import NO_FACTS, Facts, Phase
from tests.support.builders import FIRST, NOW, SECOND, order, row, seen, told_by_api, unknown_to_api

APPLIED, ENRICHED, STALE, DUPLICATE, SUPERSEDED = (
    MergeOutcome.APPLIED,
    MergeOutcome.ENRICHED,
    MergeOutcome.STALE,
    MergeOutcome.DUPLICATE,
    MergeOutcome.SUPERSEDED,
)
PENDING, RUNNING, STOPPING, GONE = Phase.PENDING, Phase.RUNNING, Phase.STOPPING, Phase.GONE


def test_a_whole_life_in_one_batch_is_one_write() -> None:
    """The row is written once, by the newest word; the others are superseded, in the order given."""
    outcomes, result = merge_all(None, [seen(PENDING, 1), seen(STOPPING, 3), seen(RUNNING, 2)], NOW)
    assert outcomes == [SUPERSEDED, APPLIED, SUPERSEDED]
    assert result == row(STOPPING, 3)


@pytest.mark.parametrize(("before", "after"), [(4, NOW), (NOW - 1, NOW), (NOW, NOW + 1), (NOW + 9, NOW + 10)])
def test_the_revision_is_the_time_of_the_write_or_one_more_than_before(before: int, after: int) -> None:
    """However many observations came: a table that is restored to an earlier moment never repeats a revision."""
    _, result = merge_all(row(PENDING, 1, rev=before), [seen(RUNNING, 2), seen(STOPPING, 3)], NOW)
    assert result == row(STOPPING, 3, rev=after)


def test_the_end_decides_over_a_newer_word() -> None:
    """A stray RUNNING with a higher version than STOPPED is the one that is superseded."""
    outcomes, result = merge_all(row(RUNNING, 1), [seen(RUNNING, 5, facts=NO_FACTS), seen(GONE, 4)], NOW)
    assert outcomes == [SUPERSEDED, APPLIED]
    assert result == row(GONE, 4, rev=SECOND)


def test_a_duplicate_inside_a_batch_is_named_so() -> None:
    """SQS delivers a message twice, at times into one batch."""
    outcomes, _ = merge_all(None, [seen(RUNNING, 2), seen(RUNNING, 2)], NOW)
    assert sorted(outcomes) == [APPLIED, DUPLICATE]


def test_what_is_older_than_the_row_is_stale_not_superseded() -> None:
    """Superseded is kept for what a newer word of the same batch overtook."""
    outcomes, result = merge_all(row(STOPPING, 9), [seen(PENDING, 1), seen(RUNNING, 2)], NOW)
    assert outcomes == [STALE, STALE]
    assert result == row(STOPPING, 9)


def test_an_older_word_of_the_batch_fills_the_gap_of_the_newest() -> None:
    """The facts of a batch are joined like those of separate deliveries."""
    outcomes, result = merge_all(None, [seen(PENDING, 1), seen(RUNNING, 2, facts=Facts(group="service:a"))], NOW)
    assert outcomes == [ENRICHED, APPLIED]
    assert result is not None
    assert (result.facts, result.rev) == (Facts(cpu=256, memory=512, group="service:a"), FIRST)
    assert result.fact_orders == {"cpu": order(1, phase=PENDING), "memory": order(1, phase=PENDING)}


def test_an_unchanged_row_is_the_very_row() -> None:
    """Nothing new means nothing to write, which the caller sees by identity."""
    same = row(RUNNING, 2)
    outcomes, result = merge_all(same, [seen(RUNNING, 2), seen(RUNNING, 2)], NOW)
    assert outcomes == [DUPLICATE, DUPLICATE]
    assert result is same


def test_an_event_in_the_batch_that_asks_after_a_missing_task_wins() -> None:
    """An event that is newer than the row changes it, and an inference from the unchanged row falls."""
    outcomes, result = merge_all(row(RUNNING, 3), [unknown_to_api(since_rev=FIRST), seen(STOPPING, 4)], NOW)
    assert outcomes == [SUPERSEDED, APPLIED]
    assert result == row(STOPPING, 4, rev=SECOND)


def test_no_words_change_nothing() -> None:
    """An empty batch is no news."""
    assert merge_all(None, [], NOW) == ([], None)


def test_an_api_answer_beside_its_own_event_decides() -> None:
    """Event and answer of one version in one batch: the answer's word is the row."""
    outcomes, result = merge_all(None, [seen(RUNNING, 2), told_by_api(PENDING, 2)], NOW)
    assert outcomes == [SUPERSEDED, APPLIED]
    assert result is not None
    assert result.phase is PENDING
