"""The panels of the Grafana dashboard, as a list: what each shows, and by which query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WHERE = 'account=~"$account", region=~"$region"'
IN_CLUSTER = f'{WHERE}, cluster=~"$cluster"'


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
