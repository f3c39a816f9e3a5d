"""Which capacity provider the next task of a strategy goes to: base first, then by weight.

Pure. Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

FARGATE_PROVIDERS: Final = ("FARGATE", "FARGATE_SPOT")


def provider_for_next(strategy: Sequence[Mapping[str, Any]], placed: Mapping[str, int]) -> str:
    """Return the provider of the next task, given how many tasks each provider already has."""
    for item in strategy:
        if placed.get(item["capacityProvider"], 0) < int(item.get("base") or 0):
            return str(item["capacityProvider"])
    # A single provider may leave its weight out; with several, weight 0 takes none beyond its base.
    weighted = [item for item in strategy if int(item.get("weight") or 0)] or list(strategy)
    return str(min(weighted, key=lambda item: _share(item, placed))["capacityProvider"])


def _share(item: Mapping[str, Any], placed: Mapping[str, int]) -> float:
    beyond_base = placed.get(item["capacityProvider"], 0) - int(item.get("base") or 0)
    return beyond_base / (int(item.get("weight") or 0) or 1)
