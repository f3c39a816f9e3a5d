"""Metrics: every series that is published, as one table.

Owns names, units, dimensions, resolution and meaning; docs/metrics.md is made from it, and alarms and dashboard may use nothing else.
Promises that a name never changes its unit. The statistic to read all of them by is Maximum: they are levels, and a level may be put twice
in a minute.

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
    meaning="vCPU that a cluster holds. Points as of the count.",
)
SERVICE_COUNT = Metric(
    suffix="count",
    unit=Unit.NONE,
    dimensions=(CLUSTER, SERVICE),
    detail=Detail.SERVICE,
    meaning="Running workloads of a service, a task family, or the owner of pods: of the largest by held vCPU, as many as a setting says.",
)
SERVICE_VCPU = Metric(
    suffix="vcpu",
    unit=Unit.NONE,
    dimensions=(CLUSTER, SERVICE),
    detail=Detail.SERVICE,
    meaning="vCPU that the same holds.",
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
    meaning="vCPU that all of them hold. A workload whose size nobody has said yet adds nothing, so this is then a lower bound.",
)
USED_OF = Metric(
    suffix="vcpu-used", unit=Unit.NONE, dimensions=(CAPACITY,), resolution=HIGH, meaning="The same, of one capacity: what its quota limits."
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
    meaning="The highest of the utilisations of the capacities. No point while no quota is known.",
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
    meaning="Launches that AWS refused for want of capacity or quota: by services, and of tasks that stopped without having started; "
    "and, every minute by `publish`, pods that were seen to wait for it within five minutes.",
)
COST = Metric(
    suffix="cost-per-hour",
    unit=Unit.NONE,
    meaning="USD per hour at list price of all that is held, as if all of it were x86 Linux with the free storage: counters know no more.",
)
DRIFT = Metric(
    suffix="drift",
    unit=Unit.COUNT,
    emitter=Emitter.RECONCILE,
    meaning="Differences between ledger and AWS that the last look had to repair.",
)
WITHOUT_HEADROOM = Metric(
    suffix="services-without-headroom",
    unit=Unit.COUNT,
    emitter=Emitter.RECONCILE,
    meaning="ECS services whose next rolling deployment would not fit what is left of the quota, each by itself; told every 45 minutes. "
    "No point while a quota that one of them needs is not known.",
)
UNREADABLE = Metric(
    suffix="unreadable-clusters",
    unit=Unit.COUNT,
    meaning="Clusters whose counts cannot be trusted now, and one more while there may be some that nobody knows of. "
    "Their last known counts are in every total.",
)
QUOTA_UNKNOWN = Metric(
    suffix="quota-unknown", unit=Unit.COUNT, meaning="Capacities of which no utilisation can be told, because their quota is not known."
)
EVENT_AGE = Metric(
    suffix="event-age",
    unit=Unit.MILLISECONDS,
    emitter=Emitter.TASK_CHANGED,
    meaning="From a task's change, by ECS's clock, to its being counted: the oldest event of each batch.",
)
DEAD_LETTERS = Metric(suffix="dead-letters", unit=Unit.COUNT, meaning="Messages that could not be delivered or processed.")
PUBLISHED = Metric(suffix="published", unit=Unit.COUNT, meaning="1 in every minute in which the publisher was alive.")

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
    COST,
    DRIFT,
    WITHOUT_HEADROOM,
    UNREADABLE,
    QUOTA_UNKNOWN,
    EVENT_AGE,
    DEAD_LETTERS,
    PUBLISHED,
)
