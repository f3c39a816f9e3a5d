"""The settings of the published series: read from the environment, all bad values reported together."""

from __future__ import annotations

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.metrics.series import Detail
from fargatecount.settings.deployment import CountSettings, ThresholdSettings
from fargatecount.settings.environment import EnvironmentSettings


def settings(**values: str) -> CountSettings:
    return CountSettings.from_env({f"FARGATECOUNT_{name.upper()}": value for name, value in values.items()})


def test_the_defaults_are_those_of_the_origin_tool() -> None:
    """Its namespace, its names, and a series for each cluster."""
    found = settings()
    assert (found.names.namespace, found.names.metric_prefix, found.publish.series.detail, found.publish.series.include) == (
        "Fargate Stats",
        "fargate",
        Detail.CLUSTER,
        ("*",),
    )


def test_every_bad_value_is_named_at_once() -> None:
    """One error names five bad values, and no good one."""
    with pytest.raises(MisconfiguredError) as error:
        settings(namespace="AWS/Mine", metric_prefix="two words", detail="all", top_services="0", warning_percent="101", include="*")
    for name, value in (
        ("NAMESPACE", "AWS/Mine"),
        ("METRIC_PREFIX", "two words"),
        ("DETAIL", "all"),
        ("TOP_SERVICES", "0"),
        ("WARNING_PERCENT", "101"),
    ):
        assert f"FARGATECOUNT_{name} is {value!r}" in str(error.value)
    assert "INCLUDE" not in str(error.value)


@pytest.mark.parametrize("kind", [CountSettings, ThresholdSettings])
@pytest.mark.parametrize(
    ("warning", "critical", "named"),
    [("95", "90", ("95", "90")), ("96", "", ("96", "95")), ("", "80", ("80", "80")), ("90", "90", ("90", "90"))],
)
def test_the_warning_threshold_is_below_the_critical_one(
    kind: type[EnvironmentSettings], warning: str, critical: str, named: tuple[str, str]
) -> None:
    """The error names both with their values, even if one of them is a default."""
    environment = {"FARGATECOUNT_WARNING_PERCENT": warning, "FARGATECOUNT_CRITICAL_PERCENT": critical}
    with pytest.raises(MisconfiguredError) as error:
        kind.from_env(environment)
    assert f"WARNING_PERCENT is {named[0]} and FARGATECOUNT_CRITICAL_PERCENT is {named[1]}" in str(error.value)
    assert "must be below the critical one" in str(error.value)


def test_thresholds_out_of_order_are_reported_with_all_else() -> None:
    """They stand beside a bad value; a threshold that is itself bad contradicts nothing."""
    with pytest.raises(MisconfiguredError) as error:
        settings(detail="all", warning_percent="95", critical_percent="90")
    assert "DETAIL is 'all'" in str(error.value)
    assert "must be below the critical one" in str(error.value)
    with pytest.raises(MisconfiguredError) as error:
        settings(warning_percent="many", critical_percent="20")
    assert "must be below the critical one" not in str(error.value)


def test_globs_are_separated_by_commas() -> None:
    """Blanks and empty globs are ignored; an empty text means the default."""
    assert settings(include="web, ECS-*,,").publish.series.include == ("web", "ECS-*")
    assert settings(include="", exclude="").publish.options.include == ("*",)


@pytest.mark.parametrize("detail", Detail)
def test_each_level_of_detail_has_a_name(detail: Detail) -> None:
    """It is the name in docs/metrics.md."""
    assert settings(detail=str(detail)).publish.options.detail is detail
