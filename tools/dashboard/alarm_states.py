"""The state of each alarm of the template at the end of the day, by CloudWatch's own rules."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from fargatecount.workload import Capacity
from local.aws.alarm_state import BREACHES, EXTRA_PERIODS, State, state_of
from local.aws.metric_math import MetricMath, Series
from tests.package.template import Template
from tests.support.pages import QUOTAS
from tools.dashboard.day import CLASSES
from tools.dashboard.published import PublishedSeries

INSIGHTS = re.compile(r'SELECT MAX\("([^"]+)"\) FROM SCHEMA\("([^"]+)", cluster\) GROUP BY cluster ORDER BY MAX\(\) DESC')
PART = re.compile(r'ALARM\("\$\{(\w+)\}"\)')


def alarm_states(template: Template, published: PublishedSeries, now: float) -> dict[str, State]:
    """Return the state of every alarm by its logical id; all were OK before. `now` is in epoch seconds.

    Raises:
        NotPublishedError: an alarm watches a metric that is not in the table of metrics.
        ValueError: an alarm has unsupported metric math.
    """
    states = {name: _state(alarm, published, now) for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items()}
    composites = template.of_type("AWS::CloudWatch::CompositeAlarm")
    return states | {name: _composite(alarm["AlarmRule"]["Fn::Sub"], states) for name, alarm in composites.items()}


def _state(alarm: Mapping[str, Any], published: PublishedSeries, now: float) -> State:
    metric = {"Metric": {key: alarm.get(key) for key in ("Namespace", "MetricName", "Dimensions")}, "Period": alarm.get("Period")}
    queries = list(alarm.get("Metrics") or [{"Id": "metric", "MetricStat": metric}])
    period = max(int(query.get("MetricStat", query).get("Period", 60)) for query in queries)
    evaluate = int(alarm["EvaluationPeriods"])
    start = now - (evaluate + EXTRA_PERIODS) * period
    breaches = BREACHES[alarm["ComparisonOperator"]]

    def judged(series: Series) -> State:
        points = [series.get(int(start) + number * period) for number in range(evaluate + EXTRA_PERIODS)]
        breaching = [None if point is None else breaches(point, float(alarm["Threshold"])) for point in points]
        to_alarm = int(alarm["DatapointsToAlarm"])
        return state_of(breaching, evaluate=evaluate, to_alarm=to_alarm, treat_missing=alarm["TreatMissingData"], before="OK")

    if (insights := INSIGHTS.fullmatch(queries[0].get("Expression", ""))) is not None:
        # Each cluster is a contributor, and the alarm is in ALARM as long as any of them is.
        name, namespace = insights.groups()
        return "ALARM" if "ALARM" in map(judged, published.every(namespace, name, ["cluster"], period).values()) else "OK"
    math = MetricMath(queries, start, now, lambda stat, *_: _read(stat, published), _quota)
    return judged(math.series(next(query["Id"] for query in queries if query.get("ReturnData", True))))


def _read(stat: Mapping[str, Any], published: PublishedSeries) -> Series:
    metric = stat["Metric"]
    if metric["Namespace"] == "AWS/Lambda":
        return {}  # Lambda's own; the day of the picture has none
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or ()}
    return published.one(metric["Namespace"], metric["MetricName"], dimensions, int(stat["Period"]))


def _quota(query: Mapping[str, Any]) -> float:
    dimensions = {each["Name"]: each["Value"] for each in query["MetricStat"]["Metric"]["Dimensions"]}
    capacity = next(capacity for capacity in Capacity if CLASSES[capacity] == dimensions["Class"])
    return QUOTAS[capacity][1]


def _composite(rule: str, states: Mapping[str, State]) -> State:
    text = PART.sub(lambda match: str(states[match[1]] == "ALARM"), rule).replace("AND", "and").replace("OR", "or")
    return "ALARM" if _holds(ast.parse(" ".join(text.split()), mode="eval").body) else "OK"


def _holds(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=bool() as value):
            return value
        case ast.BoolOp(op=ast.And(), values=values):
            return all(map(_holds, values))
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(map(_holds, values))
    raise ValueError(f"a composite alarm's rule with {ast.unparse(node)!r}: teach it to this reader")
