"""Settings of a deployment, read once from the environment: limits, prices, thresholds, published series, and the names of its resources.

`environment` has the mechanism, and the settings that counting alone needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from fargatecount.breaches.gauges import LIMIT_PERCENT
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.series import Detail
from fargatecount.quotas.limits import Limits, read_limits
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.settings.environment import (
    PREFIX,
    EnvironmentSettings,
    IngestSettings,
    MetricNames,
    Readers,
    parse_bus_arn,
    parse_flag,
    parse_globs,
    parse_number,
    parse_text,
    parse_url,
    parse_whole,
)
from fargatecount.settings.owners import parse_label_key, parse_tag_key
from fargatecount.timestamps import MINUTE
from fargatecount.usage.hanging import HANGING_AFTER
from fargatecount.usage.price_list import SPOT_FACTOR, RegionPrices
from fargatecount.usage.prices import PriceSettings, read_region_prices

MAX_RECONCILE_MINUTES = 15
"""The counts of a cluster that was last listed 16 minutes ago are stale (`clusters.FRESH_FOR`); a longer period makes them stale between
any two reconciles."""

MAX_RETIRE_DAYS = 455
"""CloudWatch keeps no point for longer: 15 months
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention)."""

MAX_HANGING_MINUTES = 24 * 60
"""A day: a workload that has been on its way for so long is no slow one."""
DEFAULT_HISTORY_DAYS = 400
"""Thirteen months: a month can be compared with the same month a year before."""
MAX_HISTORY_DAYS = 36_500
"""A hundred years, in place of "for good"."""

MAX_TOP_SERVICES = 500
"""The maximum of series in a graph: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""


def _detail(text: str) -> Detail:
    if text not in {*Detail}:
        raise ValueError(f"expected one of {', '.join(Detail)}")
    return Detail(text)


class UsageSettings(EnvironmentSettings, frozen=True, kw_only=True):
    """Your limits and prices, and how long deleted clusters stay visible: needed by functions and commands alike."""

    retire_days: int = 7
    """Days for which a deleted cluster still shows its zeros."""
    hanging_minutes: int = HANGING_AFTER // MINUTE
    """Minutes after which a workload that is still pending or stopping is listed as hanging."""
    limits: Limits = Limits()
    """How much may be held, in total and per cluster."""
    discount_percent: float = 0.0
    """The discount of a Savings Plan or a contract on on-demand vCPU and memory."""
    spot_factor: float = SPOT_FACTOR
    """The Spot price as a part of the on-demand price."""
    region_prices: Mapping[str, RegionPrices] = {}
    """Prices that replace those of the list."""
    prices_refresh: bool = False
    """Whether `reconcile` asks AWS's Price List once a week, and the costs use what it says."""

    readers: ClassVar[Readers] = {
        "hanging_minutes": parse_whole(1, MAX_HANGING_MINUTES),
        "retire_days": parse_whole(1, MAX_RETIRE_DAYS),
        "limits": read_limits,
        "discount_percent": parse_number(0, 100),
        "spot_factor": parse_number(0, 1),
        "region_prices": read_region_prices,
        "prices_refresh": parse_flag,
    }

    @property
    def prices(self) -> PriceSettings:
        """The resulting prices."""
        return PriceSettings(discount_percent=self.discount_percent, spot_factor=self.spot_factor, regions=self.region_prices)


