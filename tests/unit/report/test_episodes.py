"""Refused launches over many reports, each of which covers the hour before it."""

from __future__ import annotations

import pytest

from fargatecount.refusals.refusal import RefusalKind
from fargatecount.refusals.texts import RefusalCause
from fargatecount.report.episodes import episodes
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity
from tests.support.builders import HOUR, MINUTE, NOW
from tests.support.pages import refusal


def test_what_many_reports_repeat_is_one_episode() -> None:
    """Twelve reports have the same three launches: they are three."""
    (found,) = episodes([[refusal(NOW)]] * 12)
    assert (found.count, found.count_at_least) == (3, False)


def test_an_episode_that_goes_on_has_a_lower_bound() -> None:
    """The hours of two reports overlap, so their numbers cannot be added: the highest is the least that there were."""
    (found,) = episodes([[refusal(NOW)], [refusal(NOW + 5 * MINUTE, count=5)], [refusal(NOW + 9 * MINUTE, count=4)]])
    assert (found.since, found.at) == (to_iso(NOW - 10 * MINUTE), to_iso(NOW + 9 * MINUTE))
    assert (found.count, found.count_at_least) == (5, True)


def test_a_quiet_time_ends_an_episode() -> None:
    """The same service was refused at noon and at night: two rows, the last first."""
    found = episodes([[refusal(NOW)], [], [refusal(NOW + 6 * HOUR)]])
    assert [one.at for one in found] == [to_iso(NOW + 6 * HOUR), to_iso(NOW)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cluster", "ECS-other"),
        ("group", "service:other"),
        ("capacity", Capacity.ON_DEMAND),
        ("sign", RefusalKind.WAITING),
        ("reason", "other"),
        ("for_want", False),
    ],
)
def test_another_service_or_reason_is_another_episode(name: str, value: object) -> None:
    """Any difference but time and number."""
    assert len(episodes([[refusal(NOW), refusal(NOW, **{name: value})]])) == 2


def test_an_upgrade_splits_no_episode() -> None:
    """Reports of the older version have no cause: the same launches are one episode before and after."""
    (found,) = episodes([[refusal(NOW, cause=None)], [refusal(NOW, cause=RefusalCause.CAPACITY)]])
    assert found.count == 3
