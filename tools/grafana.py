"""The Grafana dashboard of the exporter: `python -m tools.grafana` writes infra/grafana/scope.json anew.

Made from a list of panels, because Grafana's JSON repeats itself for each of them. Every expression uses the exporter's metrics only, and a
test runs each in a real Prometheus. Format: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.grafana_panels import IN_CLUSTER, PANELS, WHERE, Panel

FOLDER = Path(__file__).resolve().parents[1] / "infra" / "grafana"
SCOPE = FOLDER / "scope.json"
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH = 24
"""Columns of a dashboard."""
SCHEMA = 39
"""The schema of Grafana 11; newer versions upgrade it when they load it."""


def dashboard() -> dict[str, Any]:
    """Return the dashboard."""
    variables = [
        {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
        _variable("account", "label_values(fargatecount_readable, account)"),
        _variable("region", 'label_values(fargatecount_readable{account=~"$account"}, region)'),
        _variable("cluster", f"label_values(fargatecount_cluster_readable{{{WHERE}}}, cluster)"),
        _variable("owner", f"label_values(fargatecount_service_held_vcpu{{{IN_CLUSTER}}}, service)"),
    ]
    return {
        "uid": "fargatecount-scope",
        "title": "Fargate: account and Region",
        "tags": ["fargatecount"],
        "description": "What runs on AWS Fargate, and how near it is to the quota.",
        "schemaVersion": SCHEMA,
        "editable": True,
        "timezone": "",
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": variables},
        "panels": list(_placed()),
    }


def expressions(of: dict[str, Any]) -> list[str]:
    """Return every expression of a dashboard's panels, with each variable at All."""
    found = [target["expr"] for panel in of["panels"] for target in panel["targets"]]
    names = [variable["name"] for variable in of["templating"]["list"]]
    return [re.sub(rf'"\$({"|".join(names)})"', '".*"', expression) for expression in found]


def _variable(name: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
        "sort": 1,
    }


def _placed() -> Iterator[dict[str, Any]]:
    x = y = height = 0
    for number, panel in enumerate(PANELS, start=1):
        if x + panel.width > WIDTH:
            x, y, height = 0, y + height, 0
        yield _panel(panel, number) | {"gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height}}
        x, height = x + panel.width, max(height, panel.height)


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    is_instant = panel.kind in {"stat", "gauge", "table"}
    targets = [
        {
            "refId": chr(ord("A") + i),
            "expr": expression,
            "legendFormat": legend,
            "datasource": SOURCE,
            "instant": is_instant,
            "range": not is_instant,
        }
        | ({"format": "table"} if panel.kind == "table" else {})
        for i, (expression, legend) in enumerate(panel.queries)
    ]
    defaults: dict[str, Any] = {"unit": panel.unit, "noValue": "not known"}
    if panel.ratio:
        # Colors only: the alerts compare with the deployment's own thresholds, which a panel cannot read.
        steps = [{"color": "green", "value": None}, {"color": "orange", "value": 0.8}, {"color": "red", "value": 0.95}]
        defaults |= {"min": 0, "max": 1, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "timeseries":
        defaults["custom"] = {"fillOpacity": 20 if panel.stacked else 0, "stacking": {"mode": "normal" if panel.stacked else "none"}}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {},
    }


def text() -> str:
    """Return the content of the file."""
    return json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCOPE.write_text(text())
