"""The SQL of the history's parts: what started, ended and was launched in each of many spans, for a page that sums them up itself.

Pure. The texts keep to the same subset as `texts`, and return rows by span and name. Launch times are in steps of a tenth, so that a page
of 90 days stays small.
"""

from __future__ import annotations

from collections.abc import Mapping

STEP = 1.1
"""Ratio of one step of launch times to the one before. With the middle of a step as its value, a time is right to within 5 %."""

MOVES = """, spans AS (
    SELECT * FROM (VALUES {spans}) AS t (span, begins, ends)
), moves AS (
    SELECT span, name, CAST(coalesce(cpu, 0) AS double) / CAST(1024 AS double) AS vcpu, capacity, interrupted,
        CASE WHEN created_at >= begins AND created_at < ends THEN 1 ELSE 0 END AS started,
        CASE WHEN ended_at >= begins AND ended_at < ends THEN 1 ELSE 0 END AS stopped
    FROM workloads CROSS JOIN spans
    WHERE (created_at >= begins AND created_at < ends) OR (ended_at >= begins AND ended_at < ends)
)
SELECT span, name,
    CAST(sum(started) AS bigint) AS started,
    CAST(sum(stopped) AS bigint) AS stopped,
    CAST(sum(vcpu * started) AS double) AS vcpu_started,
    CAST(sum(vcpu * stopped) AS double) AS vcpu_stopped,
    CAST(sum(CASE WHEN capacity = 'spot' AND interrupted THEN stopped ELSE 0 END) AS bigint) AS interrupted,
    CAST(sum(CASE WHEN capacity = 'spot' THEN stopped ELSE 0 END) AS bigint) AS spot_stopped
FROM moves
GROUP BY span, name
ORDER BY span, name"""

REASONS = """, spans AS (
    SELECT * FROM (VALUES {spans}) AS t (span, begins, ends)
)
SELECT span, name, coalesce(stop_code, '?') AS stop_code, coalesce(stop_kind, '-') AS reason,
    CAST(count(*) AS bigint) AS stopped,
    CAST(sum(CASE WHEN started_at IS NULL THEN 1 ELSE 0 END) AS bigint) AS never_started,
    CAST(sum(CASE WHEN state = 'inferred' THEN 1 ELSE 0 END) AS bigint) AS inferred
FROM workloads CROSS JOIN spans
WHERE ended_at >= begins AND ended_at < ends
GROUP BY span, name, coalesce(stop_code, '?'), coalesce(stop_kind, '-')
ORDER BY span, name, stop_code, reason"""

LATENCIES = """, spans AS (
    SELECT * FROM (VALUES {spans}) AS t (span, begins, ends)
), launched AS (
    SELECT span, name, CAST(floor(ln(CAST(greatest(launch_ms, 1) AS double)) / ln(CAST(1.1 AS double))) AS bigint) AS step
    FROM workloads CROSS JOIN spans
    WHERE started_at >= begins AND started_at < ends AND launch_ms IS NOT NULL
)
SELECT span, name, step, CAST(count(*) AS bigint) AS launches
FROM launched
GROUP BY span, name, step
ORDER BY span, name, step"""
"""1.1 is `STEP`."""

SPAN_QUERIES: Mapping[str, str] = {"moves": MOVES, "reasons": REASONS, "latencies": LATENCIES}
