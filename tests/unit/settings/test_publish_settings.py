"""The settings of what is published: read from the environment, every bad one named at once."""

from __future__ import annotations

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.metrics.series import Detail
from fargatecount.settings.deployment import PublishSettings, ThresholdSettings
from fargatecount.settings.environment import EnvironmentSettings


def showing(**values: str) -> PublishSettings:
    return PublishSettings.from_env({f"FARGATECOUNT_{name.upper()}": value for name, value in values.items()})


def test_nothing_set_is_the_origin_tools_view() -> None:
    """Its namespace, its names, and a series for each cluster."""
    found = showing()
    assert (found.namespace, found.metric_prefix, found.detail, found.include) == ("Fargate Stats", "fargate", Detail.CLUSTER, ("*",))


def test_every_bad_value_is_named_at_once() -> None:
    """Nobody deploys five times to find five mistakes."""
    with pytest.raises(MisconfiguredError) as error:
        showing(namespace="AWS/Mine", metric_prefix="two words", detail="all", top_services="0", warning_percent="101", include="*")
    for name, value in (
        ("NAMESPACE", "AWS/Mine"),
        ("METRIC_PREFIX", "two words"),
        ("DETAIL", "all"),
        ("TOP_SERVICES", "0"),
        ("WARNING_PERCENT", "101"),
    ):
        assert f"FARGATECOUNT_{name} is {value!r}" in str(error.value)
    assert "INCLUDE" not in str(error.value)


@pytest.mark.parametrize("kind", [PublishSettings, ThresholdSettings])
@pytest.mark.parametrize(
    ("warning", "critical", "said"),
    [("95", "90", ("95", "90")), ("96", "", ("96", "95")), ("", "80", ("80", "80")), ("90", "90", ("90", "90"))],
)
def test_the_warning_comes_before_the_alarm(kind: type[EnvironmentSettings], warning: str, critical: str, said: tuple[str, str]) -> None:
    """Both thresholds are named with their values, also where one of them is the default."""
    environment = {"FARGATECOUNT_WARNING_PERCENT": warning, "FARGATECOUNT_CRITICAL_PERCENT": critical}
    with pytest.raises(MisconfiguredError) as error:
        kind.from_env(environment)
    assert f"WARNING_PERCENT is {said[0]} and FARGATECOUNT_CRITICAL_PERCENT is {said[1]}" in str(error.value)
    assert "must be the lower one" in str(error.value)


def test_thresholds_out_of_order_are_named_with_all_else() -> None:
    """Beside a value that cannot be; and one that cannot be read contradicts nothing."""
    with pytest.raises(MisconfiguredError) as error:
        showing(detail="all", warning_percent="95", critical_percent="90")
    assert "DETAIL is 'all'" in str(error.value)
    assert "must be the lower one" in str(error.value)
    with pytest.raises(MisconfiguredError) as error:
        showing(warning_percent="many", critical_percent="20")
    assert "must be the lower one" not in str(error.value)


def test_globs_are_separated_by_commas() -> None:
    """Blanks around them and empty ones do no harm; nothing at all means the default."""
    assert showing(include="web, ECS-*,,").include == ("web", "ECS-*")
    assert showing(include="", exclude="").choice.include == ("*",)


@pytest.mark.parametrize("detail", Detail)
def test_each_level_is_known_by_its_name(detail: Detail) -> None:
    """As docs/metrics.md names them."""
    assert showing(detail=str(detail)).choice.detail is detail
