"""The settings of a deployment: read in one place, all bad values reported together."""

from __future__ import annotations

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.metrics.series import Detail
from fargatecount.quotas.limits import Limit, Limits
from fargatecount.settings.deployment import PublishSettings, SeriesSettings, Settings, ThresholdSettings, UsageSettings
from fargatecount.settings.environment import IngestSettings, MetricNames

GOOD = {
    "FARGATECOUNT_TABLE": "table",
    "FARGATECOUNT_DEAD_LETTERS_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/dead",
    "FARGATECOUNT_REPORTS_BUCKET": "bucket",
}
BAD = {
    "FARGATECOUNT_DEAD_LETTERS_URL": "dead",
    "FARGATECOUNT_RECONCILE_MINUTES": "0",
    "FARGATECOUNT_HUB_BUS_ARN": "arn:aws:events:eu-west-1:210987654321:rule/hub",
    "FARGATECOUNT_USAGE_FAILURES_URL": "usage-failures",
    "FARGATECOUNT_BUCKETS": "many",
    "FARGATECOUNT_ARMED": "yes",
    "FARGATECOUNT_NAMESPACE": "AWS/ECS",
    "FARGATECOUNT_METRIC_PREFIX": "two words",
    "FARGATECOUNT_DETAIL": "everything",
    "FARGATECOUNT_TOP_SERVICES": "501",
    "FARGATECOUNT_WARNING_PERCENT": "nan",
    "FARGATECOUNT_CRITICAL_PERCENT": "nan",
    "FARGATECOUNT_LIMIT_PERCENT": "nan",
    "FARGATECOUNT_FUNCTION_METRICS": "1",
    "FARGATECOUNT_RETIRE_DAYS": "456",
    "FARGATECOUNT_HANGING_MINUTES": "0",
    "FARGATECOUNT_LIMITS": "{",
    "FARGATECOUNT_DISCOUNT_PERCENT": "101",
    "FARGATECOUNT_SPOT_FACTOR": "-1",
    "FARGATECOUNT_REGION_PRICES": "[]",
    "FARGATECOUNT_PRICES_REFRESH": "weekly",
    "FARGATECOUNT_OWNER_TAG": "a;b",
    "FARGATECOUNT_OWNER_LABEL": "two words",
    "FARGATECOUNT_HISTORY_RETENTION_IN_DAYS": "0",
}
ANYTHING = {"FARGATECOUNT_TABLE", "FARGATECOUNT_REPORTS_BUCKET", "FARGATECOUNT_INCLUDE", "FARGATECOUNT_EXCLUDE"}
"""Names of resources, set by CloudFormation, and globs, which may be any text."""


def test_all_bad_values_are_reported_together() -> None:
    """One error names every missing variable and every bad value, so that one deployment finds all mistakes."""
    with pytest.raises(MisconfiguredError) as refused:
        Settings.from_env(BAD)
    text = str(refused.value)
    assert "FARGATECOUNT_TABLE is not set" in text
    assert "FARGATECOUNT_REPORTS_BUCKET is not set" in text
    for name, value in BAD.items():
        assert f"{name} is {value!r}: " in text
    assert "serverless.yml" in refused.value.remedy


def test_every_setting_that_can_be_wrong_has_a_bad_value_here() -> None:
    """A new setting without one fails this test."""
    assert Settings.variables() == set(BAD) | ANYTHING


@pytest.mark.parametrize("name", BAD)
def test_one_mistake_is_enough(name: str) -> None:
    """Each is refused by itself too, and nothing else is reported."""
    with pytest.raises(MisconfiguredError) as refused:
        Settings.from_env({**GOOD, name: BAD[name]})
    assert str(refused.value).startswith(f"{name} is ")
    assert str(refused.value).count("FARGATECOUNT_") == 1


def test_only_the_resources_are_required() -> None:
    """Every other setting has a default, blank or missing."""
    assert Settings.from_env(GOOD) == Settings.from_env({**dict.fromkeys(Settings.variables(), " "), **GOOD})


OLDER = {
    **GOOD,
    "FARGATECOUNT_BUCKETS": "8",
    "FARGATECOUNT_ARMED": "true",
    "FARGATECOUNT_NAMESPACE": "Acme/Fargate",
    "FARGATECOUNT_METRIC_PREFIX": "acme",
    "FARGATECOUNT_DETAIL": "service",
    "FARGATECOUNT_LIMITS": '{"total": {"vcpu": 200}}',
}
"""The variables of an older deployment, which knew neither thresholds nor prices, and one that it has no more."""


def test_the_settings_of_an_older_deployment_are_read() -> None:
    """Its values keep their meaning, newer settings have their defaults, and a variable that no longer exists is ignored."""
    settings = Settings.from_env({**OLDER, "FARGATECOUNT_REMOVED_SETTING": "anything"})
    assert settings.ingest == IngestSettings(
        table="table",
        dead_letters_url=GOOD["FARGATECOUNT_DEAD_LETTERS_URL"],
        buckets=8,
        armed=True,
        names=MetricNames(namespace="Acme/Fargate", metric_prefix="acme"),
    )
    assert settings.publish == PublishSettings(
        usage=UsageSettings(limits=Limits(total=Limit(vcpu=200))),
        series=SeriesSettings(detail=Detail.SERVICE),
        quota=ThresholdSettings(warning_percent=80, critical_percent=95),
        limit_percent=90,
    )
    assert (settings.reports_bucket, settings.reconcile_minutes) == ("bucket", 5)
