"""The embedded AWS mutes the actions of alarms as CloudWatch does."""

from __future__ import annotations

import time
from typing import Any

import pytest

from fargatecount.adapters.cloudwatch.mute_rules import CloudWatchMuteRules
from fargatecount.mutes.mute import Mute
from local.aws.mute_rules import Muted, rule_of
from local.stack import Stack
from tests.local.account import client

AT = 1_767_225_600.0
REQUEST: dict[str, Any] = {
    "Name": "night",
    "Rule": {"Schedule": {"Expression": "at(2026-01-01T01:00)", "Duration": "PT1H30M", "Timezone": "Europe/Berlin"}},
    "MuteTargets": {"AlarmNames": ["a"]},
}


def test_an_action_is_held_until_the_end_of_the_rule() -> None:
    """Of the last change only, and once; another alarm is not held."""
    muted = Muted()
    muted.rules["night"] = rule_of(REQUEST)
    assert [muted.rules["night"].status(AT + after) for after in (-1, 0, 5399, 5400)] == ["SCHEDULED", "ACTIVE", "ACTIVE", "EXPIRED"]
    assert (muted.holds("a", AT), muted.holds("b", AT)) == (True, False)
    muted.hold("a", "OK", "ALARM", "1")
    muted.hold("a", "ALARM", "OK", "2")
    assert muted.released(AT + 1) == []
    assert muted.released(AT + 5400) == [("a", "ALARM", "OK", "2")]
    assert muted.released(AT + 5400) == []


@pytest.mark.parametrize(
    "schedule",
    [
        {"Expression": "at(2026-01-01)"},
        {"Expression": "at(2026-01-01T01:00)", "Duration": "PT0M"},
        {"Expression": "at(2026-01-01T01:00)", "Duration": "P16D"},
    ],
)
def test_what_cloudwatch_does_not_accept(schedule: dict[str, str]) -> None:
    """No time, nothing, more than 15 days."""
    with pytest.raises(ValueError, match=r"at\(|duration"):
        rule_of(REQUEST | {"Rule": {"Schedule": {"Duration": "PT1H"} | schedule}})


def test_the_adapter_mutes_and_unmutes(stack: Stack) -> None:
    """A rule that begins in this minute is active; deleting one that is not there is no error."""
    rules = CloudWatchMuteRules(client(stack, "cloudwatch"))
    now = round(time.time() * 1000)
    mute = Mute(id="1", since=now, until=now + 90_000, reason="load test")
    assert rules.mute("quiet", ["a", "b"], mute) == "ACTIVE"
    rules.unmute("quiet")
    rules.unmute("quiet")
