"""The settings of what is published: read from the environment, every bad one named at once."""

from __future__ import annotations

import pytest

from fargatecount.config import Showing
from fargatecount.errors import Misconfigured
from fargatecount.metrics import Detail


def showing(**values: str) -> Showing:
    return Showing.from_env({f"FARGATECOUNT_{name.upper()}": value for name, value in values.items()})


def test_nothing_set_is_the_origin_tools_view() -> None:
    """Its namespace, its names, and a series for each cluster."""
    found = showing()
    assert (found.namespace, found.metric_prefix, found.detail, found.include) == ("Fargate Stats", "fargate", Detail.CLUSTER, ("*",))


def test_every_bad_value_is_named_at_once() -> None:
    """Nobody deploys five times to find five mistakes."""
    with pytest.raises(Misconfigured) as error:
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


def test_globs_are_separated_by_commas() -> None:
    """Blanks around them and empty ones do no harm; nothing at all means the default."""
    assert showing(include="web, ECS-*,,").include == ("web", "ECS-*")
    assert showing(include="", exclude="").choice.include == ("*",)


@pytest.mark.parametrize("detail", Detail)
def test_each_level_is_known_by_its_name(detail: Detail) -> None:
    """As docs/metrics.md names them."""
    assert showing(detail=str(detail)).choice.detail is detail
