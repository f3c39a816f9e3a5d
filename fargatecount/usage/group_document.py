"""Groups in JSON: `groups` of a scope in `count --json`.

Pure. Keys may be added; none is renamed. An unknown number is null, never 0.
"""

from __future__ import annotations

import msgspec


class GroupDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The workloads of one service, task family, namespace, profile or capacity."""

    cluster: str | None
    """Null if the name means the same in all clusters."""
    group: str | None
    """Name; null for workloads without one."""
    running: int
    held: int
    unsized: int
    """Workloads without a known size: with any of them, the sizes and shares are lower bounds."""
    vcpu: float
    memory_gib: float
    spot_vcpu: float
    quota_percent: float | None
    """Share of the on-demand quota; null where the quota is unknown or 0."""
    spot_quota_percent: float | None
    """Share of the Spot quota; null where the quota is unknown or 0."""
    cost_per_hour: float | None
    cost_at_least: bool | None
    cost_approximate: bool | None
