"""Settings of a hub's functions, read once from the environment: serverless.hub.yml documents each."""

from __future__ import annotations

from typing import ClassVar

from fargatecount.settings.deployment import ThresholdSettings
from fargatecount.settings.environment import EnvironmentSettings, MetricNames, Readers, parse_flag, parse_text, parse_url


class HubSettings(EnvironmentSettings, frozen=True, kw_only=True):
    """All settings of a hub."""

    hub_table: str
    """Name of the hub's table."""
    hub_dead_letters_url: str
    """URL of the queue of refused and failed usage events."""
    hub_topic_arn: str = ""
    """The topic of the organization; empty while unarmed."""
    armed: bool = False
    """Whether metrics are put and messages sent; unarmed, they are only logged."""
    scope_metrics: bool = True
    """Whether each scope has metrics of its own in the hub's account, beside those of the organization."""
    use_organizations: bool = False
    """Whether the hub may read AWS Organizations."""
    names: MetricNames
    quota: ThresholdSettings

    readers: ClassVar[Readers] = {
        "hub_table": parse_text,
        "hub_dead_letters_url": parse_url,
        "hub_topic_arn": parse_text,
        "armed": parse_flag,
        "scope_metrics": parse_flag,
        "use_organizations": parse_flag,
    }
