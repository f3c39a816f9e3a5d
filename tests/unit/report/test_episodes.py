"""Refused launches over many reports, each of which tells of the hour before it."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.refusals.document import refused_documents
from fargatecount.refusals.recent import Refused
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.report.episodes import entries_of, episodes
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity
from tests.support.builders import HOUR, MINUTE, NOW
from tests.support.pages import refusal, report


def test_what_many_reports_say_again_is_one_episode() -> None:
    """Twelve reports tell of the same three launches: they are three."""
    (found,) = episodes([[refusal(NOW)]] * 12)
    assert (found["count"], found["count_at_least"]) == (3, False)


def test_an_episode_that_goes_on_has_a_lower_bound() -> None:
    """The hours of two reports overlap, so their numbers cannot be added: the highest is the least that there were."""
    (found,) = episodes([[refusal(NOW)], [refusal(NOW + 5 * MINUTE, count=5)], [refusal(NOW + 9 * MINUTE, count=4)]])
    assert (found["since"], found["at"]) == (to_iso(NOW - 10 * MINUTE), to_iso(NOW + 9 * MINUTE))
    assert (found["count"], found["count_at_least"]) == (5, True)


def test_a_quiet_time_ends_an_episode() -> None:
    """The same service was refused at noon and at night: two rows, the last first."""
    found = episodes([[refusal(NOW)], [], [refusal(NOW + 6 * HOUR)]])
    assert [one["at"] for one in found] == [to_iso(NOW + 6 * HOUR), to_iso(NOW)]


@pytest.mark.parametrize("name", ["cluster", "group", "capacity", "sign", "reason"])
def test_another_service_or_reason_is_another_episode(name: str) -> None:
    """Whatever differs but time and number."""
    assert len(episodes([[refusal(NOW), refusal(NOW, **{name: "other"})]])) == 2


def test_the_reports_are_understood() -> None:
    """What the reconciler writes into its reports is the shape that is read here."""
    said = Refused(
        cluster="ECS-web",
        group="service:front",
        capacity=Capacity.SPOT,
        kind=RefusalKind.PLACEMENT,
        reason="Capacity is unavailable at this time.",
        is_shortage=True,
        count=3,
        at_least=False,
        first=NOW - 10 * MINUTE,
        last=NOW,
    )
    part = msgspec.to_builtins(refused_documents([said]))
    assert (list(entries_of(report(NOW, extra={"refused": part}))), part) == (part, [refusal(NOW, cause="capacity")])


@pytest.mark.parametrize("part", [None, {}, [], [{"service": "web"}], ["text"], "text"])
def test_another_shape_has_no_episodes(part: object) -> None:
    """It is shown as it is, elsewhere."""
    assert list(entries_of(report(NOW, extra={"refused": part}))) == []
