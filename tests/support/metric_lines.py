"""Reads the metrics embedded in log lines."""

from __future__ import annotations

import json


def metrics(output: str) -> dict[str, float]:
    """Return what the embedded metrics in a log say."""
    found = [json.loads(line) for line in output.splitlines() if line.startswith("{") and '"_aws"' in line]
    return {
        metric["Name"]: document[metric["Name"]]
        for document in found
        for directive in document["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }
