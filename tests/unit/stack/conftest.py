"""The template of this release, without packaging it: the parameters and resources of infra/, as far as settings are concerned."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.settings_page import declared, parameter_of, written

ROOT = Path(__file__).parents[3]


class _CloudFormation(yaml.SafeLoader):
    """Reads !Ref, !Sub and the other short forms."""


def _long_form(loader: Any, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".")
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_CloudFormation.add_multi_constructor("!", _long_form)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(), _CloudFormation)
    return found


@pytest.fixture(scope="session")
def template_of_this_release() -> dict[str, Any]:
    """Parameters with their defaults, conditions, resources and outputs."""
    template: dict[str, Any] = {"Description": "a test", "Resources": {}, "Outputs": {}, "Conditions": {}, "Parameters": {}}
    for name in re.findall(r"\$\{file\((infra/[\w-]+\.yml)\)\}", (ROOT / "serverless.yml").read_text()):
        body = _read(ROOT / name)
        for part in ("Resources", "Outputs", "Conditions"):
            template[part] |= body.get(part, {})
        for resource, extension in body.get("extensions", {}).items():
            template["Resources"].setdefault(resource, {"Type": "AWS::Any::Extended", "Properties": {}})["Properties"] |= extension[
                "Properties"
            ]
    variables = _read(ROOT / "serverless.yml")["provider"]["environment"]
    template["Resources"]["PublishLambdaFunction"]["Properties"]["Environment"] = {"Variables": variables}
    defaults = {parameter_of(name): text for name, text in written()[0].items()} | {"Stage": "prod"}
    template["Parameters"] = {name: body | {"Default": defaults[name]} for name, body in declared()["Parameters"].items()}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {}}
    template["Resources"] |= {"ServerlessDeploymentBucket": bucket, "ServerlessDeploymentBucketPolicy": {"Type": "AWS::S3::BucketPolicy"}}
    template["Outputs"]["ServerlessDeploymentBucketName"] = {"Value": {"Ref": "ServerlessDeploymentBucket"}}
    code = {"CodeBucket": {"Type": "String", "Default": ""}, "CodeKey": {"Type": "String", "Default": "fargatecount/9.9.9/function.zip"}}
    template["Parameters"] |= code
    return template
