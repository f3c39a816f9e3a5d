"""Which capacity provider the next task goes to."""

from __future__ import annotations

from collections import Counter

import pytest

from local.aws.ecs.placement import provider_for_next


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ({"FARGATE": (0, 0)}, {"FARGATE": 8}),
        ({"FARGATE": (0, 1), "FARGATE_SPOT": (0, 1)}, {"FARGATE": 4, "FARGATE_SPOT": 4}),
        ({"FARGATE": (0, 1), "FARGATE_SPOT": (0, 3)}, {"FARGATE": 2, "FARGATE_SPOT": 6}),
        ({"FARGATE": (2, 0), "FARGATE_SPOT": (0, 1)}, {"FARGATE": 2, "FARGATE_SPOT": 6}),
        ({"FARGATE": (4, 1), "FARGATE_SPOT": (0, 1)}, {"FARGATE": 6, "FARGATE_SPOT": 2}),
    ],
    ids=["one without weight", "even", "one to three", "base only", "base and weight"],
)
def test_eight_tasks_are_spread_by_base_and_weight(strategy: dict[str, tuple[int, int]], expected: dict[str, int]) -> None:
    """The base is filled first, the rest goes by weight."""
    items = [{"capacityProvider": name, "base": base, "weight": weight} for name, (base, weight) in strategy.items()]
    placed: Counter[str] = Counter()
    for _ in range(8):
        placed[provider_for_next(items, placed)] += 1
    assert placed == expected
