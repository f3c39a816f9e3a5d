"""A compiled CloudFormation template, read as CloudFormation would read it with its parameters' defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

NOTHING = object()


@dataclass(frozen=True)
class Statement:
    """One statement of an IAM, queue or bucket policy, and the resource of the template that holds it."""

    holder: str
    body: dict[str, Any]

    @property
    def allows(self) -> bool:
        return bool(self.body["Effect"] == "Allow")

    @property
    def actions(self) -> list[str]:
        return _listed(self.body.get("Action", "*"))

    @property
    def resources(self) -> list[Any]:
        return _listed(self.body.get("Resource", "*"))

    @property
    def condition(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("Condition", {})
        return found


class Template:
    """The resources that would be deployed: conditions decided, parameters put in, GetAtt and Ref of resources left as they are."""

    def __init__(self, raw: dict[str, Any], stack_name: str) -> None:
        self.raw = raw
        self.stack_name = stack_name
        self._values = {name: _default(parameter) for name, parameter in raw.get("Parameters", {}).items()}
        self._values["AWS::StackName"] = stack_name

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        return {name: self._resolved(body) for name, body in self.raw["Resources"].items() if self._is_made(body)}

    @cached_property
    def outputs(self) -> dict[str, Any]:
        return {name: self._resolved(body["Value"]) for name, body in self.raw["Outputs"].items() if self._is_made(body)}

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of a type, by logical id."""
        return {name: body.get("Properties", {}) for name, body in self.resources.items() if body["Type"] == kind}

    def only(self, kind: str) -> dict[str, Any]:
        """Return the properties of the one resource of a type."""
        (properties,) = self.of_type(kind).values()
        return properties

    def statements(self) -> Iterator[Statement]:
        """Yield every statement of every policy, whatever kind of resource holds it."""
        for name, body in self.resources.items():
            for document in _policy_documents(body.get("Properties", {})):
                for statement in _listed(document["Statement"]):
                    yield Statement(name, statement)

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self._resolved, value) if item is not NOTHING]
        if not isinstance(value, dict):
            return value
        if "Fn::If" in value:
            condition, then, otherwise = value["Fn::If"]
            return self._resolved(then if self._holds(self.raw["Conditions"][condition]) else otherwise)
        if value == {"Ref": "AWS::NoValue"}:
            return NOTHING
        if "Ref" in value and value["Ref"] in self._values:
            return self._values[value["Ref"]]
        if "Fn::Sub" in value:
            return self._substituted(value["Fn::Sub"])
        if (
            "Fn::Join" in value
            and isinstance(parts := self._resolved(value["Fn::Join"][1]), list)
            and all(isinstance(p, str) for p in parts)
        ):
            return value["Fn::Join"][0].join(parts)
        resolved = {name: self._resolved(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not NOTHING}

    def _substituted(self, sub: Any) -> Any:
        """Put in parameters and the stack's name; what refers to resources stays a Sub."""
        text, names = (sub, {}) if isinstance(sub, str) else (sub[0], self._resolved(sub[1]))
        known = {name: value for name, value in self._values.items() if name not in names}
        found = re.sub(r"\$\{([\w:]+)\}", lambda match: str(known.get(match[1], match[0])), text)
        if names:
            return {"Fn::Sub": [found, names]}
        return {"Fn::Sub": found} if "${" in found else found

    def _is_made(self, body: dict[str, Any]) -> bool:
        return "Condition" not in body or self._holds({"Condition": body["Condition"]})

    def _holds(self, condition: dict[str, Any]) -> bool:
        ((operator, operands),) = condition.items()
        if operator == "Condition":
            return self._holds(self.raw["Conditions"][operands])
        if operator == "Fn::And":
            return all(map(self._holds, operands))
        if operator == "Fn::Not":
            return not self._holds(operands[0])
        if operator == "Fn::Equals":
            left, right = map(self._resolved, operands)
            return bool(left == right)
        raise ValueError(f"condition {operator}: teach it to this reader of templates")


def _default(parameter: dict[str, Any]) -> Any:
    text: str = parameter["Default"]
    if parameter["Type"] == "CommaDelimitedList":
        return text.split(",")
    if parameter["Type"] != "Number":
        return text
    return int(text) if text.isdecimal() else float(text)


def logical_id(reference: Any) -> str:
    """Return what a Ref, GetAtt or Sub of one resource points to."""
    if "Ref" in reference:
        return str(reference["Ref"])
    if "Fn::GetAtt" in reference:
        return str(reference["Fn::GetAtt"][0])
    return str(reference["Fn::Sub"]).removeprefix("${").removesuffix("}").split(".")[0]


def _policy_documents(value: Any) -> Iterator[dict[str, Any]]:
    """Find policies by their shape, so that one under a new property does not go unseen."""
    if isinstance(value, dict):
        if "Statement" in value:
            yield value
        for item in value.values():
            yield from _policy_documents(item)
    elif isinstance(value, list):
        for item in value:
            yield from _policy_documents(item)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
