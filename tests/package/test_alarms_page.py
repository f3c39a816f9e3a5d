"""docs/alarms.md on limit events and on `alarm-test`."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from moto.events.models import EventPattern

from fargatecount.adapters.eventbridge import entry
from fargatecount.breaches.breach import CLEARS_AT, BreachLevel, Change, ChangeKind, QuotaGauge
from fargatecount.breaches.event import limit_event
from fargatecount.breaches.growth import Growth
from fargatecount.counts import Tally
from fargatecount.workload import Capacity
from tests.package.artefact import ROOT
from tests.support.builders import NOW, SCOPE, WEB

PAGE = (ROOT / "docs" / "alarms.md").read_text()
EXAMPLE, PATTERN, RIGHTS = (json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL))


def detail(level: BreachLevel = BreachLevel.CRITICAL, *, test: bool = False) -> dict[str, Any]:
    gauge = QuotaGauge(capacity=Capacity.ON_DEMAND, level=level, threshold=95, unit="vCPU", value=20, used=19.25, percent=96.25)
    grew = Growth(WEB, "service:shop", Tally(12, 12 * 1024, 0), Tally(14, 14 * 1024, 0))
    event = limit_event(Change(kind=ChangeKind.CROSSED, gauge=gauge, since=NOW, at=NOW), SCOPE, [grew], test=test)
    found: dict[str, Any] = msgspec.to_builtins(event.detail)
    return found


def test_the_example_is_what_an_event_has() -> None:
    """The same keys on every level, and the same values except for the account and the texts."""
    real = detail()
    assert set(EXAMPLE) == set(real)
    assert set(EXAMPLE["chat"]) == set(real["chat"])
    differing = {"account", "breach", "what_to_do", "chat"}
    assert {name: EXAMPLE[name] for name in set(EXAMPLE) - differing} == {name: real[name] for name in set(real) - differing}
    assert EXAMPLE["breach"] == real["breach"].replace(SCOPE.account, EXAMPLE["account"])


@pytest.mark.parametrize(
    ("level", "test", "taken"),
    [(BreachLevel.CRITICAL, False, True), (BreachLevel.WARNING, False, False), (BreachLevel.CRITICAL, True, False)],
)
def test_the_rule_takes_what_is_grave_and_no_test(level: BreachLevel, test: bool, taken: bool) -> None:
    """The pattern on the page, against real events."""
    gauge = QuotaGauge(capacity=Capacity.SPOT, level=level, threshold=95, unit="vCPU", value=20, used=20, percent=100)
    sent = entry(limit_event(Change(kind=ChangeKind.CROSSED, gauge=gauge, since=NOW, at=NOW), SCOPE, [], test=test))
    event = {"source": sent["Source"], "detail-type": sent["DetailType"], "detail": json.loads(sent["Detail"])}
    assert EventPattern.load(json.dumps(PATTERN)).matches_event(event) is taken


def test_the_numbers_of_clearing_are_those_of_the_code() -> None:
    """At the default thresholds."""
    assert "from 95 to below 90.25, from 80 to below 76" in " ".join(PAGE.split())
    assert (95 * CLEARS_AT, 80 * CLEARS_AT) == (90.25, 76)


def test_the_rights_are_those_that_the_command_uses() -> None:
    """Each call of the command has its action on the page, and no other is there."""
    sources = [(ROOT / "fargatecount" / "adapters" / name).read_text() for name in ("cloudwatch/alarms.py", "eventbridge.py", "stacks.py")]
    called = set(re.findall(r"\.(describe_alarms|set_alarm_state|describe_alarm_history|put_events|describe_stacks)\(", "".join(sources)))
    actions = {"".join(word.title() for word in name.split("_")) for name in called} | {"ListSubscriptionsByTopic"}
    (statement,) = RIGHTS["Statement"]
    assert {action.split(":")[1] for action in statement["Action"]} == actions
