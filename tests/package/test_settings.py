"""The settings in serverless.yml: documented, checked, and exactly what the code reads."""

from __future__ import annotations

import json
import subprocess
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
from tests.package.conftest import HUB_BUS

POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL"}


def environments(artefact: Artefact) -> list[dict[str, Any]]:
    return [function["Environment"]["Variables"] for function in artefact.template.of_type("AWS::Lambda::Function").values()]


def as_deployed(variables: dict[str, Any]) -> dict[str, str]:
    """Put in what CloudFormation puts in for the names of a table, a bucket and a queue."""
    made = {"Table": "fargatecount-prod-Table-1", "ReportsBucket": "fargatecount-prod-reportsbucket-1"}
    made |= {"UsageFailures": "https://sqs.eu-west-1.amazonaws.com/123456789012/usage-failures"}
    made |= {"DeadLetters": "https://sqs.eu-west-1.amazonaws.com/123456789012/dead"}
    return {name: made[value["Ref"]] if isinstance(value, dict) else str(value) for name, value in variables.items()}


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
        assert (settings.hub_bus_arn, settings.usage_failures_url) == ("", "")
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
        assert (settings.hub_bus_arn, settings.usage_failures_url) == (
            HUB_BUS,
            "https://sqs.eu-west-1.amazonaws.com/123456789012/usage-failures",
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


REFUSED = {
    "armed=yes": "armed is 'yes': expected true or false",
    "armd=true": "there is no setting armd",
    "batchSize=many": "batchSize is 'many': expected a whole number from 1 to 10000",
    "batchSize=11": "batchSize is 11 and batchWindow is 0: more than 10 events need a window",
    "buckets=5.5": "buckets is '5.5': expected a whole number from 1 to 64",
    "logRetentionInDays=31": "logRetentionInDays is '31': expected a number of days that CloudWatch Logs knows",
    "namespace=AWS/Fargate": "namespace is 'AWS/Fargate': expected 1 to 255 letters",
    "vpcSubnetIds=subnet-1,nets": "vpcSubnetIds is 'subnet-1,nets': expected subnet ids",
    "warningPercent=95.5": "warningPercent is 95.5 and criticalPercent is 95: the warning threshold must be below",
    "criticalPercent=80": "warningPercent is 80 and criticalPercent is 80: the warning threshold must be below",
    "limitPercent=101": "limitPercent is '101': expected a number from 1 to 100",
    "criticalPercent=many": "criticalPercent is 'many': expected a number from 1 to 100",
}
"""What is given at deployment, and how it is refused."""
CHECK = r"""
const yaml = require('js-yaml'), fs = require('fs'), check = require('./infra/settings.js');
const block = /^params:\n(?:(?: .*)?\n)*/m; // the rest has tags of CloudFormation
const { params } = yaml.load(block.exec(fs.readFileSync('serverless.yml', 'utf8'))[0]);
const refusal = async (given) => {
  const [name, value] = given.split(/=(.*)/s);
  const values = { 'sls:stage': 'prod', 'self:params, null': params, 'opt:param, null': [given] };
  const resolveVariable = async (asked) => values[asked] ?? (asked === `param:${name}` ? value : params.default[asked.slice(6)]);
  try { await check({ resolveVariable }); return ''; } catch (error) { return error.message; }
};
Promise.all(JSON.parse(process.argv[1]).map(refusal)).then((all) => console.log(JSON.stringify(all)));
"""
"""What osls does with infra/settings.js, for many settings in one process of node."""


@pytest.fixture(scope="module")
def refusals() -> dict[str, str]:
    """What each bad setting is answered with."""
    done = subprocess.run(["node", "-e", CHECK, json.dumps(list(REFUSED))], cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(zip(REFUSED, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("param", REFUSED)
def test_a_bad_setting_is_named(refusals: dict[str, str], param: str) -> None:
    """The refusal says which setting cannot be, and what is expected."""
    assert REFUSED[param] in refusals[param]


def test_a_bad_setting_is_refused_before_anything_is_deployed(tmp_path: Path) -> None:
    """Packaging by osls says so, and stops."""
    copy_sources(tmp_path / "sources")
    result = osls(tmp_path / "sources", "package", "--param", "armed=yes")
    assert result.returncode != 0
    assert REFUSED["armed=yes"] in result.stdout + result.stderr
