"""Embedded metric format: metrics that a function writes into its log become CloudWatch metrics.

Specification: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ministack.services import cloudwatch, cloudwatch_logs


class Datum(NamedTuple):
    """One value of one metric, as CloudWatch stores it."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    timestamp: float
    unit: str
    value: float


def extract(message: str) -> Iterator[Datum]:
    """Yield the metrics of a log line; none when it is not in the format."""
    if '"_aws"' not in message:  # nearly every line, which is not decoded
        return
    try:
        document = json.loads(message)
    except ValueError:
        return
    if not isinstance(document, dict) or not isinstance(document.get("_aws"), dict):
        return
    timestamp = document["_aws"]["Timestamp"] / 1000
    for directive in document["_aws"].get("CloudWatchMetrics", []):
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                values = document.get(metric["Name"], [])
                for value in values if isinstance(values, list) else [values]:
                    yield Datum(directive["Namespace"], metric["Name"], dimensions, timestamp, metric.get("Unit", "None"), value)


def apply() -> None:
    """Read every log line that is stored."""
    append = cloudwatch_logs._append_log_events

    def append_and_extract(stream: Any, events: list[dict[str, Any]]) -> None:
        append(stream, events)
        data = [datum for event in events for datum in extract(event["message"])]
        for datum in data:
            cloudwatch._store_datum(*datum, None, None, None)
        if data:
            cloudwatch._evaluate_all_alarms()

    cloudwatch_logs._append_log_events = append_and_extract
