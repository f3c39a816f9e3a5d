"""What `merge` promises for any observations: the row depends on their set, not on their order or number."""

from __future__ import annotations

import random
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from fargatecount.ledger.row import Row, first_rev, merge, merge_all
from fargatecount.workload import LIVING, Observation, Phase, SourceRank
from tests.support.builders import NOW, absent_from_list
from tests.support.effort import tries
from tests.support.oracle import told_by, truth
from tests.support.strategies import inferred, said

LIST_VERSION = 9
"""Later than every version that the strategies draw."""


def one_by_one(observations: list[Observation], row: Row | None = None) -> Row | None:
    """Return the row after each observation came alone."""
    for seen in observations:
        _, row = merge(row, seen, NOW)
    return row


def in_batches(observations: list[Observation], cuts: list[int]) -> Row | None:
    """Return the row after the observations came in batches."""
    row = None
    edges = sorted({0, len(observations), *(cut % (len(observations) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        _, row = merge_all(row, observations[start:end], NOW)
    return row


def essence(row: Row | None) -> object:
    """Return all that may not depend on the order of arrival; of a tombstone, that it is one, and its facts."""
    if row is None or row.phase is Phase.GONE:
        return row and (Phase.GONE, row.inferred, row.facts)
    return msgspec.structs.replace(row, rev=0, written_at=0)


@settings(max_examples=tries(300))
@given(st.lists(said(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(observations: list[Observation], chance: random.Random) -> None:
    """Any permutation of any observations, with any of them repeated, ends in the same row."""
    shuffled = observations + chance.choices(observations, k=3)
    chance.shuffle(shuffled)
    assert essence(one_by_one(shuffled)) == essence(one_by_one(observations))


@settings(max_examples=tries(300))
@given(st.lists(said(), min_size=1, max_size=6), st.lists(st.integers(0, 6), max_size=3))
def test_batches_do_not_matter(observations: list[Observation], cuts: list[int]) -> None:
    """Observations that arrive together end in the same row as one after the other."""
    assert essence(in_batches(observations, cuts)) == essence(one_by_one(observations))


@settings(max_examples=tries(300))
@given(st.lists(said(), min_size=1, max_size=6))
def test_the_row_says_the_newest_of_each_fact(observations: list[Observation]) -> None:
    """The phase is that of the highest order, each fact that of the highest order which states it."""
    row = one_by_one(observations)
    assert row is not None
    assert told_by(row) == truth(observations)


@settings(max_examples=tries(300))
@given(
    said(among=st.sampled_from(LIVING)),
    st.lists(said(among=st.sampled_from(LIVING)), max_size=4),
    st.integers(0, 5),
)
def test_absence_from_a_list_ends_it_in_any_order(first: Observation, others: list[Observation], position: int) -> None:
    """A workload that is absent from a list newer than all its observations is gone, in whatever order these arrive."""
    position %= len(others) + 1
    absent = absent_from_list(LIST_VERSION, epoch=1)
    row = one_by_one([first, *others[:position], absent, *others[position:]])
    assert row is not None
    assert (row.phase, row.inferred) == (Phase.GONE, False)


@settings(max_examples=tries(300))
@given(st.lists(st.one_of(said(), inferred()), max_size=5), st.one_of(said(), inferred()))
def test_saying_it_twice_changes_nothing(history: list[Observation], seen: Observation) -> None:
    """After any history the second of two equal observations finds nothing to write."""
    once = one_by_one([*history, seen])
    assert merge(once, seen, NOW)[1] is once


@settings(max_examples=tries(300))
@given(st.lists(st.one_of(said(), inferred()), max_size=6))
def test_every_change_raises_the_revision_by_one(history: list[Observation]) -> None:
    """The lock holds only if no change leaves the revision as it was."""
    row: Row | None = None
    for seen in history:
        before = row
        _, row = merge(row, seen, NOW)
        if row is not before:
            assert row is not None
            assert row.rev == (before.rev + 1 if before else first_rev(NOW))


@settings(max_examples=tries(300))
@given(st.lists(st.one_of(said(), inferred()), max_size=6), st.lists(st.one_of(said(), inferred()), max_size=4))
def test_a_confirmed_end_is_final(history: list[Observation], late: list[Observation]) -> None:
    """Whatever is observed after the end of a workload in its epoch or an earlier one: its row only gains facts."""
    ended = one_by_one([*history, msgspec.structs.replace(_stopped(), epoch=1)])
    assert ended is not None
    row = one_by_one(late, ended)
    assert row is not None
    assert msgspec.structs.replace(row, rev=ended.rev, facts=ended.facts, fact_orders=ended.fact_orders) == ended


def _stopped() -> Observation:
    return Observation(
        cluster=absent_from_list(1).cluster, workload_id="t1", version=1, source=SourceRank.EVENT, phase=Phase.GONE, observed_at=NOW
    )
