"""One fuzzing run: inputs by number, each derived from the seed and its number alone, so that any of them can be replayed."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from random import Random

import msgspec

from tools.fuzz.mutation import mutate
from tools.fuzz.targets import TARGETS, Target

TIME_BOUND = 1.0
"""Processor seconds of one input: the handler keeps back five seconds for a whole batch of ten."""


_VARIABLE = re.compile(r"\d+|0x\w+|'[^']*'")
"""The part of an error that differs between inputs that fail alike."""


CYCLE = tuple(target for target in TARGETS for _ in range(target.weight))


class Failure(msgspec.Struct, frozen=True):
    """One input that broke a rule."""

    target: str
    seed: int
    number: int
    error: str
    body: bytes

    @property
    def command(self) -> str:
        """The command that runs this input alone."""
        return f"python -m tools.fuzz --seed {self.seed} --only {self.number}"


class Result(msgspec.Struct):
    """What a run found."""

    inputs: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    """Number of inputs by target and outcome."""
    slowest: float = 0.0
    failures: list[Failure] = []


def input_of(seed: int, number: int) -> tuple[Target, bytes]:
    """Return the target and the bytes of an input."""
    random = Random(f"{seed}/{number}")
    target = CYCLE[number % len(CYCLE)]
    return target, mutate(random.choice(target.seeds), random)


def run(*, seed: int, inputs: int, seconds: float | None = None, start: int = 0, clock: Callable[[], float] = time.monotonic) -> Result:
    """Run inputs `start` to `start + inputs`, or fewer if `seconds` have passed; the same seed and number give the same input."""
    result = Result()
    began = clock()
    known: set[tuple[str, str]] = set()
    for number in range(start, start + inputs):
        if seconds is not None and number % 64 == 0 and clock() - began >= seconds:
            break
        target, body = input_of(seed, number)
        error, took = _run_one(target, body, result)
        result.inputs += 1
        result.slowest = max(result.slowest, took)
        kind = (target.name, _VARIABLE.sub("", error)[:60])
        if error and kind not in known:
            known.add(kind)
            result.failures.append(Failure(target.name, seed, number, error, body))
    result.seconds = clock() - began
    return result


def _run_one(target: Target, body: bytes, result: Result) -> tuple[str, float]:
    before = time.process_time()
    try:
        outcome = target.run(body)
    except Exception as error:  # noqa: BLE001 - any exception is what the run looks for
        return f"{type(error).__name__}: {str(error)[:300]}", time.process_time() - before
    took = time.process_time() - before
    result.outcomes[f"{target.name} {outcome}"] += 1
    return ("" if took < TIME_BOUND else f"slow: {took:.1f} s"), took
