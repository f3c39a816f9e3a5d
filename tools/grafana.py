"""The Grafana dashboard of the exporter: `python -m tools.grafana` writes infra/grafana/scope.json anew.

Made from a list of panels, because Grafana's JSON repeats itself for each of them. Every expression uses the exporter's metrics only, and a
test runs each in a real Prometheus. Format: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).resolve().parents[1] / "infra" / "grafana"
SCOPE = FOLDER / "scope.json"
SOURCE = {"type": "prometheus", "uid": "${source}"}
WHERE = 'account=~"$account", region=~"$region"'
IN_CLUSTER = f'{WHERE}, cluster=~"$cluster"'
WIDTH = 24
"""Columns of a dashboard."""
SCHEMA = 39
"""The schema of Grafana 11; newer versions upgrade it when they load it."""


class Panel(NamedTuple):
    """One panel."""

    title: str
    queries: Sequence[tuple[str, str]]
    """Expression and legend."""
    kind: str = "timeseries"
    unit: str = "short"
    width: int = 8
    height: int = 8
    about: str = ""
    ratio: bool = False
    """Whether the value is a part of a quota or limit, and has the colors of the thresholds."""
    stacked: bool = False


PANELS = (
    Panel(
        "Quota used",
        [(f"fargatecount_quota_utilization_ratio{{{WHERE}}}", "{{capacity}}")],
        kind="gauge",
        unit="percentunit",
        width=6,
        height=7,
        ratio=True,
        about="Nothing is shown while the quota is not known.",
    ),
    Panel("Running", [(f"sum(fargatecount_running_workloads{{{WHERE}}})", "workloads")], kind="stat", width=3, height=7),
    Panel("vCPU free", [(f"fargatecount_quota_free_vcpu{{{WHERE}}}", "{{capacity}}")], kind="stat", width=3, height=7),
    Panel(
        "USD per hour",
        [(f"sum(fargatecount_cost_per_hour_usd{{{WHERE}}})", "list price")],
        kind="stat",
        unit="currencyUSD",
        width=3,
        height=7,
    ),
    Panel(
        "Launches refused",
        [(f"sum by (capacity) (fargatecount_refused_launches{{{WHERE}}})", "{{capacity}}")],
        kind="stat",
        width=3,
        height=7,
    ),
    Panel(
        "Can the numbers be trusted?",
        [
            (f"min(fargatecount_readable{{{WHERE}}})", "all clusters readable"),
            (f"min(fargatecount_quota_readable{{{WHERE}}})", "quotas known"),
            (f"time() - min(fargatecount_last_publish_timestamp_seconds{{{WHERE}}}) < bool 180", "publisher runs"),
        ],
        kind="stat",
        unit="bool_yes_no",
        width=6,
        height=7,
    ),
    Panel(
        "vCPU held, and the quota",
        [
            (f"sum by (capacity) (fargatecount_held_vcpu{{{WHERE}}})", "{{capacity}} held"),
            (f"sum by (capacity) (fargatecount_quota_vcpu{{{WHERE}}})", "{{capacity}} quota"),
        ],
        width=12,
        height=9,
    ),
    Panel(
        "vCPU by cluster",
        [(f"topk(20, fargatecount_cluster_held_vcpu{{{IN_CLUSTER}}})", "{{cluster}}")],
        width=12,
        height=9,
        stacked=True,
        about="The twenty largest.",
    ),
    Panel("Workloads by phase", [(f"sum by (phase) (fargatecount_workloads{{{WHERE}}})", "{{phase}}")], stacked=True),
    Panel("Running by cluster", [(f"topk(20, fargatecount_cluster_running_workloads{{{IN_CLUSTER}}})", "{{cluster}}")]),
    Panel(
        "vCPU by service",
        [(f'topk(20, fargatecount_service_held_vcpu{{{IN_CLUSTER}, service=~"$owner"}})', "{{cluster}} {{service}}")],
        about="Only with fargatecount serve --detail service.",
    ),
    Panel(
        "Your own limits",
        [
            (f"fargatecount_limit_utilization_ratio{{{WHERE}}}", "all clusters"),
            (f"fargatecount_cluster_limit_utilization_ratio{{{IN_CLUSTER}}}", "{{cluster}}"),
        ],
        unit="percentunit",
        ratio=True,
    ),
    Panel(
        "vCPU: ours and AWS's",
        [
            (f"sum by (capacity) (fargatecount_held_vcpu{{{WHERE}}})", "{{capacity}} by fargatecount"),
            (f"sum by (capacity) (fargatecount_aws_usage_vcpu{{{WHERE}}})", "{{capacity}} by AWS/Usage"),
        ],
        about="AWS's own count is some minutes late.",
    ),
    Panel(
        "Health",
        [
            (f"fargatecount_unreadable_clusters{{{WHERE}}}", "unreadable clusters"),
            (f"fargatecount_unknown_quotas{{{WHERE}}}", "unknown quotas"),
            (f"fargatecount_dead_letters{{{WHERE}}}", "dead letters"),
            (f"fargatecount_drift_repairs{{{WHERE}}}", "repairs of the last reconcile"),
            (f"fargatecount_event_age_seconds{{{WHERE}}}", "event age, seconds"),
        ],
    ),
    Panel(
        "Alerts",
        [('ALERTS{alertstate="firing", alertname=~"Fargate.*"}', "{{alertname}} {{capacity}} {{cluster}}")],
        kind="table",
        width=24,
        height=6,
    ),
)


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
