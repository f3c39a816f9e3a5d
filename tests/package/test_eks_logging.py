"""infra/eks-logging.yml: the monitoring of logs, without a finding, and documented."""

from __future__ import annotations

import json
import re
from typing import Any

import cfnlint.api
import pytest
import yaml

from tests.rules.tracked import ROOT

PATH = ROOT / "infra" / "eks-logging.yml"
PAGE = (ROOT / "docs" / "eks-logging.md").read_text()


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short functions as their arguments."""


def _argument(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _argument)
TEMPLATE = yaml.load(PATH.read_text(), Loader=_Loader)
QUERIES = {name: each["Properties"] for name, each in TEMPLATE["Resources"].items() if each["Type"] == "AWS::Logs::QueryDefinition"}


def test_the_template_has_no_finding() -> None:
    """cfn-lint accepts it."""
    assert cfnlint.api.lint_file(PATH) == []


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_a_parameter_is_described_in_the_template_and_on_the_page(name: str) -> None:
    """Each has a description, a row on the page, and its default there."""
    parameter = TEMPLATE["Parameters"][name]
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}`")]
    assert parameter["Description"]
    default = parameter.get("Default")
    if default is not None and name != "ErrorPattern":
        assert f"| {f'`{default}`' if default != '' else 'empty'} |" in row


def test_the_saved_queries_answer_the_questions_of_the_page() -> None:
    """Errors, slow requests, requests over time, restarts and bytes by namespace; each is on the page."""
    names = {re.sub(r"^.*?/.*?/", "", properties["Name"]) for properties in QUERIES.values()}
    assert names == {"errors", "slow requests", "requests over time", "restarts", "bytes by namespace"}
    assert [name for name in names if f"| {name} |" not in PAGE] == []


def test_the_dashboard_is_json_about_the_group() -> None:
    """Its body parses once the parameters are in it, every log widget reads the group, and the alarm's threshold is drawn."""
    body, given = TEMPLATE["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    assert set(given) == {"Group"}
    values = {
        "AWS::Region": "eu-west-1",
        "ClusterName": "web",
        "Group": "/aws/eks/web/fargate",
        "PeriodSeconds": "300",
        "ErrorsPerPeriod": "7",
    }
    widgets = json.loads(re.sub(r"\$\{([\w:]+)\}", lambda match: values[match[1]], body))["widgets"]
    assert all("SOURCE '/aws/eks/web/fargate' |" in each["properties"]["query"] for each in widgets if each["type"] == "log")
    assert widgets[0]["properties"]["annotations"]["horizontal"][0]["value"] == 7
    metric = TEMPLATE["Resources"]["ErrorFilter"]["Properties"]["MetricTransformations"][0]
    assert metric["MetricName"] == TEMPLATE["Resources"]["ErrorAlarm"]["Properties"]["MetricName"]
    assert f'["{metric["MetricNamespace"]}", "web-errors"' in json.dumps(widgets[0]["properties"]["metrics"])
