"""The page's document: the shape of everything that the page shows, ready to be drawn.

The shape is `fargatecount/page` version 1; it belongs to the page that it is embedded in, and promises nothing to other programs. A number
that is not known is None, and never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fargatecount.report.page.digest import Digest
from fargatecount.report.page.history import History
from fargatecount.report.page.tables import Table


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """The big numbers, and whether they are all there is."""

    complete: bool
    why: Sequence[str]
    """Why not."""
    running: float | None
    """None, as the other numbers, where nothing is known at all."""
    held: float | None
    vcpu: float | None
    memory_gib: float | None
    unsized: int
    cost_per_hour: float | None
    cost_at_least: bool = False
    cost_approximate: bool = False


class PageGauge(msgspec.Struct, frozen=True, kw_only=True):
    """How near what is held is to one ceiling, a quota or a limit."""

    title: str
    code: str | None
    unit: str
    value: float | None
    used: float
    used_at_least: bool
    remaining: float | None
    percent: float | None
    standing: str
    """ok, warning, critical; unknown where there is no percentage."""
    source: str
    reason: str | None


class CostShare(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of one capacity."""

    capacity: str
    count: float
    vcpu: float
    memory_gib: float


class ClusterRow(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster; numbers are None where nothing is known of it."""

    cluster: str
    readable: bool
    running: float | None
    held: float | None
    vcpu: float | None
    spot_vcpu: float | None
    memory_gib: float | None
    unsized: int
    cost: Mapping[str, Any] | None
    counts_as_of: str | None
    reason: str | None
    remedy: str | None


class PageCosts(msgspec.Struct, frozen=True, kw_only=True):
    """What it costs."""

    label: str
    at: str | None
    clusters: Sequence[Mapping[str, Any]]
    groups: Sequence[Mapping[str, Any]]
    groups_left_out: int
    left_out_per_hour: float


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Everything."""

    account: str
    region: str
    at: str | None
    """The moment of the numbers."""
    since: str | None
    until: str | None
    headline: Headline
    gauges: Sequence[PageGauge]
    """The quotas, then the limits that are used most."""
    marks: tuple[float, float]
    """Percent from which on a gauge is amber and red."""
    limits_left_out: int
    shares: Sequence[CostShare]
    clusters: Sequence[ClusterRow]
    """Most vCPU first."""
    unreadable: Sequence[ClusterRow]
    history: History
    cost: PageCosts | None
    digest: Digest
    witness: Sequence[Mapping[str, Any]]
    beside_at: str | None
    """When the witness spoke, and refusals and limits were looked up."""
    refused: Sequence[Table]
    headroom: Sequence[Table]
    headroom_at: str | None
    notes: Sequence[str]
    """What could not be had."""
    sources: Sequence[str]
    """What the chart is drawn from."""
    schema: str = "fargatecount/page"
    version: int = 1
    refresh_ms: int | None = None
    """How often a live page asks again; None: it is a file."""
