"""A quota filled by tasks, by pods, and by both: each alarm once, a breach that stays one, and its end; a story for each way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local.stack import Stack
from tests.e2e.alarmed import QUOTA, Alarmed
from tests.e2e.filling import Both, Filling, Tasks, watched_pods
from tests.e2e.scale import takes_minutes
from tests.support.deadline import eventually, throughout

pytestmark = takes_minutes

MINUTES = 60.0
CROSSING = 30.0
"""Seconds from a change to its message: at most 5 until its turn to be put and one to be evaluated; the rest is for a busy machine."""
WARNING, CRITICAL = "warning-on-demand", "critical-on-demand"
LEVELS = {WARNING: "Quiet", CRITICAL: "Paging"}
"""The topic of each."""


class Breach:
    """A deployment, and a way to fill its quota."""

    def __init__(self, alarmed: Alarmed, filling: Filling) -> None:
        self.alarmed = alarmed
        self._filling = filling

    def fill(self, percent: int) -> None:
        """Let so much of the quota be held."""
        self._filling.hold(int(QUOTA) * percent // 100)

    def utilization(self) -> float | None:
        """Return what was published last; None where nothing was within ten minutes."""
        points = self.alarmed.points("fargate-vcpu-utilization", capacity="on-demand")
        return points[-1] if points else None

    def beginnings(self, alarm: str) -> int:
        """Return how many messages said that an alarm began."""
        return self.alarmed.heard(alarm).count("ALARM")

    def ends(self, alarm: str) -> int:
        """Return how many messages report the end of an alarm after its beginning."""
        heard = self.alarmed.heard(alarm)
        return heard[heard.index("ALARM") :].count("OK") if "ALARM" in heard else 0


@pytest.fixture(scope="module", params=["tasks", "pods", "tasks and pods"])
def breach(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Breach]:
    """Return a deployment of this story's own, with an account in which nothing runs."""
    home = tmp_path_factory.mktemp("aws")
    with Stack(home / "stack") as stack, ExitStack() as stays:
        stack.deploy()
        alarmed = Alarmed(stack)
        filling: Filling
        if request.param == "tasks":
            filling = Tasks(alarmed)
        else:
            pods = stays.enter_context(watched_pods(alarmed, home / "watcher.log"))
            filling = pods if request.param == "pods" else Both(Tasks(alarmed), pods)
        alarmed.allow(QUOTA)
        alarmed.invoke("publish")
        yield Breach(alarmed, filling)


def test_nothing_is_wrong_before(breach: Breach) -> None:
    """An account in which nothing runs is at 0 %, and both alarms know that."""
    eventually(lambda: breach.utilization() == 0, "0 % is published", CROSSING)
    for alarm in LEVELS:
        breach.alarmed.eventually_in(alarm, "OK", within=4 * MINUTES)


def test_the_warning_level_is_a_warning_once(breach: Breach) -> None:
    """At 80 % for three minutes one message comes on the quiet topic, and the pager is silent."""
    breach.fill(80)
    eventually(lambda: breach.utilization() == 80, "80 % is published", CROSSING)
    breach.alarmed.eventually_in(WARNING, "ALARM", within=5 * MINUTES)
    eventually(lambda: breach.beginnings(WARNING) == 1, "the message has arrived", CROSSING)
    assert breach.beginnings(CRITICAL) == 0


def test_the_critical_level_pages_once(breach: Breach) -> None:
    """At 95 % one message comes on the paging topic within seconds."""
    breach.fill(95)
    eventually(lambda: breach.beginnings(CRITICAL) == 1, "the message has arrived", CROSSING)
    assert breach.utilization() == 95


def test_a_quiet_scope_in_breach_stays_in_breach_for_ten_minutes(breach: Breach) -> None:
    """While nothing changes both alarms stay, at every look, and nothing more is said."""
    throughout(
        lambda: [breach.alarmed.state(alarm) for alarm in LEVELS] == ["ALARM", "ALARM"],
        "both alarms are in ALARM",
        10 * MINUTES,
    )
    assert set(breach.alarmed.points("fargate-vcpu-utilization", capacity="on-demand")) == {95.0}
    assert [(breach.beginnings(alarm), breach.ends(alarm)) for alarm in LEVELS] == [(1, 0), (1, 0)]


def test_a_fall_ends_both_once(breach: Breach) -> None:
    """Below both levels each alarm ends, with one message on the topic that had its beginning."""
    breach.fill(50)
    eventually(lambda: breach.ends(CRITICAL) == 1, "the end of the critical level has been told", CROSSING)
    eventually(lambda: breach.ends(WARNING) == 1, "the end of the warning level has been told", 5 * MINUTES)
    assert breach.utilization() == 50
    assert {(message.alarm, message.topic) for message in breach.alarmed.hear() if message.alarm in LEVELS} == set(LEVELS.items())
    assert [(breach.beginnings(alarm), breach.ends(alarm)) for alarm in LEVELS] == [(1, 1), (1, 1)]
