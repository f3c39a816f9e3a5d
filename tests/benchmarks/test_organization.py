"""The simulation of many scopes, in small: whatever the storm, the hub shows the newest report of each."""

from __future__ import annotations

from benchmarks.organization import simulate
from fargatecount.adapters.memory.scopes import MemoryScopes


def test_after_a_storm_every_scope_shows_its_newest_report() -> None:
    """A hundred scopes, six hundred events with duplicates and disorder; `python -m benchmarks.organization` runs twenty thousand."""
    found = simulate(MemoryScopes(), 20, 5, rate=200, seconds=3)
    assert [run.events for run in found.values()] == [100, 612, 100]
