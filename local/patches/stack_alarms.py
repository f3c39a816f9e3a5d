"""CloudFormation: alarms on metric math and composite alarms, which the emulator refuses to provision."""

from __future__ import annotations

from typing import Any, Final

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from local.patches.alarms import longest_period
from local.patches.stack_resources import Properties, true

COMPOSITE: Final = "AWS::CloudWatch::CompositeAlarm"

# Properties of an alarm on a single metric that one on metric math lacks.
_OF_ONE_METRIC: Final = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions")


def apply() -> None:
    """Provision both."""
    record_of = provisioners._cw_metric_alarm_record

    def record(name: str, properties: Properties) -> Any:
        if not properties.get("Metrics"):
            return record_of(name, properties)
        queries = [_query(query) for query in properties["Metrics"]]
        stand_in = {"Metrics": None, "MetricName": "-", "Namespace": "-", "Period": longest_period(queries)}
        alarm = {key: value for key, value in record_of(name, {**properties, **stand_in}).items() if key not in _OF_ONE_METRIC}
        return {**alarm, "Metrics": queries}

    provisioners._cw_metric_alarm_record = record
    provisioners._RESOURCE_HANDLERS[COMPOSITE] = {"create": _create, "update": _update, "delete": _delete}


def _query(query: Properties) -> Properties:
    """Return a template's query with the types of the API: templates may have booleans and numbers as text."""
    typed = dict(query)
    if "ReturnData" in typed:
        typed["ReturnData"] = true(typed["ReturnData"])
    if typed.get("MetricStat"):
        typed["MetricStat"] = {**typed["MetricStat"], "Period": int(typed["MetricStat"]["Period"])}
    return typed


def _put(name: str, properties: Properties) -> tuple[str, dict[str, str]]:
    data = {key: value for key, value in properties.items() if key != "Tags"}
    data.update(AlarmName=name, ActionsEnabled=true(properties.get("ActionsEnabled", True)))
    status, _, body = cloudwatch._put_composite_alarm({}, data, False, True)
    if status != 200:  # noqa: PLR2004 - HTTP OK
        raise ValueError(f"the composite alarm {name} was refused: {body.decode()}")
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _create(logical_id: str, properties: Properties, stack: str) -> tuple[str, dict[str, str]]:
    return _put(properties.get("AlarmName") or provisioners._physical_name(stack, logical_id, max_len=255), properties)


def _update(physical_id: str, _old: Properties, new: Properties, _stack: str) -> tuple[str, dict[str, str]]:
    return _put(physical_id, new)


def _delete(physical_id: str, _properties: Properties) -> None:
    cloudwatch._composite_alarms.pop(physical_id, None)
