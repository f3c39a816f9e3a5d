"""CloudWatch alarms: evaluated by time, not only when a metric arrives; exact dimensions, M of N, missing data, metric math.

The emulator evaluates inside PutMetricData, merges dimensions, and drops `Metrics`. Its records, history, actions and composite alarms are
used as they are.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from ministack.core import responses
from ministack.services import cloudwatch

from local.aws.alarm_state import BREACHES, EXTRA_PERIODS, state_of
from local.aws.metric_math import MetricMath, Query

# AWS evaluates high-resolution alarms every 10 s; a demo need not wait that long.
TICK_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)

Compute = Callable[[list[Query], float, float], MetricMath]


def apply(compute: Compute) -> None:
    """Replace the evaluation, keep `Metrics` in PutMetricAlarm, and start the clock."""
    # A metric and the clock may evaluate one alarm at the same time: one breach must be one notification.
    one_at_a_time = threading.RLock()

    def evaluate(alarm: dict[str, Any]) -> None:
        if alarm.get("Metrics") or alarm.get("MetricName"):  # else PutMetricAlarm is still storing it
            with one_at_a_time:
                _evaluate(alarm, compute, time.time())

    cloudwatch._evaluate_alarm = evaluate
    put_metric_alarm = cloudwatch._put_metric_alarm

    def put_with_metrics(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        if not data.get("Metrics"):
            return put_metric_alarm(params, data, is_cbor, is_json)
        reply = put_metric_alarm(params, {**data, "Period": longest_period(data["Metrics"])}, is_cbor, is_json)
        if data["AlarmName"] in cloudwatch._alarms and reply[0] == 200:  # noqa: PLR2004 - HTTP OK
            cloudwatch._alarms[data["AlarmName"]]["Metrics"] = data["Metrics"]
            evaluate(cloudwatch._alarms[data["AlarmName"]])
        return reply

    cloudwatch._put_metric_alarm = put_with_metrics
    threading.Thread(target=_tick_for_ever, name="alarm-clock", daemon=True).start()


def longest_period(queries: Sequence[Query]) -> int:
    """Return the period, in seconds, by which an alarm on these queries is evaluated."""
    return max((int(query["MetricStat"]["Period"]) for query in queries if query.get("MetricStat")), default=60)


def _queries(alarm: dict[str, Any]) -> list[Query]:
    if alarm.get("Metrics"):
        return list(alarm["Metrics"])
    metric = {"Namespace": alarm.get("Namespace"), "MetricName": alarm.get("MetricName"), "Dimensions": alarm.get("Dimensions") or []}
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    return [{"Id": "metric", "MetricStat": {"Metric": metric, "Period": alarm["Period"], "Stat": statistic}}]


def _evaluate(alarm: dict[str, Any], compute: Compute, now: float) -> None:
    queries = _queries(alarm)
    if any(query.get("Expression", "").lstrip().upper().startswith("SELECT ") for query in queries):
        return  # Metrics Insights is not rebuilt here: such an alarm stays as it was created
    period = longest_period(queries)
    evaluate = int(alarm.get("EvaluationPeriods", 1))
    to_alarm = int(alarm.get("DatapointsToAlarm") or evaluate)
    current = int(now // period) * period
    returned = next(query["Id"] for query in queries if query.get("ReturnData", True) is not False)
    try:
        series = compute(queries, current - (evaluate + EXTRA_PERIODS) * period, current + period).series(returned)
    except ValueError as error:
        _log.error("the alarm %s cannot be evaluated: %s", alarm["AlarmName"], error)
        return
    newest = current if current in series else current - period
    times = [newest - back * period for back in reversed(range(evaluate + EXTRA_PERIODS))]
    points = [None if math.isnan(series.get(at, math.nan)) else series[at] for at in times]
    breaches = BREACHES[alarm["ComparisonOperator"]]
    before = alarm["StateValue"]
    after = state_of(
        [None if point is None else breaches(point, alarm["Threshold"]) for point in points],
        evaluate=evaluate,
        to_alarm=to_alarm,
        treat_missing=alarm.get("TreatMissingData") or "missing",
        before=before,
    )
    if after != before:
        reason = f"Threshold Crossed: datapoints {points[-evaluate:]} against {alarm['ComparisonOperator']} {alarm['Threshold']}"
        alarm.update(StateValue=after, StateReason=reason, StateUpdatedTimestamp=int(now))
        cloudwatch._record_history(alarm["AlarmName"], before, after, reason)
        cloudwatch._dispatch_alarm_actions(alarm, before, after, reason)
        cloudwatch._evaluate_parent_alarms(alarm)


def _tick_for_ever() -> None:
    never = threading.Event()
    while not never.wait(TICK_SECONDS):
        for account, region in {(account, region) for account, region, _ in list(cloudwatch._alarms._data)}:
            with responses.request_scope(account, region):
                cloudwatch._evaluate_all_alarms()
