"""A slice of the campaign: schedules of an account in which everything goes wrong at once. `make simulate` runs an hour of them."""

from __future__ import annotations

import pytest

from tests.simulation.campaign import FEATURES, play
from tests.simulation.mutants import MUTANTS
from tests.simulation.publishing import PUBLISH_MUTANTS

SEEDS = 16
"""Schedules of a slice: some 1,600 observations and half a million steps."""
SEARCHED = 40
"""Schedules within which a fault that was put in must be found."""
FOUND_AT = {"version in the condition": 10, "event before it is kept": 25}
"""The schedule that found a fault when this was written, if it was not the first; the search begins there, which saves a quarter of a
minute. If the simulation changes, the other schedules are searched as before."""
SLICE = FEATURES
"""What the slice plays with."""
SLICES = 4
"""Parts that several processes can run at the same time."""


@pytest.mark.parametrize("part", range(SLICES))
def test_every_invariant_holds_at_every_step(part: int) -> None:
    """Counters equal their rows, nothing dead revives, and after a rest the ledger is the truth, whatever happened."""
    outcomes = [play((seed, SLICE, "")) for seed in range(1 + part, SEEDS + 1, SLICES)]
    assert [(outcome.seed, outcome.violation) for outcome in outcomes if outcome.violation] == []
    assert sum(outcome.observations for outcome in outcomes) > 50 * len(outcomes), "schedules in which little happens prove little"


@pytest.mark.parametrize("mutant", [*MUTANTS, *PUBLISH_MUTANTS])
def test_a_fault_put_in_on_purpose_is_found(mutant: str) -> None:
    """A simulation that misses a known fault proves nothing by finding none."""
    seeds = sorted(range(1, SEARCHED + 1), key=lambda seed: seed != FOUND_AT.get(mutant, 1))
    assert any(play((seed, frozenset(), mutant)).violation for seed in seeds)


def test_a_seed_repeats_its_schedule() -> None:
    """A violation replays alone, by its seed."""
    assert play((7, FEATURES, "")) == play((7, FEATURES, ""))
