"""CloudWatch's alarm mute rules, which the emulator lacks: the actions of a muted alarm do not run, its states go on.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules-behaviour.html: when a mute ends, the action of an
alarm that is still in the state in which it was muted is run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch

from local.aws.mute_rules import Muted, rule_of
from local.patches.gateway import Gateway, Proceed, Request, Response, answer, denial, refusal


def apply(gateway: Gateway) -> None:
    """Answer the operations on mute rules, and hold actions back."""
    places: dict[tuple[str, str], Muted] = {}

    def here() -> Muted:
        return places.setdefault((responses.get_account_id(), responses.get_region()), Muted())

    dispatch = cloudwatch._dispatch_alarm_actions

    def dispatch_unless_muted(alarm: dict[str, Any], before: str, after: str, reason: str) -> None:
        if here().holds(alarm["AlarmName"], time.time()):
            here().hold(alarm["AlarmName"], before, after, reason)
        else:
            dispatch(alarm, before, after, reason)

    evaluate_all = cloudwatch._evaluate_all_alarms

    def evaluate_all_and_release() -> None:
        evaluate_all()
        for name, before, after, reason in here().released(time.time()):
            alarm = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
            if alarm and alarm["StateValue"] == after:
                dispatch(alarm, before, after, reason)

    cloudwatch._dispatch_alarm_actions = dispatch_unless_muted
    cloudwatch._evaluate_all_alarms = evaluate_all_and_release

    operations: dict[str, Callable[[dict[str, Any]], Response]] = {
        "cloudwatch:PutAlarmMuteRule": lambda data: _put(here(), data),
        "cloudwatch:GetAlarmMuteRule": lambda data: _get(here(), data),
        "cloudwatch:DeleteAlarmMuteRule": lambda data: _delete(here(), data),
    }

    async def rules(request: Request, proceed: Proceed) -> Response:
        operation = operations.get(request.operation)
        if operation is None:
            return await proceed(request)
        return denial(request, "cloudwatch") or operation(request.data)

    gateway.use(rules)


def _put(muted: Muted, data: dict[str, Any]) -> Response:
    try:
        rule = rule_of(data)
    except ValueError as error:
        return refusal("ValidationError", str(error))
    muted.rules[rule.name] = rule
    return answer(200, {})


def _get(muted: Muted, data: dict[str, Any]) -> Response:
    rule = muted.rules.get(data["AlarmMuteRuleName"])
    if rule is None:
        return refusal("ResourceNotFoundException", f"There is no mute rule {data['AlarmMuteRuleName']}.")
    return answer(200, {"Name": rule.name, "Status": rule.status(time.time()), "MuteTargets": {"AlarmNames": list(rule.alarms)}})


def _delete(muted: Muted, data: dict[str, Any]) -> Response:
    muted.rules.pop(data["AlarmMuteRuleName"], None)
    return answer(200, {})
