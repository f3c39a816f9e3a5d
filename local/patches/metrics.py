"""CloudWatch metrics: exact dimensions, and metric math in GetMetricData, which the emulator answers with "not implemented"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch

from local.aws.metric_math import MetricMath, Query, Series
from local.faults import ON_DEMAND, SPOT, FaultBoard


def apply(faults: FaultBoard) -> Callable[[list[Query], float, float], MetricMath]:
    """Answer GetMetricData with metric math; return what computes it, for the alarms."""

    def quota_of(query: Query) -> float | None:
        dimensions = cloudwatch._dims_from_list(query["MetricStat"]["Metric"].get("Dimensions") or [])
        code = {"Standard/OnDemand": ON_DEMAND, "Standard/Spot": SPOT}.get(dimensions.get("Class", ""))
        return faults.settings.quotas.get(code) if code else None

    def compute(queries: list[Query], start: float, end: float) -> MetricMath:
        return MetricMath(queries, start, end, stored_series, quota_of)

    get_metric_data = cloudwatch._get_metric_data

    def get_with_math(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        if not (is_cbor or is_json):  # the query protocol of old SDKs: no client here uses it
            return get_metric_data(params, data, is_cbor, is_json)
        queries = data["MetricDataQueries"]
        computed = compute(queries, cloudwatch._parse_ts(data["StartTime"]), cloudwatch._parse_ts(data["EndTime"]))
        newest_first = data.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        try:
            results = [_result(query, computed, newest_first) for query in queries if query.get("ReturnData") is not False]
        except ValueError as error:
            return cloudwatch._error("ValidationError", str(error), 400, use_json=is_json, use_cbor=is_cbor)
        if is_cbor:
            return cloudwatch._cbor_ok({"MetricDataResults": [cloudwatch._cbor_metric_data_result(result) for result in results]})
        return cloudwatch._json_ok({"MetricDataResults": results})

    cloudwatch._get_metric_data = get_with_math
    return compute


def stored_series(stat: Query, start: float, end: float) -> Series:
    """Read one MetricStat of the emulator's store, of the metric with exactly these dimensions."""
    metric, period, statistic = stat["Metric"], int(stat.get("Period", 60)), stat.get("Stat", "Average")
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get("Dimensions") or []))
    periods: dict[int, list[dict[str, Any]]] = {}
    for point in list(cloudwatch._metrics.get((metric["Namespace"], metric["MetricName"], dimensions)) or []):
        if start <= point["Timestamp"] < end:
            periods.setdefault(int(point["Timestamp"] // period) * period, []).append(point)
    values = {at: cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points) for at, points in periods.items()}
    return {at: float(value) for at, value in values.items() if value is not None}


def _result(query: Query, computed: MetricMath, newest_first: bool) -> dict[str, Any]:
    series = computed.series(query["Id"])
    times = sorted(series, reverse=newest_first)
    stat = query.get("MetricStat")
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or (stat["Metric"]["MetricName"] if stat else query["Id"]),
        "Timestamps": [cloudwatch._ts_iso(at) for at in times],
        "Values": [series[at] for at in times],
        "StatusCode": "Complete",
    }
