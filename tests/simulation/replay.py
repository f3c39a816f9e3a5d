"""Chance that a seed repeats, also where the code under test makes a generator of its own to spread its retries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let every `random.Random()` that is made meanwhile follow from the seed."""
    original, made = random.Random, [0]

    class Seeded(original):  # type: ignore[misc, valid-type]
        """A generator whose seed is the next of a series."""

        def __init__(self, given: int | None = None) -> None:
            made[0] += 1
            super().__init__(seed * 1_000_003 + made[0] if given is None else given)

    random.Random = Seeded  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        random.Random = original  # type: ignore[misc]
