"""CloudWatch: the history of an alarm has the results of its actions, as entries of type `Action`; the emulator keeps states only.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AlarmHistoryItem.html
"""

from __future__ import annotations

import json
import time
from typing import Any

from ministack.core.arn import ArnParseError
from ministack.services import cloudwatch, sns

FIELDS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


def apply() -> None:
    """Record each action after it was dispatched."""
    dispatch = cloudwatch._dispatch_alarm_actions

    def dispatch_and_record(alarm: dict[str, Any], before: str, after: str, reason: str) -> None:
        dispatch(alarm, before, after, reason)
        if alarm.get("ActionsEnabled", True):
            for target in alarm.get(FIELDS.get(after, "")) or ():
                cloudwatch._history_entries().append(_entry(alarm, target))

    cloudwatch._dispatch_alarm_actions = dispatch_and_record


def _entry(alarm: dict[str, Any], target: str) -> dict[str, Any]:
    done = _exists(target)
    data = {"actionState": "Succeeded" if done else "Failed", "notificationResource": target}
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmType": "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm",
        "Timestamp": cloudwatch._ts_iso(time.time()),
        "HistoryItemType": "Action",
        "HistorySummary": f"{'Successfully executed' if done else 'Failed to execute'} action {target}",
        "HistoryData": json.dumps(data if done else {**data, "error": "the topic does not exist"}),
    }


def _exists(topic: str) -> bool:
    try:
        return topic in sns._topics
    except (ArnParseError, KeyError):
        return False
