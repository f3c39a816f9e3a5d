"""Entries of an alarm's history, as CloudWatch writes them, and its mute rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fargatecount.adapters.cloudwatch.alarms import entry_of
from fargatecount.adapters.cloudwatch.mute_rules import CloudWatchMuteRules
from fargatecount.breaches.alarms import ActionRecord, StateChange
from fargatecount.mutes.mute import Mute
from tests.support.builders import HOUR, NOW

TOPIC = "arn:aws:sns:eu-west-1:123456789012:paging"


def item(kind: str, summary: str, data: Any) -> dict[str, Any]:
    text = data if isinstance(data, str) else json.dumps(data)
    at = datetime.fromtimestamp(NOW / 1000, UTC)
    return {"AlarmName": "a", "Timestamp": at, "HistoryItemType": kind, "HistorySummary": summary, "HistoryData": text}


@pytest.mark.parametrize(
    ("summary", "data", "succeeded"),
    [
        (f"Successfully executed action {TOPIC}", {"actionState": "Succeeded", "notificationResource": TOPIC}, True),
        (f"Successfully executed action {TOPIC}", "", True),
        (f"Failed to execute action {TOPIC}. Received error: CloudWatch Alarms is not authorized", {"actionState": "Failed"}, False),
        (f"Failed to execute action {TOPIC}. Received error: the key", "{cut off", False),
    ],
    ids=["done", "done, no data", "failed", "failed, data cut off"],
)
def test_an_action_says_what_became_of_it(summary: str, data: Any, succeeded: bool) -> None:
    """Its target and its end, by the summary where the data does not say; CloudWatch cuts long data off."""
    assert entry_of(item("Action", summary, data)) == ActionRecord(NOW, TOPIC, succeeded, summary)


def test_a_change_of_state_has_its_reason() -> None:
    """By it a trial knows its own."""
    data = {"version": "1.0", "oldState": {"stateValue": "OK"}, "newState": {"stateValue": "ALARM", "stateReason": "alarm-test t0"}}
    assert entry_of(item("StateUpdate", "Alarm updated from OK to ALARM", data)) == StateChange(NOW, "alarm-test t0")


def test_a_reason_is_found_in_what_was_cut_off_too() -> None:
    """Its words are still in the text."""
    found = entry_of(item("StateUpdate", "", '{"newState": {"stateReason": "alarm-test t0", "stateReasonData": {"re'))
    assert isinstance(found, StateChange)
    assert "alarm-test t0" in found.reason


@pytest.mark.parametrize("kind", ["ConfigurationUpdate", "AlarmContributorStateUpdate", "SomethingNew"])
def test_everything_else_is_no_entry(kind: str) -> None:
    """What it does not know it passes over."""
    assert entry_of(item(kind, "", {})) is None


def test_a_recurring_mute_is_a_rule_with_its_cron_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    """As CloudWatch's own model accepts it: the length of each time, UTC, and the end for good."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = boto3.client("cloudwatch", "eu-west-1")
    mute = Mute(id="1", since=NOW, until=NOW + 9 * 24 * HOUR, reason="load test", every="cron(0 2 * * SUN)", length=4 * HOUR)
    with Stubber(client) as cloudwatch:
        asked = {
            "Name": "prod-mute-1",
            "Description": "load test",
            "Rule": {"Schedule": {"Expression": "cron(0 2 * * SUN)", "Duration": "PT240M", "Timezone": "UTC"}},
            "MuteTargets": {"AlarmNames": ["prod-drift"]},
            "ExpireDate": datetime.fromtimestamp(mute.until / 1000, UTC),
        }
        cloudwatch.add_response("put_alarm_mute_rule", {}, asked)
        cloudwatch.add_response("get_alarm_mute_rule", {"Status": "SCHEDULED"}, {"AlarmMuteRuleName": "prod-mute-1"})
        assert CloudWatchMuteRules(client).mute("prod-mute-1", ["prod-drift"], mute) == "SCHEDULED"