class ThresholdSettings(EnvironmentSettings, frozen=True, kw_only=True):
    """The utilization at which a quota counts as nearly used up: the same values as the alarms use."""

    warning_percent: float = DEFAULT_THRESHOLDS.warning
    """Utilization of a quota at which it is published every 10 s, and at which the warning alarms and events begin."""
    critical_percent: float = DEFAULT_THRESHOLDS.critical
    """Utilization of a quota at which the critical alarms and events begin."""

    readers: ClassVar[Readers] = {"warning_percent": parse_number(1, 100), "critical_percent": parse_number(1, 100)}

    @property
    def thresholds(self) -> QuotaThresholds:
        """Both as one value."""
        return QuotaThresholds(warning=self.warning_percent, critical=self.critical_percent)

    @classmethod
    def validate(cls, values: Mapping[str, Any]) -> Iterator[str]:
        """Yield an error if the warning threshold is not below the critical one."""
        warning, critical = (values.get(name) for name in ("warning_percent", "critical_percent"))
        if warning is not None and critical is not None and warning >= critical:
            yield (
                f"{PREFIX}WARNING_PERCENT is {warning:g} and {PREFIX}CRITICAL_PERCENT is {critical:g}:"
                " the warning threshold must be below the critical one"
            )


class SeriesSettings(EnvironmentSettings, frozen=True, kw_only=True):
    """Which series are published."""

    detail: Detail = Detail.CLUSTER
    """The level of detail."""
    include: tuple[str, ...] = ("*",)
    """Globs of the clusters that have series of their own."""
    exclude: tuple[str, ...] = ()
    """Globs of clusters among them that have none."""
    top_services: int = 20
    """The number of services with series of their own, at detail `service`."""

    readers: ClassVar[Readers] = {
        "detail": _detail,
        "include": parse_globs,
        "exclude": parse_globs,
        "top_services": parse_whole(1, MAX_TOP_SERVICES),
    }


class LimitSettings(EnvironmentSettings, frozen=True, kw_only=True):
    """The utilization at which a limit of your own counts as nearly used up."""

    limit_percent: float = LIMIT_PERCENT
    """Utilization of your own limits at which their alarms and events begin."""

    readers: ClassVar[Readers] = {"limit_percent": parse_number(1, 100)}


class PublishSettings(LimitSettings, frozen=True, kw_only=True):
    """What is published, and by which limits, prices and thresholds."""

    usage: UsageSettings
    series: SeriesSettings
    quota: ThresholdSettings

    @property
    def options(self) -> PublishOptions:
        """The resulting options of the publisher."""
        return PublishOptions(
            detail=self.series.detail,
            include=self.series.include,
            exclude=self.series.exclude,
            top_services=self.series.top_services,
            limits=self.usage.limits,
            prices=self.usage.prices,
        )


class HistorySettings(EnvironmentSettings, frozen=True, kw_only=True):
    """Whose a workload is, and how long it is remembered."""

    owner_tag: str = ""
    """The tag of tasks and services that names their owner; empty for none."""
    owner_label: str = ""
    """The label of pods that names their owner; empty for none."""
    history_retention_in_days: int = DEFAULT_HISTORY_DAYS
    """Days for which a record of the history is kept."""

    readers: ClassVar[Readers] = {
        "owner_tag": parse_tag_key,
        "owner_label": parse_label_key,
        "history_retention_in_days": parse_whole(1, MAX_HISTORY_DAYS),
    }


class CountSettings(EnvironmentSettings, frozen=True, kw_only=True):
    """The settings of `count`, which needs no deployment."""

    names: MetricNames
    publish: PublishSettings


class Settings(EnvironmentSettings, frozen=True, kw_only=True):
    """All settings of a deployment's functions."""

    ingest: IngestSettings
    publish: PublishSettings
    history: HistorySettings
    reports_bucket: str
    """Name of the S3 bucket that keeps the reports of the reconciler."""
    reconcile_minutes: int = 5
    """Minutes between two reconciles of the ECS clusters; a cluster that has never been listed does not wait for it."""

    hub_bus_arn: str = ""
    """Event bus of the organization's hub; empty for none."""
    usage_failures_url: str = ""
    """URL of the queue of usage events that the hub did not take; empty without a hub."""

    readers: ClassVar[Readers] = {
        "reports_bucket": parse_text,
        "reconcile_minutes": parse_whole(1, MAX_RECONCILE_MINUTES),
        "hub_bus_arn": parse_bus_arn,
        "usage_failures_url": parse_url,
    }
