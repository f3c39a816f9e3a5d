"""A slice of fuzzing, and the fuzzer itself: reproducible inputs, valid seeds, and DynamoDB's limits."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from typing import Any

import pytest

from tools.fuzz.limits import violations
from tools.fuzz.run import CYCLE, Failure, input_of, run
from tools.fuzz.targets import TARGETS, Target

SECONDS = 5.0
SEED = int(os.environ.get("FUZZ_SEED", "7"))
KEYS: dict[str, Any] = {"pk": {"S": "C#1"}, "sk": {"S": "W#1"}}


def test_no_input_of_a_slice_is_a_fault() -> None:
    """For five seconds every input ends counted, ignored or refused; `make fuzz` runs a million."""
    result = run(seed=SEED, inputs=1_000_000, seconds=SECONDS)
    assert [f"{failure.error} {failure.command}" for failure in result.failures] == []
    assert result.inputs > 10 * len(CYCLE)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_target_accepts_a_seed(target: Target) -> None:
    """A target whose seeds are all refused tests nothing behind its first check."""
    assert "counted" in {target.run(json.dumps(seed).encode()) for seed in target.seeds}


def test_an_input_can_be_replayed() -> None:
    """The same seed and number give the same bytes, whatever ran before."""
    first = [input_of(3, number)[1] for number in range(200)]
    run(seed=4, inputs=100)
    assert [input_of(3, number)[1] for number in range(200)] == first
    assert Failure("pod", 3, 17, "error", b"").command == "python -m tools.fuzz --seed 3 --only 17"


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({}, []),
        ({"n": {"N": "1"}, "t": {"S": "é"}, "b": {"BOOL": True}}, []),
        ({"pk": {"S": ""}}, ["pk has 0 bytes"]),
        ({"pk": {"S": "x" * 2048}}, []),
        ({"pk": {"S": "x" * 2049}}, ["pk has 2049 bytes"]),
        ({"sk": {"S": "é" * 513}}, ["sk has 1026 bytes"]),
        ({"n": {"N": "NaN"}}, ["n is NaN"]),
        ({"n": {"N": "many"}}, ["n is 'many', no number"]),
        ({"n": {"N": "1E+126"}}, ["n is out of range: 1E+126"]),
        ({"n": {"N": "1E-131"}}, ["n is out of range: 1E-131"]),
        ({"n": {"N": "0"}}, []),
        ({"n": {"N": str(Decimal(10) ** 38 - 1)}}, []),
        ({"n": {"N": str(Decimal("1" * 39))}}, ["n has more than 38 digits"]),
        ({"t": {"S": "\ud800"}}, ["t has no UTF-8 form"]),
        ({"t": {"SS": ["x" * 409_600]}}, ["the item has 409611 bytes"]),
    ],
)
def test_what_the_table_refuses(attributes: dict[str, Any], found: list[str]) -> None:
    """Each of DynamoDB's limits is found, at its edge."""
    assert list(violations(KEYS | attributes)) == found
