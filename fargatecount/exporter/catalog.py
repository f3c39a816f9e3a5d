"""Catalog: every family of the exporter. docs/prometheus.md is generated from it, and rules and dashboards use nothing else.

Promises that a name never changes its unit or its labels. Units are base units: bytes, seconds, ratios from 0 to 1.
"""

from __future__ import annotations

from fargatecount.exporter.family import SCOPE_LABELS, Family

CAPACITY = (*SCOPE_LABELS, "capacity")
CLUSTER = (*SCOPE_LABELS, "cluster")
SERVICE = (*CLUSTER, "service")

INFO = Family(suffix="build_info", labels=("version",), meaning="1, with the version of fargatecount.")
TABLE_READABLE = Family(
    suffix="table_readable", labels=(), meaning="1 if the table could be read; 0 if not, and then no other number is exported."
)
READ_AT = Family(suffix="read_timestamp_seconds", labels=(), unit="seconds", meaning="When the exporter last read the table, or tried to.")
READABLE = Family(
    suffix="readable",
    meaning="1 if every cluster is known and readable; 0 if the totals include last known counts or miss something.",
)
RUNNING = Family(suffix="running_workloads", meaning="Running ECS tasks and EKS pods. Absent until every cluster was read once.")
WORKLOADS = Family(
    suffix="workloads",
    labels=(*CAPACITY, "phase"),
    meaning="ECS tasks and EKS pods by phase; the phase waiting holds no capacity.",
)
HELD = Family(suffix="held_workloads", labels=CAPACITY, meaning="Workloads that occupy Fargate capacity.")
HELD_VCPU = Family(suffix="held_vcpu", labels=CAPACITY, unit="vcpu", meaning="vCPU that they occupy: what the quota limits.")
HELD_MEMORY = Family(suffix="held_memory_bytes", labels=CAPACITY, unit="bytes", meaning="Memory that they occupy.")
UNSIZED = Family(suffix="unsized_workloads", meaning="Held workloads without a known size: above 0, vCPU and memory are lower bounds.")
QUOTA = Family(suffix="quota_vcpu", labels=CAPACITY, unit="vcpu", meaning="The Fargate quota. Absent while it is not known.")
QUOTA_FREE = Family(
    suffix="quota_free_vcpu", labels=CAPACITY, unit="vcpu", meaning="Quota less use; negative after a quota was lowered below it."
)
QUOTA_RATIO = Family(
    suffix="quota_utilization_ratio",
    labels=CAPACITY,
    unit="ratio",
    meaning="Part of the quota that is used. Absent while the quota is not known, or is 0.",
)
QUOTA_READABLE = Family(suffix="quota_readable", labels=CAPACITY, meaning="1 if the quota is known, 0 if not.")
UNKNOWN_QUOTAS = Family(suffix="unknown_quotas", meaning="Capacities without a utilization, because their quota is not known.")
THRESHOLD = Family(
    suffix="threshold_ratio",
    labels=("level",),
    unit="ratio",
    meaning="Where the alarms of the deployment begin: warning and critical of a quota, limit of your own limits.",
)
LIMIT_RATIO = Family(suffix="limit_utilization_ratio", unit="ratio", meaning="Part of your own limit over all clusters that is used.")
CLUSTER_LIMIT_RATIO = Family(
    suffix="cluster_limit_utilization_ratio", labels=CLUSTER, unit="ratio", meaning="Part of your own limit of a cluster that is used."
)
REFUSED = Family(
    suffix="refused_launches",
    labels=CAPACITY,
    meaning="Launches that AWS refused because capacity or quota was exhausted, within the last five minutes. A lower bound in a storm.",
)
COST = Family(suffix="cost_per_hour_usd", unit="usd", meaning="List price of everything held, computed as x86 Linux with the free storage.")
UNREADABLE = Family(
    suffix="unreadable_clusters", meaning="Clusters whose counts cannot be trusted now, plus one while there may be unknown clusters."
)
CLUSTER_READABLE = Family(suffix="cluster_readable", labels=CLUSTER, meaning="1 if the counts of the cluster can be trusted now, 0 if not.")
CLUSTER_RUNNING = Family(
    suffix="cluster_running_workloads", labels=CLUSTER, meaning="Running workloads of a cluster. Absent while it cannot be read."
)
CLUSTER_VCPU = Family(
    suffix="cluster_held_vcpu", labels=CLUSTER, unit="vcpu", meaning="vCPU that a cluster holds. Absent while it cannot be read."
)
LEFT_OUT = Family(suffix="left_out_clusters", meaning="Clusters without series of their own; the totals include them.")
SERVICE_RUNNING = Family(
    suffix="service_running_workloads", labels=SERVICE, meaning="Running workloads of a service, task family or owner of pods."
)
SERVICE_VCPU = Family(
    suffix="service_held_vcpu", labels=SERVICE, unit="vcpu", meaning="vCPU that a service, task family or owner of pods holds."
)
EVENT_AGE = Family(
    suffix="event_age_seconds",
    unit="seconds",
    meaning="From a task's change until it was counted: the latest event of the last five minutes. Only with detail service.",
)
LAUNCHES = Family(
    suffix="launches_last_minute",
    labels=CAPACITY,
    meaning="Tasks and pods created within the last minute. A lower bound.",
)
BUSIEST_SECOND = Family(
    suffix="launches_busiest_second",
    labels=CAPACITY,
    meaning="The most within one second of the last three minutes: what the burst launch quota limits.",
)
LAUNCH_BURST = Family(suffix="launch_quota_burst", labels=CAPACITY, meaning="Launches at once by the quota. Absent while it is not known.")
LAUNCH_SUSTAINED = Family(
    suffix="launch_quota_sustained_per_second", labels=CAPACITY, meaning="Launches a second after that. Absent while it is not known."
)
LAUNCH_RATIO = Family(
    suffix="launch_utilization_ratio",
    labels=CAPACITY,
    unit="ratio",
    meaning="Part of the launch quotas that the busiest minute or second of the last three minutes took. Absent while none is known.",
)
MUTED = Family(
    suffix="active_mutes", meaning="Mutes that hold messages back now. Absent if they cannot be read: then nothing is held back."
)
DEAD_LETTERS = Family(
    suffix="dead_letters", meaning="Messages that could not be delivered or processed. Absent if the queue cannot be read."
)
PUBLISHED_AT = Family(
    suffix="last_publish_timestamp_seconds", unit="seconds", meaning="When the function publish last ran. Absent if it never did."
)
RECONCILED_AT = Family(
    suffix="last_reconcile_timestamp_seconds", unit="seconds", meaning="When the last reconcile ended. Absent if there is no report."
)
DRIFT = Family(suffix="drift_repairs", meaning="Differences between ledger and AWS that the last reconcile repaired.")
WITHOUT_HEADROOM = Family(
    suffix="services_without_headroom", meaning="ECS services whose next deployment does not fit the free quota, by the last survey."
)
HANGING = Family(
    suffix="hanging_workloads", meaning="Workloads that have been pending or stopping for long, by the last reconcile. Absent without one."
)
AWS_USAGE = Family(
    suffix="aws_usage_vcpu", labels=CAPACITY, unit="vcpu", meaning="vCPU by AWS's own count (AWS/Usage), as of the last reconcile."
)

FAMILIES: tuple[Family, ...] = (
    INFO,
    TABLE_READABLE,
    READ_AT,
    THRESHOLD,
    READABLE,
    RUNNING,
    WORKLOADS,
    HELD,
    HELD_VCPU,
    HELD_MEMORY,
    UNSIZED,
    QUOTA,
    QUOTA_FREE,
    QUOTA_RATIO,
    QUOTA_READABLE,
    UNKNOWN_QUOTAS,
    LIMIT_RATIO,
    CLUSTER_LIMIT_RATIO,
    REFUSED,
    COST,
    UNREADABLE,
    LEFT_OUT,
    CLUSTER_READABLE,
    CLUSTER_RUNNING,
    CLUSTER_VCPU,
    SERVICE_RUNNING,
    SERVICE_VCPU,
    EVENT_AGE,
    LAUNCHES,
    BUSIEST_SECOND,
    LAUNCH_BURST,
    LAUNCH_SUSTAINED,
    LAUNCH_RATIO,
    MUTED,
    DEAD_LETTERS,
    PUBLISHED_AT,
    RECONCILED_AT,
    DRIFT,
    WITHOUT_HEADROOM,
    HANGING,
    AWS_USAGE,
)
