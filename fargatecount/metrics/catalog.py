"""Catalog: every published series, as one table.

Owns names, units, dimensions, resolution and meaning. docs/metrics.md is generated from it, and alarms and dashboard use nothing else.
Promises that a name never changes its unit. The statistic of all of them is Maximum: they are levels, and a level may be put twice in a
minute.

The namespace and the first part of the names (`fargate`) are settings; their defaults are the origin tool's
(https://github.com/mreferre/fargatecount), so that its dashboards go on working.
"""

from __future__ import annotations

from fargatecount.metrics.series import HIGH, Detail, Emitter, Metric, Unit

CLUSTER = "cluster"
CAPACITY = "capacity"
SERVICE = "service"

COUNT = Metric(
    suffix="count",
    unit=Unit.NONE,  # as the origin tool wrote it
    dimensions=(CLUSTER,),
    detail=Detail.CLUSTER,
    meaning="Running workloads of a cluster. 0 when it is empty; no point while it cannot be read or has never been listed.",
)
VCPU = Metric(
    suffix="vcpu",
    unit=Unit.NONE,
    dimensions=(CLUSTER,),
    detail=Detail.CLUSTER,
    meaning="vCPU that a cluster holds. It has points when the count has.",
)
SERVICE_COUNT = Metric(
    suffix="count",
    unit=Unit.NONE,
    dimensions=(CLUSTER, SERVICE),
    detail=Detail.SERVICE,
    meaning="Running workloads of a service, a task family, or the owner of pods. Only the largest by held vCPU have "
    "series; `topServices` is their number.",
)
SERVICE_VCPU = Metric(
    suffix="vcpu",
    unit=Unit.NONE,
    dimensions=(CLUSTER, SERVICE),
    detail=Detail.SERVICE,
    meaning="vCPU that the service, family or owner holds.",
)
COUNT_TOTAL = Metric(suffix="count-total", unit=Unit.COUNT, meaning="Running workloads of the account in the Region.")
HELD = Metric(
    suffix="held",
    unit=Unit.COUNT,
    meaning="Workloads that occupy Fargate capacity: pending, running, stopping, or completed and not yet deleted.",
)
HELD_OF = Metric(suffix="held", unit=Unit.COUNT, dimensions=(CAPACITY,), meaning="The same, of one capacity.")
USED = Metric(
    suffix="vcpu-used",
    unit=Unit.NONE,
    resolution=HIGH,
    meaning="vCPU that all of them hold. A workload of unknown size adds nothing, so this is then a lower bound.",
)
USED_OF = Metric(
    suffix="vcpu-used",
    unit=Unit.NONE,
    dimensions=(CAPACITY,),
    resolution=HIGH,
    meaning="The same, of one capacity: the amount that its quota limits.",
)
QUOTA = Metric(
    suffix="vcpu-quota", unit=Unit.NONE, dimensions=(CAPACITY,), meaning="The quota of a capacity in vCPU; no point while it is not known."
)
FREE = Metric(
    suffix="vcpu-free",
    unit=Unit.NONE,
    dimensions=(CAPACITY,),
    meaning="Quota less use; negative after a quota was lowered below it. No point while the quota is not known.",
)
UTILIZATION = Metric(
    suffix="vcpu-utilization",
    unit=Unit.PERCENT,
    resolution=HIGH,
    meaning="The highest utilization of the capacities. No point while no quota is known.",
)
UTILIZATION_OF = Metric(
    suffix="vcpu-utilization",
    unit=Unit.PERCENT,
    dimensions=(CAPACITY,),
    resolution=HIGH,
    meaning="Percent of the quota of a capacity that is used. No point while the quota is not known, or is 0.",
)
LIMIT = Metric(
    suffix="limit-utilization",
    unit=Unit.PERCENT,
    meaning="Percent of your own limit over all clusters, the nearest if you set several. Only if you set one.",
)
LIMIT_OF = Metric(
    suffix="limit-utilization",
    unit=Unit.PERCENT,
    dimensions=(CLUSTER,),
    meaning="Percent of your own limit of a cluster, the nearest if it has several. For clusters that have one, at every detail level.",
)
REFUSED = Metric(
    suffix="launches-refused",
    unit=Unit.COUNT,
    dimensions=(CAPACITY,),
    emitter=Emitter.TASK_CHANGED,
    meaning="Launches that AWS refused because capacity or quota was exhausted: by services, and tasks that stopped before they started; "
    "and, every minute by `publish`, pods that were waiting for capacity in the last five minutes.",
)
LAUNCHES = Metric(
    suffix="launches",
    unit=Unit.COUNT,
    dimensions=(CAPACITY,),
    meaning="Tasks and pods that were created in the busiest minute of the last three: a lower bound, counted when their rows are written.",
)
LAUNCH_UTILIZATION = Metric(
    suffix="launch-utilization",
    unit=Unit.PERCENT,
    meaning="Percent of the launch quotas, the highest of both capacities: the busiest minute of the sustained rate, or the busiest second "
    "of the burst. No point while no launch quota is known.",
)
COST = Metric(
    suffix="cost-per-hour",
    unit=Unit.NONE,
    meaning="USD per hour at list price of everything held, computed as x86 Linux with the free storage: the counters hold no more detail.",
)
DRIFT = Metric(
    suffix="drift",
    unit=Unit.COUNT,
    emitter=Emitter.RECONCILE,
    meaning="Differences between ledger and AWS that the last reconcile repaired.",
)
WITHOUT_HEADROOM = Metric(
    suffix="services-without-headroom",
    unit=Unit.COUNT,
    emitter=Emitter.RECONCILE,
    meaning="ECS services whose next rolling deployment does not fit the remaining quota, each by itself; computed every 45 minutes. "
    "No point while a quota that one of them needs is not known.",
)
HANGING = Metric(
    suffix="hanging",
    unit=Unit.COUNT,
    emitter=Emitter.RECONCILE,
    meaning="Workloads of readable clusters that have been pending or stopping for longer than `hangingMinutes`. They stay held.",
)
UNREADABLE = Metric(
    suffix="unreadable-clusters",
    unit=Unit.COUNT,
    meaning="Clusters whose counts cannot be trusted now, plus one while the list of clusters may be incomplete. "
    "Their last known counts are in every total.",
)
QUOTA_UNKNOWN = Metric(
    suffix="quota-unknown", unit=Unit.COUNT, meaning="Capacities without a utilization, because their quota is not known."
)
EVENT_AGE = Metric(
    suffix="event-age",
    unit=Unit.MILLISECONDS,
    emitter=Emitter.TASK_CHANGED,
    meaning="Time from a task's change, by ECS's clock, until it is counted: the oldest event of each batch.",
)
DEAD_LETTERS = Metric(suffix="dead-letters", unit=Unit.COUNT, meaning="Messages that could not be delivered or processed.")
UNDELIVERED = Metric(
    suffix="usage-undelivered",
    unit=Unit.COUNT,
    meaning="Usage events that the hub of the organization did not take in the last ten minutes. Only with a hub (setting `hubBusArn`).",
)
PUBLISHED = Metric(suffix="published", unit=Unit.COUNT, meaning="1 in every minute in which the publisher ran.")

METRICS: tuple[Metric, ...] = (
    COUNT,
    VCPU,
    SERVICE_COUNT,
    SERVICE_VCPU,
    COUNT_TOTAL,
    HELD,
    HELD_OF,
    USED,
    USED_OF,
    QUOTA,
    FREE,
    UTILIZATION,
    UTILIZATION_OF,
    LIMIT,
    LIMIT_OF,
    REFUSED,
    LAUNCHES,
    LAUNCH_UTILIZATION,
    COST,
    DRIFT,
    WITHOUT_HEADROOM,
    HANGING,
    UNREADABLE,
    QUOTA_UNKNOWN,
    EVENT_AGE,
    DEAD_LETTERS,
    UNDELIVERED,
    PUBLISHED,
)
