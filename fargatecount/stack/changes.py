"""What a deployment changes, in words, and what it must not change.

Pure. The source is a change set (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html); for a stack
that does not exist yet, the template itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from fargatecount.errors import MisconfiguredError

KINDS = {
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::CompositeAlarm": "alarm of alarms",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::DynamoDB::Table": "table",
    "AWS::Events::EventBus": "event bus",
    "AWS::Events::EventBusPolicy": "event bus policy",
    "AWS::Events::Rule": "rule",
    "AWS::IAM::Role": "role",
    "AWS::KMS::Key": "key",
    "AWS::Lambda::EventInvokeConfig": "invocation settings",
    "AWS::Lambda::EventSourceMapping": "trigger",
    "AWS::Lambda::Function": "function",
    "AWS::Lambda::Permission": "permission",
    "AWS::Logs::LogGroup": "log group",
    "AWS::S3::Bucket": "bucket",
    "AWS::S3::BucketPolicy": "bucket policy",
    "AWS::SNS::Subscription": "e-mail subscription",
    "AWS::SNS::Topic": "topic",
    "AWS::SNS::TopicPolicy": "topic policy",
    "AWS::SQS::Queue": "queue",
    "AWS::SQS::QueuePolicy": "queue policy",
}

KEPT = {
    "Table": "the table with every count and what is known of each workload",
    "ReportsBucket": "the bucket with the reports",
    "TaskQueue": "the queue with events that are not counted yet",
    "DeadLetters": "the queue with messages that wait for you",
}
"""Resources whose replacement or removal loses data."""


class ResourceAction(StrEnum):
    """What happens to a resource."""

    ADDED = "added"
    CHANGED = "changed"
    REPLACED = "replaced"
    REMOVED = "removed"


class ResourceChange(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One resource that a deployment changes."""

    kind: ResourceAction
    type: str
    """In plain words, such as `alarm`."""
    name: str
    """Its name in the template."""
    properties: tuple[str, ...] = ()
    """The properties that change."""


def read_changes(raw: Sequence[Mapping[str, Any]], unchanged: Collection[str] = ()) -> list[ResourceChange]:
    """Return the changes of a change set, as DescribeChangeSet lists them; `unchanged` are the parameters whose values stay.

    It lists more than changes. A property that had a fixed value and now refers to a parameter of the same value stays what it is. So does
    one that refers to the name or ARN of a resource that is not replaced.
    """
    listed = [each["ResourceChange"] for each in raw if each.get("Type", "Resource") == "Resource"]
    renewed = {one["LogicalResourceId"] for one in listed if one["Action"] == "Modify" and _recreates(one, _causes(one, unchanged))}
    renewed |= {one["LogicalResourceId"] for one in listed if one["Action"] != "Modify"}
    found = []
    for one in listed:
        causes = [
            cause
            for cause in _causes(one, unchanged)
            if not (cause.get("Evaluation") == "Dynamic" and cause.get("CausingEntity", "").split(".")[0] not in {"", *renewed})
        ]
        if causes or one["Action"] != "Modify" or not one.get("Details"):
            found.append(_change(one, causes))
    return sorted(found)


def _causes(raw: Mapping[str, Any], unchanged: Collection[str]) -> list[Mapping[str, Any]]:
    """Return the details of a resource without those of a property that keeps its value.

    CloudFormation shows a property's value before and after; where it does not, a parameter of the same value is the sign.
    """
    same = {_property(one) for one in raw.get("Details", ()) if one.get("CausingEntity") in unchanged}
    causing = {_property(one) for one in raw.get("Details", ()) if one.get("CausingEntity", "") not in {"", *unchanged}}
    return [one for one in raw.get("Details", ()) if _differs(one, unknown=_property(one) not in same - causing)]


def _differs(detail: Mapping[str, Any], *, unknown: bool) -> bool:
    target = detail.get("Target", {})
    if "BeforeValue" in target and "AfterValue" in target:
        return bool(target["BeforeValue"] != target["AfterValue"])
    return unknown


def _property(detail: Mapping[str, Any]) -> str:
    target = detail.get("Target", {})
    return str(target.get("Name") or target.get("Attribute", ""))


