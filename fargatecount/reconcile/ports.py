"""The ports of a run of the reconciler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fargatecount.clock import Clock
from fargatecount.ledger.leases import LeaseStore
from fargatecount.ledger.store import Ledger
from fargatecount.quotas.aws_usage import Witness
from fargatecount.quotas.headroom_survey import SizedServices
from fargatecount.quotas.launch_rates import LaunchQuotas, LaunchQuotaStore
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import QuotaSource, QuotaStore
from fargatecount.reconcile.cluster import RETIRE_AFTER
from fargatecount.reconcile.drift_log import DriftStore
from fargatecount.reconcile.store import ReportStore
from fargatecount.refusals.log import RefusalLog
from fargatecount.rightsize.load import NO_LOADS, Loads
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.sources.source import Source
from fargatecount.usage.hanging import HANGING_AFTER
from fargatecount.usage.price_refresh import PriceRefresh
from fargatecount.usage.prices import PriceSettings
from fargatecount.workload import Millis, Scope


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports of a run. `pace` is the rate limiter of the `sources`; its counts go into the report, so each run has its own."""

    scope: Scope
    ledger: Ledger
    leases: LeaseStore
    sources: Sequence[Source]
    pace: RateLimiter
    quota_source: QuotaSource
    quota_store: QuotaStore
    services: SizedServices
    witness: Witness
    refusals: RefusalLog
    reports: ReportStore | None
    """None: the report is returned and not stored."""
    clock: Clock
    limits: Limits
    prices: PriceSettings
    retire_after: Millis = RETIRE_AFTER
    """How long a deleted cluster is remembered."""
    loads: Loads = NO_LOADS
    """What services use of what they hold."""
    launch_source: LaunchQuotas | None = None
    """None: the launch quotas are not read."""
    launch_store: LaunchQuotaStore | None = None
    drift: DriftStore | None = None
    """Where the repairs of the last day are kept for the hub of an organization; None without a hub."""
    price_refresh: PriceRefresh | None = None
    """Where newer prices come from; None: those of `prices` are used."""
    hanging_after: Millis = HANGING_AFTER
    """How long a workload may be pending or stopping."""
