"""The settings in serverless.yml: documented, checked, and exactly what the code reads."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.series import Detail
from fargatecount.quotas.limits import Limit, Limits
from fargatecount.quotas.thresholds import QuotaThresholds
from fargatecount.settings.deployment import Settings, UsageSettings
from fargatecount.settings.environment import PREFIX, IngestSettings, MetricNames
from fargatecount.usage.price_list import RegionPrices
from fargatecount.usage.prices import LIST_PRICES, PriceSettings
from tests.package.artefact import ROOT, Artefact, copy_sources, osls

POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL"}


def environments(artefact: Artefact) -> list[dict[str, Any]]:
    return [function["Environment"]["Variables"] for function in artefact.template.of_type("AWS::Lambda::Function").values()]


def as_deployed(variables: dict[str, Any]) -> dict[str, str]:
    """Put in what CloudFormation puts in for the names of a table, a bucket and a queue."""
    made = {"Table": "fargatecount-prod-Table-1", "ReportsBucket": "fargatecount-prod-reportsbucket-1"}
    made |= {"DeadLetters": "https://sqs.eu-west-1.amazonaws.com/123456789012/dead"}
    return {name: value if isinstance(value, str) else made[value["Ref"]] for name, value in variables.items()}


def section(lines: list[str], head: str) -> list[str]:
    """Return the lines under a heading, as far as they are indented deeper."""
    start = lines.index(head) + 1
    deeper = " " * (len(head) - len(head.lstrip()) + 1)
    end = next((at for at in range(start, len(lines)) if lines[at].strip() and not lines[at].startswith(deeper)), len(lines))
    return lines[start:end]


def test_functions_get_exactly_the_variables_that_settings_read(artefact: Artefact) -> None:
    """No variable is missing and none is unread; two more are Powertools' own."""
    assert environments(artefact)
    for variables in environments(artefact):
        assert set(variables) == Settings.variables() | POWERTOOLS


def test_counting_reads_a_part_of_the_settings_alike(prod: Artefact) -> None:
    """What `task_changed` reads means the same where everything is read."""
    for variables in environments(prod):
        assert Settings.from_env(as_deployed(variables)).ingest == IngestSettings.from_env(as_deployed(variables))


def test_the_defaults_are_unarmed_and_in_the_namespace_of_the_origin_tool(prod: Artefact) -> None:
    """A deployment with nothing set puts no metrics, and would put them where old dashboards look."""
    for variables in environments(prod):
        settings = Settings.from_env(as_deployed(variables))
        assert not settings.ingest.armed
        assert settings.ingest.names == MetricNames(namespace="Fargate Stats", metric_prefix="fargate")
        assert (settings.publish.usage.limits, settings.publish.usage.prices) == (Limits(), LIST_PRICES)
        assert settings.publish.options == PublishOptions()
        assert (settings.publish.quota.thresholds, settings.publish.limit_percent) == (QuotaThresholds(warning=80, critical=95), 90)


def test_settings_reach_the_functions(prod_with_options: Artefact) -> None:
    """What is given at deployment is what the code reads."""
    for variables in environments(prod_with_options):
        settings = Settings.from_env(as_deployed(variables))
        assert (settings.ingest.armed, settings.ingest.names, settings.ingest.buckets) == (
            True,
            MetricNames(namespace="Acme/Fargate", metric_prefix="acme"),
            8,
        )
        assert (settings.reconcile_minutes, settings.publish.usage.limits) == (
            2,
            Limits(total=Limit(vcpu=200), clusters={"ECS-prod-*": Limit(workloads=9)}),
        )
        assert settings.publish.usage.prices == PriceSettings(
            discount_percent=12.5, spot_factor=0.4, regions={"eu-west-1": RegionPrices(storage=0.0001)}
        )
        assert (settings.publish.quota.thresholds, settings.publish.limit_percent) == (QuotaThresholds(warning=70, critical=90), 75)
        assert (settings.publish.usage.retire_days, settings.ingest.function_metrics) == (30, True)
        assert settings.publish.options == PublishOptions(
            detail=Detail.SERVICE,
            include=("ECS-*",),
            exclude=("*-test", "*-dev"),
            top_services=7,
            limits=settings.publish.usage.limits,
            prices=settings.publish.usage.prices,
        )
        assert variables["POWERTOOLS_LOG_LEVEL"] == "DEBUG"


def test_the_command_line_reads_the_same_terms(prod_with_options: Artefact) -> None:
    """Limits, prices and the names of metrics are outputs of the stack too, each under the name of its variable in camel case."""
    outputs = prod_with_options.template.outputs
    for variables in environments(prod_with_options):
        for variable in UsageSettings.variables():
            name = "".join(word.title() for word in variable.removeprefix(PREFIX).split("_"))
            assert outputs[name] == variables[variable]
        assert outputs["WarningPercent"] == variables["FARGATECOUNT_WARNING_PERCENT"]
        assert outputs["CriticalPercent"] == variables["FARGATECOUNT_CRITICAL_PERCENT"]
        assert outputs["Namespace"] == variables["FARGATECOUNT_NAMESPACE"]
        assert outputs["MetricPrefix"] == variables["FARGATECOUNT_METRIC_PREFIX"]


@pytest.mark.parametrize(
    ("param", "remark"),
    [
        ("armed=yes", "Received: yes"),
        ("batchSize=many", "batchSize': must be integer"),
        ("warningPercent=95.5", "warningPercent is 95.5 and criticalPercent is 95: the warning threshold must be below"),
        ("criticalPercent=80", "warningPercent is 80 and criticalPercent is 80: the warning threshold must be below"),
        ("limitPercent=101", "limitPercent is '101': expected a number from 1 to 100"),
        ("criticalPercent=many", "criticalPercent is 'many': expected a number from 1 to 100"),
    ],
)
def test_a_bad_setting_is_refused_before_anything_is_deployed(tmp_path: Path, param: str, remark: str) -> None:
    """Packaging names the setting that cannot be, and stops."""
    copy_sources(tmp_path / "sources")
    result = osls(tmp_path / "sources", "package", "--param", param)
    assert result.returncode != 0
    assert remark in result.stdout + result.stderr


def test_every_setting_says_what_it_is() -> None:
    """Each setting in serverless.yml stands under a comment of its own."""
    lines = section((ROOT / "serverless.yml").read_text().splitlines(), "params:")
    settings = [(above, line) for above, line in pairwise(lines) if re.match(r"    \w+:", line)]
    assert len(settings) > 10
    assert not [line.strip() for above, line in settings if not above.startswith("    # ")]


def test_every_setting_is_used() -> None:
    """No setting is left without effect, and none is used that is not there."""
    texts = [(ROOT / "serverless.yml").read_text(), *(file.read_text() for file in (ROOT / "infra").glob("*.yml"))]
    used = {name for text in texts for name in re.findall(r"\$\{param:(\w+)", text)}
    lines = section(section(texts[0].splitlines(), "params:"), "  default:")
    assert used == {match[1] for line in lines if (match := re.match(r"    (\w+):", line))}
