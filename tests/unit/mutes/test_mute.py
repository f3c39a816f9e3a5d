"""What a mute covers, and how long it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.mutes.mute import KEPT, MAX_MUTES, GrowthOrigin, Mute, Mutes, active, add, end
from tests.support.builders import HOUR, NOW

WEB, SHOP = GrowthOrigin("ECS-web", "web"), GrowthOrigin("ECS-web", "shop")


def mute(name: str = "m", **changes: Any) -> Mute:
    values: dict[str, Any] = {"id": name, "since": NOW, "until": NOW + HOUR, "reason": "load test"}
    return Mute(**values | changes)


@pytest.mark.parametrize(
    ("of", "alarm", "cluster", "causes", "covered"),
    [
        pytest.param({}, "critical-spot", None, None, True, id="everything"),
        pytest.param({}, "liveness", None, None, False, id="not a silent publisher"),
        pytest.param({"alarm": "liveness"}, "liveness", None, None, True, id="unless it is named"),
        pytest.param({"alarm": "warning-spot"}, "critical-spot", None, None, False, id="another alarm"),
        pytest.param({"cluster": "ECS-web"}, "limit-per-cluster", "ECS-web", None, True, id="the limit of the cluster"),
        pytest.param({"cluster": "ECS-web"}, "limit-per-cluster", "ECS-api", {WEB}, True, id="only its workloads started"),
        pytest.param({"cluster": "ECS-web"}, "critical-spot", None, {WEB, GrowthOrigin("ECS-api")}, False, id="others started too"),
        pytest.param({"cluster": "ECS-web"}, "critical-spot", None, None, False, id="who started is not known"),
        pytest.param({"cluster": "ECS-web"}, "critical-spot", None, set(), False, id="nothing started"),
        pytest.param({"owner": "web"}, "critical-spot", None, {WEB}, True, id="only the owner's"),
        pytest.param({"owner": "web"}, "critical-spot", None, {WEB, SHOP}, False, id="another owner's too"),
        pytest.param({"cluster": "ECS-web", "owner": "web"}, "limit-per-cluster", "ECS-web", {SHOP}, False, id="cluster, not owner"),
    ],
)
def test_what_a_mute_covers(
    of: dict[str, str], alarm: str, cluster: str | None, causes: set[GrowthOrigin] | None, *, covered: bool
) -> None:
    """Never more than it says: the growth of others is reported."""
    assert mute(**of).covers(alarm, cluster, causes) is covered


def test_a_mute_is_active_until_its_end() -> None:
    """The end itself is not muted; the next to end comes first."""
    mutes = [mute("long", until=NOW + 2 * HOUR), mute("short"), mute("later", since=NOW + 1)]
    assert [each.id for each in active(mutes, NOW)] == ["short", "long"]
    assert [each.id for each in active(mutes, NOW + HOUR)] == ["long"]


def test_an_ended_mute_is_forgotten_after_a_day_unless_it_holds_something() -> None:
    """What it holds must be summed up first."""
    before = Mutes(mutes=(mute("empty"), mute("full", held=("Crossed/x/1",))))
    after = add(before, mute("new", until=NOW + 2 * KEPT), NOW + HOUR + KEPT)
    assert [each.id for each in after.mutes] == ["full", "new"]


def test_an_early_end_is_the_end() -> None:
    """Another mute goes on; one that has ended keeps its end."""
    before = Mutes(mutes=(mute("a"), mute("b"), mute("old", until=NOW - 1)))
    after = end(before, {"a", "old"}, NOW + 5)
    assert [(each.id, each.until) for each in after.mutes] == [("a", NOW + 5), ("b", NOW + HOUR), ("old", NOW - 1)]


def test_there_is_a_most() -> None:
    """A script that mutes in a circle is stopped."""
    many = Mutes(mutes=tuple(mute(str(i)) for i in range(MAX_MUTES)))
    with pytest.raises(MisconfiguredError, match="there are 50 mutes"):
        add(many, mute("one more"), NOW)
    assert len(add(many, mute("1", until=NOW + 2 * HOUR), NOW).mutes) == MAX_MUTES
