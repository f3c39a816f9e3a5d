"""Whatever fails while a mute begins or ends, alarms ring rather than be muted unseen."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from fargatecount.adapters.memory.mutes import MemoryMutes
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.mutes.change import MutePorts, begin, finish, planned_of
from fargatecount.mutes.mute import Mute, Mutes, active, add
from fargatecount.workload import Scope
from tests.support.builders import HOUR, NOW, SCOPE

ALARMS = ["critical-spot", "warning-spot", "liveness"]
LOAD_TEST = Mute(id="7", since=NOW, until=NOW + HOUR, reason="load test")


class FakeRules:
    """CloudWatch's rules; it refuses while `refuses`."""

    def __init__(self) -> None:
        self.rules: dict[str, Sequence[str]] = {}
        self.refuses = False
        self.loses_answer = False

    def mute(self, name: str, alarms: Sequence[str], mute: Mute) -> str:
        del mute
        self._check()
        self.rules[name] = alarms
        if self.loses_answer:
            raise UnavailableError("no answer")
        return "ACTIVE"

    def unmute(self, name: str) -> None:
        self._check()
        self.rules.pop(name, None)

    def _check(self) -> None:
        if self.refuses:
            raise DeniedError("not you")


class RacedMutes(MemoryMutes):
    """Another process writes before each of the first writes."""

    def __init__(self, races: int) -> None:
        super().__init__()
        self._races = races

    def keep(self, scope: Scope, mutes: Mutes) -> bool:
        if self._races:
            self._races -= 1
            super().keep(scope, self.mutes(scope).followed_by((), 1))
        return super().keep(scope, mutes)


@pytest.fixture
def rules() -> FakeRules:
    return FakeRules()


def ports(rules: FakeRules, store: MemoryMutes | None = None) -> MutePorts:
    return MutePorts(store=store or MemoryMutes(), rules=rules, scope=SCOPE, stack="prod")


def test_cloudwatch_mutes_all_alarms_but_that_of_a_silent_publisher(rules: FakeRules) -> None:
    """The table knows the rule, and the end removes it."""
    here = ports(rules)
    begun = begin(here, LOAD_TEST, ALARMS, NOW)
    assert planned_of(LOAD_TEST, ALARMS).alarms_ring is begun.mute.alarms_ring is False
    assert (begun.status, rules.rules) == ("ACTIVE", {"prod-mute-7": ["prod-critical-spot", "prod-warning-spot"]})
    (kept,) = here.store.mutes(SCOPE).mutes
    assert kept == begun.mute
    finish(here, [kept], NOW + 1)
    assert (rules.rules, active(here.store.mutes(SCOPE).mutes, NOW + 1)) == ({}, [])


@pytest.mark.parametrize(("cluster", "owner"), [("ECS-web", None), (None, "web")])
def test_cloudwatch_knows_neither_clusters_nor_owners(rules: FakeRules, cluster: str | None, owner: str | None) -> None:
    """Such a mute holds this tool's own messages only."""
    begun = begin(ports(rules), Mute(id="7", since=NOW, until=NOW + HOUR, reason="r", cluster=cluster, owner=owner), ALARMS, NOW)
    assert (begun.mute.rule, begun.mute.alarms_ring, rules.rules) == (None, True, {})


def test_a_refusal_of_cloudwatch_leaves_a_mute_that_says_so(rules: FakeRules) -> None:
    """The mute holds this tool's messages, and CloudWatch's alarms ring."""
    rules.refuses = True
    here = ports(rules)
    begun = begin(here, LOAD_TEST, ALARMS, NOW)
    assert isinstance(begun.error, DeniedError)
    assert [(each.rule, each.alarms_ring) for each in here.store.mutes(SCOPE).mutes] == [(None, True)]


def test_without_alarms_none_rings(rules: FakeRules) -> None:
    """A stack that is not armed has none, and the mute does not say so either."""
    begun = begin(ports(rules), LOAD_TEST, [], NOW)
    assert (begun.mute.rule, begun.mute.alarms_ring, rules.rules) == (None, False, {})


def test_a_rule_whose_answer_is_lost_is_taken_back(rules: FakeRules) -> None:
    """The mute says that alarms ring, so they do."""
    rules.loses_answer = True
    begun = begin(ports(rules), LOAD_TEST, ALARMS, NOW)
    assert (isinstance(begun.error, UnavailableError), begun.mute.alarms_ring, rules.rules) == (True, True, {})


def test_the_end_removes_a_rule_that_was_not_noted(rules: FakeRules) -> None:
    """The command died between CloudWatch and the table."""
    here = ports(rules)
    half = msgspec.structs.replace(LOAD_TEST, alarms_ring=True)
    here.store.keep(SCOPE, add(Mutes(), half, NOW))
    rules.rules["prod-mute-7"] = ["prod-drift"]
    finish(here, [half], NOW + 1)
    assert (rules.rules, active(here.store.mutes(SCOPE).mutes, NOW + 1)) == ({}, [])


def test_a_mute_that_cloudwatch_does_not_end_is_still_shown(rules: FakeRules) -> None:
    """CloudWatch is unmuted first: no alarm is muted unseen."""
    here = ports(rules)
    begun = begin(here, LOAD_TEST, ALARMS, NOW)
    rules.refuses = True
    with pytest.raises(DeniedError):
        finish(here, [begun.mute], NOW + 1)
    assert active(here.store.mutes(SCOPE).mutes, NOW + 1) == [begun.mute]


def test_a_write_is_tried_again_against_another_writer(rules: FakeRules) -> None:
    """And given up when others are faster each time; nothing is muted then."""
    begin(ports(rules, RacedMutes(2)), LOAD_TEST, ALARMS, NOW)
    with pytest.raises(UnavailableError, match="other writers"):
        begin(ports(FakeRules(), RacedMutes(9)), LOAD_TEST, ALARMS, NOW)
