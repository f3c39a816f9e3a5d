"""The picture of a deployment's dashboard: its own definition and its own settings, with a made-up day."""

from __future__ import annotations

from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.series import Detail
from fargatecount.quotas.limits import read_limits
from fargatecount.workload import Millis
from tests.package.template import Template
from tests.support.builders import NOW
from tools.dashboard.alarm_states import alarm_states
from tools.dashboard.body import alarm_arn, deployed_body, deployed_name
from tools.dashboard.day import publish_day
from tools.dashboard.page import page
from tools.dashboard.published import PublishedSeries
from tools.dashboard.widgets import read

SETTINGS = ("armed=true", 'limits={"total": {"vcpu": 140}, "clusters": {"ECS-batch": {"vcpu": 75}}}')
"""Settings of the deployment in the documentation's picture."""


def picture(template: Template, now: Millis = NOW) -> str:
    """Return the page; errors as for `tools.dashboard.page`."""
    published = published_day(template)
    states = {alarm_arn(template, name): state for name, state in alarm_states(template, published, now / 1000).items()}
    return page(deployed_name(template), read(deployed_body(template)), published, states, now / 1000)


def published_day(template: Template) -> PublishedSeries:
    """Return the series in an account in which this was deployed a day ago."""
    settings = settings_of(template)
    published = PublishedSeries(namespace=settings["FARGATECOUNT_NAMESPACE"], prefix=settings["FARGATECOUNT_METRIC_PREFIX"])
    publish_day(
        published, PublishOptions(limits=read_limits(settings["FARGATECOUNT_LIMITS"]), detail=Detail(settings["FARGATECOUNT_DETAIL"]))
    )
    return published


def settings_of(template: Template) -> dict[str, str]:
    """Return the environment of its functions."""
    variables: dict[str, str] = next(iter(template.of_type("AWS::Lambda::Function").values()))["Environment"]["Variables"]
    return variables
