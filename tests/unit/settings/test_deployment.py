"""The settings of a deployment: read in one place, every mistake told at once."""

from __future__ import annotations

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.settings.deployment import Settings

GOOD = {
    "FARGATECOUNT_TABLE": "table",
    "FARGATECOUNT_DEAD_LETTERS_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/dead",
    "FARGATECOUNT_REPORTS_BUCKET": "bucket",
}
BAD = {
    "FARGATECOUNT_DEAD_LETTERS_URL": "dead",
    "FARGATECOUNT_RECONCILE_MINUTES": "0",
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
    "FARGATECOUNT_LIMITS": "{",
    "FARGATECOUNT_DISCOUNT_PERCENT": "101",
    "FARGATECOUNT_SPOT_FACTOR": "-1",
    "FARGATECOUNT_REGION_PRICES": "[]",
}
ANYTHING = {"FARGATECOUNT_TABLE", "FARGATECOUNT_REPORTS_BUCKET", "FARGATECOUNT_INCLUDE", "FARGATECOUNT_EXCLUDE"}
"""Names of resources, which CloudFormation fills in, and globs, which may be any text."""


def test_every_mistake_is_told_at_once() -> None:
    """What is missing and what is wrong, each with its name and its value: nobody deploys ten times to find ten mistakes."""
    with pytest.raises(MisconfiguredError) as refused:
        Settings.from_env(BAD)
    text = str(refused.value)
    assert "FARGATECOUNT_TABLE is not set" in text
    assert "FARGATECOUNT_REPORTS_BUCKET is not set" in text
    for name, value in BAD.items():
        assert f"{name} is {value!r}: " in text
    assert "serverless.yml" in refused.value.remedy


def test_every_setting_that_can_be_wrong_is_tried() -> None:
    """A new one without a bad value above fails here."""
    assert Settings.variables() == set(BAD) | ANYTHING


@pytest.mark.parametrize("name", BAD)
def test_one_mistake_is_enough(name: str) -> None:
    """Each is refused by itself too, and nothing else is complained of."""
    with pytest.raises(MisconfiguredError) as refused:
        Settings.from_env({**GOOD, name: BAD[name]})
    assert str(refused.value).startswith(f"{name} is ")


def test_only_the_resources_have_to_be_named() -> None:
    """All else has a default, blank or missing."""
    assert Settings.from_env(GOOD) == Settings.from_env({**dict.fromkeys(Settings.variables(), " "), **GOOD})
