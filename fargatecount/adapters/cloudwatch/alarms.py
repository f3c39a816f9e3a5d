"""CloudWatch's alarms, their history, and the topics behind them, with the credentials of an operator.

Needs `cloudwatch:DescribeAlarms`, `cloudwatch:SetAlarmState`, `cloudwatch:DescribeAlarmHistory` and `sns:ListSubscriptionsByTopic`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.breaches.alarm_list import AlarmStanding, AlarmStateValue
from fargatecount.breaches.alarms import ActionRecord, Alarm, StateChange, Subscribers
from fargatecount.timestamps import parse_millis

NEWEST = 50
"""Entries of a history: a test writes three, and an alarm that flaps meanwhile some more."""
ACTION = re.compile(r"action (arn:\S+?)\.?(?:\s|$)")
PENDING = "PendingConfirmation"
"""The value of SNS in place of an ARN: https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html"""


class CloudWatchAlarms:
    """Alarms through botocore clients `cloudwatch` and `sns`."""

    def __init__(self, cloudwatch: Any, sns: Any) -> None:
        self._cloudwatch = cloudwatch
        self._sns = sns

    def find(self, name: str) -> Alarm | None:
        """Return an alarm on metrics; None if there is none of that name."""
        with aws_errors(f"reading alarm {name}"):
            found = self._cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])["MetricAlarms"]
        if not found:
            return None
        (alarm,) = found
        return Alarm(
            name=alarm["AlarmName"],
            state=alarm["StateValue"],
            threshold=float(alarm["Threshold"]),
            actions=tuple(alarm.get("AlarmActions", ())),
            enabled=bool(alarm.get("ActionsEnabled", True)),
        )

    def standings(self, stack: str) -> Sequence[AlarmStanding]:
        """Return all alarms whose names begin with the stack's, on metrics and composite ones."""
        prefix = f"{stack}-"
        found: list[AlarmStanding] = []
        with aws_errors(f"reading the alarms of {stack}"):
            pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
            )
            for page in pages:
                found += [_standing(each, prefix) for kind in ("MetricAlarms", "CompositeAlarms") for each in page.get(kind, ())]
        return found

    def set_state(self, name: str, state: str, reason: str) -> None:
        """Put an alarm into a state."""
        with aws_errors(f"setting alarm {name} to {state}"):
            self._cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)

    def history(self, name: str) -> Sequence[StateChange | ActionRecord]:
        """Return the newest entries of an alarm's history, newest first."""
        with aws_errors(f"reading the history of alarm {name}"):
            answer = self._cloudwatch.describe_alarm_history(AlarmName=name, MaxRecords=NEWEST, ScanBy="TimestampDescending")
        return [entry for item in answer["AlarmHistoryItems"] if (entry := entry_of(item)) is not None]

    def subscribers(self, topic: str) -> Subscribers:
        """Return the subscribers of a topic."""
        with aws_errors(f"reading the subscriptions of {topic}"):
            pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            arns = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
        pending = arns.count(PENDING)
        return Subscribers(confirmed=len(arns) - pending, pending=pending)


def _standing(alarm: dict[str, Any], prefix: str) -> AlarmStanding:
    return AlarmStanding(
        name=str(alarm["AlarmName"]).removeprefix(prefix),
        state=AlarmStateValue(alarm["StateValue"]),
        # A composite alarm has both; the second moves with every new reason.
        since=parse_millis(alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp")),
        reason=str(alarm.get("StateReason") or ""),
        description=str(alarm.get("AlarmDescription") or ""),
    )


def entry_of(item: dict[str, Any]) -> StateChange | ActionRecord | None:
    """Return an entry of a history; None if it is neither a change of state nor an action."""
    at = parse_millis(item["Timestamp"]) or 0
    text = str(item.get("HistoryData") or "{}")
    try:
        data = json.loads(text)
    except ValueError:  # CloudWatch truncates it at 4,095 characters
        data = {}
    if item["HistoryItemType"] == "StateUpdate":
        return StateChange(at, str(data.get("newState", {}).get("stateReason") or text))
    if item["HistoryItemType"] == "Action":
        # The summary has the result, and AWS's own pages quote it; the data names only the target.
        summary = str(item.get("HistorySummary", ""))
        named = ACTION.search(summary)
        target = data.get("notificationResource") or (named[1] if named else "")
        return ActionRecord(at, str(target), summary.startswith("Successfully"), summary)
    return None
