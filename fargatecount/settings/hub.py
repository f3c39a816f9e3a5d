"""Settings of a hub's functions, read once from the environment: serverless.hub.yml documents each."""

from __future__ import annotations

from typing import ClassVar

from fargatecount.settings.deployment import ThresholdSettings
from fargatecount.settings.environment import EnvironmentSettings, MetricNames, Readers, parse_flag, parse_text, parse_url, parse_whole
from fargatecount.workload import Millis

MIN_SILENT_SECONDS = 60
"""A member reports once a minute: less is no silence."""
MAX_SILENT_SECONDS = 3600
"""An hour: what is older says nothing of a quota now."""


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
    silent_seconds: int = 180
    """Seconds without a report after which a scope is silent."""
    names: MetricNames
    quota: ThresholdSettings

    readers: ClassVar[Readers] = {
        "hub_table": parse_text,
        "hub_dead_letters_url": parse_url,
        "hub_topic_arn": parse_text,
        "armed": parse_flag,
        "scope_metrics": parse_flag,
        "use_organizations": parse_flag,
        "silent_seconds": parse_whole(MIN_SILENT_SECONDS, MAX_SILENT_SECONDS),
    }

    @property
    def silent_after(self) -> Millis:
        """Milliseconds without a report after which a scope is silent."""
        return self.silent_seconds * 1000
