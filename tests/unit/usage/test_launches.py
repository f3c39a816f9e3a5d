"""Launches beside the launch quotas."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fargatecount.cli.launch_lines import launch_lines
from fargatecount.errors import DeniedError
from fargatecount.ledger.launches import Launches
from fargatecount.quotas.launch_rates import GOOD_FOR, NEVER_READ, LaunchQuotaReading, LaunchRate, read_again
from fargatecount.usage.launches import launch_standings
from fargatecount.workload import Capacity
from tests.support.builders import NOW

BUSY = Launches(capacity=Capacity.ON_DEMAND, last_second=2, last_minute=30, busiest_minute=60, busiest_second=40)
QUIET = Launches(capacity=Capacity.SPOT, last_second=0, last_minute=0, busiest_minute=0, busiest_second=0)
RATE = LaunchRate(capacity=Capacity.ON_DEMAND, burst=100, sustained=2)
READ = LaunchQuotaReading(rates=(RATE, LaunchRate(capacity=Capacity.SPOT, burst=5, sustained=1)), read_at=NOW, tried_at=NOW, reason="")


class Source:
    """Service Quotas, which may refuse."""

    def __init__(self, *rates: LaunchRate, refuses: bool = False) -> None:
        self._rates = rates
        self._refuses = refuses

    def launch_rates(self) -> Sequence[LaunchRate]:
        if self._refuses:
            raise DeniedError("not you")
        return self._rates


def test_the_nearer_of_both_quotas_decides() -> None:
    """60 of 120 a minute are more than 40 of 100 at once."""
    (standing, quiet) = launch_standings([BUSY, QUIET], READ, NOW)
    assert (standing.percent, standing.reason, quiet.percent) == (50, None, 0)
    (by_burst, _) = launch_standings(
        [BUSY, QUIET], LaunchQuotaReading(rates=(LaunchRate(capacity=Capacity.ON_DEMAND, burst=40),), read_at=NOW), NOW
    )
    assert (by_burst.percent, by_burst.sustained, by_burst.reason) == (100, None, NEVER_READ)


@pytest.mark.parametrize("reading", [LaunchQuotaReading(), LaunchQuotaReading(rates=READ.rates, read_at=NOW - GOOD_FOR - 1, reason="")])
def test_an_unknown_quota_has_no_percentage(reading: LaunchQuotaReading) -> None:
    """Never read, or too long ago; status says so, and shows the launches all the same."""
    standings = launch_standings([BUSY, QUIET], reading, NOW)
    assert [(each.percent, bool(each.reason)) for each in standings] == [(None, True), (None, True)]
    lines = list(launch_lines(standings))
    assert lines[0] == "Launches, on-demand: 2 in the last second, 30 in the last minute; launch quota not known"
    assert len([line for line in lines if line.startswith("Launch quota of on-demand and spot not known: ")]) == 1


def test_status_says_how_near_the_quota_is() -> None:
    """One line for a capacity that launches, one where nothing does."""
    assert list(launch_lines(launch_standings([BUSY, QUIET], READ, NOW))) == [
        "Launches, on-demand: 2 in the last second, 30 in the last minute; launch quota 100 at once, then 2 a second: 50 % at the busiest"
    ]
    assert list(launch_lines(launch_standings([QUIET], READ, NOW))) == ["No launch in the last three minutes."]
    assert list(launch_lines([])) == []


def test_a_refusal_keeps_what_was_read_and_says_why() -> None:
    """The next hour tries again."""
    first = read_again(Source(RATE), LaunchQuotaReading(), NOW)
    assert (first.rates, first.is_due(NOW + 1), first.is_due(NOW + 3_600_000)) == ((RATE,), False, True)
    second = read_again(Source(refuses=True), first, NOW + 3_600_000)
    assert (second.rates, second.reason, second.read_at, second.is_due(NOW + 3_600_001)) == ((RATE,), "not you", NOW, False)
