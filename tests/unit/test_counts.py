"""The arithmetic of counters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.counts import CELLS, EMPTY, Counts, Tally
from fargatecount.workload import HELD, LIVING, Capacity, Facts, Phase

ON_DEMAND, SPOT = Capacity.ON_DEMAND, Capacity.SPOT

tallies = st.builds(Tally, *(st.integers(-3, 3) for _ in Tally.__struct_fields__))
counts = st.dictionaries(st.sampled_from(CELLS), tallies, max_size=4).map(lambda cells: Counts.total([Counts(cells)]))


@pytest.mark.parametrize("phase", LIVING)
def test_a_living_workload_counts_in_its_phase(phase: Phase) -> None:
    """A workload adds one, its CPU units and its MiB to the cell of its phase."""
    assert Counts.of(phase, Facts(cpu=256, memory=512)).cells == {(phase, ON_DEMAND): Tally(1, 256, 512)}


def test_a_spot_workload_counts_as_spot() -> None:
    """Spot has a quota of its own, so it has cells of its own."""
    assert Counts.of(Phase.RUNNING, Facts(cpu=256, memory=512, capacity=SPOT)).cells == {(Phase.RUNNING, SPOT): Tally(1, 256, 512)}


def test_a_workload_of_unknown_capacity_is_charged_to_on_demand() -> None:
    """What has not said how it is bought counts against the on-demand quota."""
    assert list(Counts.of(Phase.RUNNING, Facts(capacity=None)).cells) == [(Phase.RUNNING, ON_DEMAND)]


@pytest.mark.parametrize("facts", [Facts(), Facts(cpu=256), Facts(memory=512)])
def test_a_workload_without_a_full_size_is_marked(facts: Facts) -> None:
    """A sum that lacks a size says how many it lacks, so that it is known to be a lower bound."""
    tally = Counts.of(Phase.RUNNING, facts).running
    assert tally == Tally(1, facts.cpu or 0, facts.memory or 0, unsized=1)


def test_a_gone_workload_counts_nothing() -> None:
    """A tombstone adds nothing, whatever it may know."""
    assert Counts.of(Phase.GONE, Facts(cpu=256, memory=512)) == EMPTY


def test_waiting_is_not_held() -> None:
    """A pod without a node occupies no capacity."""
    assert Counts.of(Phase.WAITING, Facts(cpu=256, memory=512)).held == Tally()


@pytest.mark.parametrize("phase", HELD)
def test_everything_on_a_node_is_held(phase: Phase) -> None:
    """Pending, running, stopping and completed workloads all occupy capacity."""
    assert Counts.of(phase, Facts(cpu=256, memory=512)).held.count == 1


def test_tally_sums_the_chosen_cells() -> None:
    """A tally over phases and capacities leaves every other cell out."""
    both = Counts(
        {(Phase.RUNNING, SPOT): Tally(1, 1, 1), (Phase.RUNNING, ON_DEMAND): Tally(2, 2, 2), (Phase.PENDING, SPOT): Tally(4, 4, 4)}
    )
    assert both.tally(phases=(Phase.RUNNING,), capacities=(SPOT,)).count == 1
    assert both.tally(capacities=(SPOT,)).count == 5
    assert both.running.count == 3


def test_a_difference_of_equals_is_empty() -> None:
    """A cell that comes out as zero is no cell, so that equal counts compare equal."""
    one = Counts.of(Phase.RUNNING, Facts(cpu=256, memory=512))
    assert one - one == EMPTY
    assert not (one - one)


def test_a_cell_whose_count_is_zero_but_not_its_cpu_stays() -> None:
    """A resize moves no count, and must not be lost."""
    small, large = (Counts.of(Phase.RUNNING, Facts(cpu=cpu, memory=512)) for cpu in (256, 1024))
    assert (large - small).cells == {(Phase.RUNNING, ON_DEMAND): Tally(0, 768, 0)}


@given(counts, counts, counts)
def test_addition_does_not_depend_on_order(a: Counts, b: Counts, c: Counts) -> None:
    """Sums may be made in any order and grouping, as transactions of concurrent writers are."""
    assert (a + b) + c == a + (b + c) == (c + b) + a


@given(counts, counts)
def test_subtraction_undoes_addition(a: Counts, b: Counts) -> None:
    """What was added and then taken away leaves no trace."""
    assert (a + b) - b == a
