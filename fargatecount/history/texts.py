"""The SQL of the history: one text for each question, which Athena, DuckDB and DataFusion all run.

Pure. The texts keep to what both have: times are whole milliseconds, a division is always of doubles (Athena divides whole numbers without
a remainder, and decimals with the digits of their type), percentiles are counted by `row_number` (nearest rank), and nothing compares with
null. `{ended}` and `{living}` are tables with the columns of `record.LifecycleRecord`; only the newest record of each workload counts.
"""

from __future__ import annotations

from collections.abc import Mapping

NEWEST = """WITH ranked AS (
    SELECT {columns},
        row_number() OVER (PARTITION BY account, region, "cluster", id, epoch ORDER BY rev DESC) AS place
    FROM (
        SELECT {columns} FROM {ended} WHERE day >= {first_day}
        UNION ALL
        SELECT {columns} FROM {living}
    ) AS every
), workloads AS (
    SELECT *, {key} AS name FROM ranked WHERE place = 1{selected}
)"""
"""A tombstone that gained facts has several records, and a batch may have been stored twice."""

AT = """, lives AS (
    SELECT name, cpu, memory,
        CASE WHEN stopping_at IS NOT NULL AND stopping_at <= {ends} THEN 'stopping'
             WHEN started_at IS NOT NULL AND started_at <= {ends} THEN 'running'
             WHEN kind = 'EKS' AND (billed_from IS NULL OR billed_from > {ends}) THEN 'waiting'
             ELSE 'pending' END AS phase,
        CASE WHEN ended_after IS NOT NULL AND ended_after <= {ends} THEN 1 ELSE 0 END AS uncertain
    FROM workloads
    WHERE coalesce(created_at, billed_from, started_at) <= {ends} AND (ended_at IS NULL OR ended_at > {ends})
)
SELECT name,
    CAST(sum(CASE WHEN phase = 'running' THEN 1 ELSE 0 END) AS bigint) AS running,
    CAST(sum(CASE WHEN phase = 'pending' THEN 1 ELSE 0 END) AS bigint) AS pending,
    CAST(sum(CASE WHEN phase = 'stopping' THEN 1 ELSE 0 END) AS bigint) AS stopping,
    CAST(sum(CASE WHEN phase = 'waiting' THEN 1 ELSE 0 END) AS bigint) AS waiting,
    CAST(sum(uncertain) AS bigint) AS uncertain,
    CAST(sum(CASE WHEN phase = 'waiting' THEN 0 ELSE coalesce(cpu, 0) END) AS double) / CAST(1024 AS double) AS vcpu,
    CAST(sum(CASE WHEN phase = 'waiting' THEN 0 ELSE coalesce(memory, 0) END) AS double) / CAST(1024 AS double) AS memory_gib
FROM lives
GROUP BY name
ORDER BY vcpu DESC, name"""

CHANGES = """, moves AS (
    SELECT name, CAST(coalesce(cpu, 0) AS double) / CAST(1024 AS double) AS vcpu,
        CASE WHEN created_at >= {begins} AND created_at < {ends} THEN 1 ELSE 0 END AS started,
        CASE WHEN ended_at >= {begins} AND ended_at < {ends} THEN 1 ELSE 0 END AS stopped
    FROM workloads
), summed AS (
    SELECT name,
        CAST(sum(started) AS bigint) AS started,
        CAST(sum(stopped) AS bigint) AS stopped,
        CAST(sum(vcpu * started) AS double) AS vcpu_started,
        CAST(sum(vcpu * stopped) AS double) AS vcpu_stopped
    FROM moves
    WHERE started + stopped > 0
    GROUP BY name
)
SELECT name, started, stopped, started - stopped AS net, vcpu_started, vcpu_stopped, vcpu_started - vcpu_stopped AS vcpu_net
FROM summed
ORDER BY abs(vcpu_started - vcpu_stopped) DESC, started + stopped DESC, name"""

STOPS = """
SELECT coalesce(stop_code, '?') AS stop_code, coalesce(stop_kind, '-') AS reason,
    CAST(count(*) AS bigint) AS stopped,
    CAST(count(DISTINCT name) AS bigint) AS groups,
    min(name) AS first_name,
    CAST(sum(CASE WHEN started_at IS NULL THEN 1 ELSE 0 END) AS bigint) AS never_started,
    CAST(sum(CASE WHEN state = 'inferred' THEN 1 ELSE 0 END) AS bigint) AS inferred,
    max(ended_at) AS last_at
FROM workloads
WHERE ended_at >= {begins} AND ended_at < {ends}
GROUP BY coalesce(stop_code, '?'), coalesce(stop_kind, '-')
ORDER BY stopped DESC, stop_code, reason"""