def _change(raw: Mapping[str, Any], causes: Sequence[Mapping[str, Any]]) -> ResourceChange:
    actions = {"Add": ResourceAction.ADDED, "Import": ResourceAction.ADDED, "Remove": ResourceAction.REMOVED}
    action = actions.get(raw["Action"], ResourceAction.CHANGED)
    if action is ResourceAction.CHANGED and _recreates(raw, causes):
        action = ResourceAction.REPLACED
    properties = {_property(cause) for cause in causes} - {""}
    return ResourceChange(
        kind=action,
        type=KINDS.get(raw["ResourceType"], raw["ResourceType"]),
        name=raw["LogicalResourceId"],
        properties=tuple(sorted(properties)),
    )


def _recreates(raw: Mapping[str, Any], causes: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a change needs a new resource: where CloudFormation says so, and a property that really changes is the reason."""
    if raw.get("Replacement", "False") == "False":
        return False
    if not raw.get("Details"):
        return bool(raw["Replacement"] == "True")
    needs = {"Always", "Conditionally"} if raw["Replacement"] == "True" else {"Always"}
    static = [one for one in causes if one.get("Evaluation", "Static") == "Static" or raw["Replacement"] == "True"]
    return any(one.get("Target", {}).get("RequiresRecreation") in needs for one in static)


def check_nothing_lost(changes: Sequence[ResourceChange]) -> None:
    """Refuse changes that lose data.

    Raises:
        MisconfiguredError: names what is lost.
    """
    lost = [change for change in changes if change.kind in {ResourceAction.REPLACED, ResourceAction.REMOVED} and change.name in KEPT]
    if lost:
        named = "; ".join(f"{KEPT[change.name]} ({change.name}) would be {change.kind}" for change in lost)
        raise MisconfiguredError(
            f"this deployment would lose data: {named}",
            remedy="nothing was changed; is it the right stack (--stage, --stack), and a template of this program?",
        )


def new_resources(template: Mapping[str, Any], values: Mapping[str, str]) -> list[ResourceChange]:
    """Return what a new stack gets with these values of its parameters."""
    conditions = Conditions(template.get("Conditions", {}), values)
    return sorted(
        ResourceChange(kind=ResourceAction.ADDED, type=KINDS.get(body["Type"], body["Type"]), name=name)
        for name, body in template["Resources"].items()
        if "Condition" not in body or conditions.holds({"Condition": body["Condition"]})
    )


class Conditions:
    """The conditions of a template, with the values of its parameters."""

    def __init__(self, declared: Mapping[str, Any], values: Mapping[str, str]) -> None:
        self._declared = declared
        self._values = values

    def holds(self, condition: Mapping[str, Any]) -> bool:
        """Return whether it is true; raises ValueError for an operator that the template did not have when this was written."""
        ((operator, operands),) = condition.items()
        if operator == "Condition":
            return self.holds(self._declared[operands])
        if operator == "Fn::And":
            return all(map(self.holds, operands))
        if operator == "Fn::Not":
            return not self.holds(operands[0])
        if operator == "Fn::Equals":
            left, right = map(self._text, operands)
            return left == right
        raise ValueError(f"condition {operator} is not known here")

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if "Ref" in value:
            return self._values[value["Ref"]]
        separator, joined = value["Fn::Join"]
        return str(separator).join(self._text(joined).split(","))


def in_words(changes: Sequence[ResourceChange]) -> Iterator[str]:
    """Yield one line per kind of change and kind of resource, the additions last: they need the least attention."""
    for kind in (ResourceAction.REPLACED, ResourceAction.REMOVED, ResourceAction.CHANGED, ResourceAction.ADDED):
        of_kind = [change for change in changes if change.kind is kind]
        for type_ in sorted({change.type for change in of_kind}):
            found = [change for change in of_kind if change.type == type_]
            names = ", ".join(f"{one.name}{_detail(one)}" for one in found)
            yield f"{kind}: {len(found)} {_plural(type_) if len(found) > 1 else type_} ({names})"


def _plural(type_: str) -> str:
    if type_.endswith("policy"):
        return type_.removesuffix("y") + "ies"
    if " of " in type_:
        return type_.replace(" of ", "s of ", 1)
    return type_ if type_.endswith("s") and not type_.endswith("bus") else f"{type_}es" if type_.endswith("bus") else f"{type_}s"


def _detail(change: ResourceChange) -> str:
    return f" [{', '.join(change.properties)}]" if change.properties else ""
