"""The IAM policies of this project as plain JSON: of the roles of the functions, the watcher and the census, and of docs/alarms.md.

Every statement is included, whatever condition of the template it depends on. References become ARNs of a made-up account, because a linter
compares ARNs with the formats of the service authorization reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[1]
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "name",
}
HERE = "eu-west-1:123456789012"
KEY = f"arn:aws:kms:{HERE}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{HERE}:table/name",
    "AWS::SQS::Queue": f"arn:aws:sqs:{HERE}:name",
    "AWS::S3::Bucket": "arn:aws:s3:::name",
    "AWS::KMS::Key": KEY,
    "AWS::Logs::LogGroup": f"arn:aws:logs:{HERE}:log-group:name:*",
}
"""The value of `GetAtt Arn` by resource type; a log group's ends in `:*` (the return values in
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html)."""
STREAM_LABEL = "2026-01-01"
"""A real label has the time too; parliament splits ARNs at every colon and does not find the format of one with colons in its label."""
PARAMETERS = {
    "TableKmsKeyArn": KEY,
    "TableName": "name",
    "ClusterName": "name",
    "FunctionPrefix": "name",
    "Namespace": "Fargate Stats",
    "HubBusArn": f"arn:aws:events:{HERE}:event-bus/name",
}
TOPIC = f"arn:aws:sns:{HERE}:name"
"""`Ref` of a topic is its ARN."""


class Statement(NamedTuple):
    """One statement of an identity policy."""

    holder: str
    """The logical id of the role, or the document."""
    sid: str
    body: Mapping[str, Any]

    @property
    def actions(self) -> list[str]:
        """The actions, as a list."""
        return _listed(self.body["Action"])

    @property
    def resources(self) -> list[str]:
        """The resources, as a list."""
        return _listed(self.body["Resource"])


def of_template(template: Mapping[str, Any]) -> Iterator[Statement]:
    """Yield every statement of every role of a CloudFormation template."""
    kinds = {name: body["Type"] for name, body in template["Resources"].items()}
    for name, body in template["Resources"].items():
        if body["Type"] != "AWS::IAM::Role":
            continue
        for policy in body["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                made = statement["Fn::If"][1] if "Fn::If" in statement else statement
                yield Statement(name, made["Sid"], _resolved(made, kinds))


def of_watcher() -> Iterator[Statement]:
    """Yield the statements of the watcher's role."""
    return of_template(yaml.load((ROOT / "infra" / "watcher-role.yml").read_text(), Loader=_Loader))


def of_census() -> Iterator[Statement]:
    """Yield the statements of the role of a census."""
    return of_template(yaml.load((ROOT / "infra" / "census-role.yml").read_text(), Loader=_Loader))


def of_page() -> Iterator[Statement]:
    """Yield the statements of the policies in docs/alarms.md."""
    page = (ROOT / "docs" / "alarms.md").read_text()
    for block in re.findall(r"^```json\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL):
        for number, statement in enumerate(json.loads(block).get("Statement", ())):
            yield Statement("docs/alarms.md", str(number), statement)


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as what they are short for."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise TypeError(f"!{suffix} is a mapping here: add it to this reader of templates")
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tagged)


def _resolved(value: Any, kinds: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_resolved(item, kinds) for item in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        name = value["Ref"]
        return TOPIC if kinds.get(name) == "AWS::SNS::Topic" else PSEUDO.get(name) or PARAMETERS[name]
    if "Fn::GetAtt" in value:
        name, attribute = value["Fn::GetAtt"]
        arn = ARNS[kinds[name]]
        return f"{arn}/stream/{STREAM_LABEL}" if attribute == "StreamArn" else arn
    if "Fn::Sub" in value:
        return re.sub(r"\$\{([\w:.]+)\}", lambda found: _named(found[1], kinds), value["Fn::Sub"])
    return {name: _resolved(item, kinds) for name, item in value.items()}


def _named(reference: str, kinds: Mapping[str, str]) -> str:
    found = PSEUDO.get(reference) or PARAMETERS.get(reference)
    return found or ARNS[kinds[reference.partition(".")[0]]]


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