LAUNCHES = """, launched AS (
    SELECT name, launch_ms, pull_stopped_at - pull_started_at AS pull_ms,
        row_number() OVER (PARTITION BY name ORDER BY launch_ms) AS nth,
        count(*) OVER (PARTITION BY name) AS launches
    FROM workloads
    WHERE started_at >= {begins} AND started_at < {ends} AND launch_ms IS NOT NULL
)
SELECT name,
    CAST(max(launches) AS bigint) AS launches,
    CAST(min(CASE WHEN nth * 100 >= launches * 50 THEN launch_ms END) AS bigint) AS p50_ms,
    CAST(min(CASE WHEN nth * 100 >= launches * 95 THEN launch_ms END) AS bigint) AS p95_ms,
    CAST(min(CASE WHEN nth * 100 >= launches * 99 THEN launch_ms END) AS bigint) AS p99_ms,
    CAST(max(launch_ms) AS bigint) AS max_ms,
    CAST(avg(CAST(pull_ms AS double)) AS double) AS pull_mean_ms
FROM launched
GROUP BY name
ORDER BY p95_ms DESC, name"""

SPOT = """, taken AS (
    SELECT name, interrupted, cost, ended_at - coalesce(started_at, ended_at) AS ran_ms,
        row_number() OVER (PARTITION BY name, interrupted ORDER BY ended_at - coalesce(started_at, ended_at)) AS nth,
        count(*) OVER (PARTITION BY name, interrupted) AS of_kind
    FROM workloads
    WHERE capacity = 'spot' AND ended_at >= {begins} AND ended_at < {ends}
)
SELECT name,
    CAST(count(*) AS bigint) AS stopped,
    CAST(sum(CASE WHEN interrupted THEN 1 ELSE 0 END) AS bigint) AS interrupted,
    CAST(100 AS double) * CAST(sum(CASE WHEN interrupted THEN 1 ELSE 0 END) AS double) / CAST(count(*) AS double) AS percent,
    CAST(min(CASE WHEN interrupted AND nth * 100 >= of_kind * 50 THEN ran_ms END) AS bigint) AS ran_p50_ms,
    CAST(sum(CASE WHEN interrupted THEN coalesce(cost, CAST(0 AS double)) ELSE CAST(0 AS double) END) AS double) AS interrupted_cost,
    CAST(sum(coalesce(cost, CAST(0 AS double))) AS double) AS cost
FROM taken
GROUP BY name
ORDER BY interrupted DESC, name"""

COST = """, spans AS (
    SELECT * FROM (VALUES {spans}) AS t (span, begins, ends)
), parts AS (
    SELECT span, name, cpu, memory, cost, cost_uncertain, cost_approximate,
        CAST(least(billed_until, ends) - greatest(billed_from, begins) AS double) AS part_ms,
        CAST(billed_until - billed_from AS double) AS whole_ms
    FROM workloads CROSS JOIN spans
    WHERE billed_from IS NOT NULL AND billed_from < ends AND billed_until > begins
)
SELECT span, name,
    CAST(count(*) AS bigint) AS workloads,
    CAST(sum(CASE WHEN cost IS NULL THEN 1 ELSE 0 END) AS bigint) AS unpriced,
    CAST(sum(part_ms * CAST(coalesce(cpu, 0) AS double)) / CAST(3686400000 AS double) AS double) AS vcpu_hours,
    CAST(sum(part_ms * CAST(coalesce(memory, 0) AS double)) / CAST(3686400000 AS double) AS double) AS gib_hours,
    CAST(sum(coalesce(cost, CAST(0 AS double)) * part_ms / whole_ms) AS double) AS cost,
    CAST(sum(cost_uncertain * part_ms / whole_ms) AS double) AS cost_uncertain,
    CAST(sum(CASE WHEN cost_approximate THEN 1 ELSE 0 END) AS bigint) AS approximate
FROM parts
GROUP BY span, name
ORDER BY span, cost DESC, name"""
"""3,686,400,000 is the milliseconds of an hour times 1,024: CPU units of a vCPU, MiB of a GiB."""

QUERIES: Mapping[str, str] = {"at": AT, "changes": CHANGES, "stops": STOPS, "launches": LAUNCHES, "spot": SPOT, "cost": COST}
