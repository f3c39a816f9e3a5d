"""How hard hypothesis tries: the same examples on every run by default, many times more and new ones with `HYPOTHESIS_PROFILE=explore`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "same")
EXPLORE_FACTOR = 25
"""About a quarter of an hour for all properties together: a coffee break, and far more than a run of `make test` can afford."""


def tries(number: int) -> int:
    """Return how many examples a property is given."""
    return number * EXPLORE_FACTOR if PROFILE == "explore" else number


def load() -> None:
    """Choose the profile for this run."""
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    # Derandomised, so that a red build is red for everybody.
    settings.register_profile("same", derandomize=True, deadline=None, database=None, suppress_health_check=quiet)
    settings.register_profile("explore", deadline=None, print_blob=True, suppress_health_check=quiet)
    settings.load_profile(PROFILE)
