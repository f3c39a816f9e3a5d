"""Settings of a deployment, read once from the environment: how usage is judged, what is published, and where everything is.

What they have in common, and those that counting alone needs, `variables` has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.series import Detail
from fargatecount.quotas.limits import Limits, read_limits
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.settings.environment import (
    PREFIX,
    EnvironmentSettings,
    IngestSettings,
    Readers,
    parse_globs,
    parse_metric_prefix,
    parse_namespace,
    parse_number,
    parse_text,
    parse_whole,
)
from fargatecount.usage.price_list import SPOT_FACTOR, RegionPrices
from fargatecount.usage.prices import PriceSettings, read_region_prices

MAX_RECONCILE_MINUTES = 15
"""The counts of a cluster that nobody has looked at for 16 minutes are doubted (`clusters.FRESH_FOR`); a longer period would doubt them
between any two looks."""

MAX_RETIRE_DAYS = 455
"""CloudWatch keeps no point for longer: 15 months
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention)."""

MAX_TOP_SERVICES = 500
"""A graph shows no more: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""


def _detail(text: str) -> Detail:
    if text not in {*Detail}:
        raise ValueError(f"expected one of {', '.join(Detail)}")
    return Detail(text)


class UsageSettings(EnvironmentSettings, frozen=True, kw_only=True):
    """What the user allows himself, what he pays, and what he wants to go on seeing: needed in a function and at the command line alike."""

    retire_days: int = 7
    """Days for which a deleted cluster still shows its zeros."""
    limits: Limits = Limits()
    """How much may be held, in total and per cluster."""
    discount_percent: float = 0.0
    """What a Savings Plan or a contract takes off on-demand vCPU and memory."""
    spot_factor: float = SPOT_FACTOR
    """What Spot costs, as a part of the on-demand price."""
    region_prices: Mapping[str, RegionPrices] = {}
    """Prices that replace those of the list."""

    readers: ClassVar[Readers] = {
        "retire_days": parse_whole(1, MAX_RETIRE_DAYS),
        "limits": read_limits,
        "discount_percent": parse_number(0, 100),
        "spot_factor": parse_number(0, 1),
        "region_prices": read_region_prices,
    }

    @property
    def prices(self) -> PriceSettings:
        """The prices that result."""
        return PriceSettings(discount_percent=self.discount_percent, spot_factor=self.spot_factor, regions=self.region_prices)


def _out_of_order(values: Mapping[str, Any]) -> Iterator[str]:
    warning, critical = (values.get(name) for name in ("warning_percent", "critical_percent"))
    if warning is not None and critical is not None and warning >= critical:
        yield (
            f"{PREFIX}WARNING_PERCENT is {warning:g} and {PREFIX}CRITICAL_PERCENT is {critical:g}:"
            " the warning comes before, so its threshold must be the lower one"
        )


class ThresholdSettings(EnvironmentSettings, frozen=True, kw_only=True):
    """The percentages of a quota at which its alarms begin."""

    warning_percent: float = DEFAULT_THRESHOLDS.warning
    """Utilisation of a quota from which on it is published every 10 s; the warning alarms and events begin there."""
    critical_percent: float = DEFAULT_THRESHOLDS.critical
    """Utilisation of a quota at which the critical alarms and events begin."""

    readers: ClassVar[Readers] = {"warning_percent": parse_number(1, 100), "critical_percent": parse_number(1, 100)}

    @property
    def thresholds(self) -> QuotaThresholds:
        """Both as one value."""
        return QuotaThresholds(warning=self.warning_percent, critical=self.critical_percent)

    @property
    def marks(self) -> tuple[float, float]:
        """Both, the warning first."""
        return self.warning_percent, self.critical_percent

    @classmethod
    def validate(cls, values: Mapping[str, Any]) -> Iterator[str]:
        """Say that the warning does not come before the alarm, if it does not."""
        return _out_of_order(values)


class PublishSettings(UsageSettings, frozen=True, kw_only=True):
    """What is published, and under which names."""

    namespace: str = "Fargate Stats"
    """CloudWatch namespace; the default is the origin tool's, so that its dashboards go on working."""
    metric_prefix: str = "fargate"
    """First part of every metric's name, likewise."""
    detail: Detail = Detail.CLUSTER
    """How much is published."""
    include: tuple[str, ...] = ("*",)
    """Globs of the clusters that have series of their own."""
    exclude: tuple[str, ...] = ()
    """Globs of those among them that have none after all."""
    top_services: int = 20
    """How many services have series of their own, with detail `service`."""
    warning_percent: float = DEFAULT_THRESHOLDS.warning
    critical_percent: float = DEFAULT_THRESHOLDS.critical
    # These two are those of `ThresholdSettings`, which says what they mean; a Struct has one base only.
    limit_percent: float = 90.0
    """Utilisation of the user's own limits at which their alarms and events begin."""

    readers: ClassVar[Readers] = {
        **UsageSettings.readers,
        "namespace": parse_namespace,
        "metric_prefix": parse_metric_prefix,
        "detail": _detail,
        "include": parse_globs,
        "exclude": parse_globs,
        "top_services": parse_whole(1, MAX_TOP_SERVICES),
        **ThresholdSettings.readers,
        "limit_percent": parse_number(1, 100),
    }

    @classmethod
    def validate(cls, values: Mapping[str, Any]) -> Iterator[str]:
        """Say that the warning does not come before the alarm, if it does not."""
        return _out_of_order(values)

    @property
    def choice(self) -> PublishOptions:
        """The choice that results."""
        return PublishOptions(
            detail=self.detail,
            include=self.include,
            exclude=self.exclude,
            top_services=self.top_services,
            limits=self.limits,
            prices=self.prices,
        )


class Settings(PublishSettings, frozen=True, kw_only=True):
    """What a function needs to know about its deployment."""

    table: str
    dead_letters_url: str
    buckets: int = 1
    armed: bool = False
    function_metrics: bool = False
    # These five are those of `IngestSettings`, which says what they mean; a Struct has one base only.
    reports_bucket: str
    """Name of the S3 bucket that keeps the reports of the reconciler."""
    reconcile_minutes: int = 5
    """Minutes between two looks at all ECS clusters; clusters that have never been listed do not wait for it."""

    readers: ClassVar[Readers] = {
        **PublishSettings.readers,
        **IngestSettings.readers,
        "reports_bucket": parse_text,
        "reconcile_minutes": parse_whole(1, MAX_RECONCILE_MINUTES),
    }
