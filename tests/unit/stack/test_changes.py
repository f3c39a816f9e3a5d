"""What a change set means, and what it must not do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.stack.changes import ResourceAction, ResourceChange, check_nothing_lost, in_words, new_resources, read_changes
from fargatecount.stack.cost import cost_in_words, monthly_cost
from fargatecount.stack.parameters import choose_values, read_parameters


def raw(name: str, type_: str, action: str = "Modify", replacement: str = "False", **detail: Any) -> dict[str, Any]:
    """One entry as DescribeChangeSet has it."""
    details = [{"Target": {"Name": "Name", "RequiresRecreation": "Never"}, "Evaluation": "Static"} | detail] if action == "Modify" else []
    change = {"Action": action, "LogicalResourceId": name, "ResourceType": type_, "Replacement": replacement, "Details": details}
    return {"Type": "Resource", "ResourceChange": change}


def causing(entity: str) -> dict[str, Any]:
    return {"Evaluation": "Dynamic", "CausingEntity": entity, "Target": {"Name": "Targets", "RequiresRecreation": "Always"}}


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (raw("A", "AWS::SNS::Topic", "Add"), ResourceAction.ADDED),
        (raw("A", "AWS::SNS::Topic", "Remove"), ResourceAction.REMOVED),
        (raw("A", "AWS::SNS::Topic"), ResourceAction.CHANGED),
        (raw("A", "AWS::SNS::Topic", replacement="True", Target={"Name": "N", "RequiresRecreation": "Always"}), ResourceAction.REPLACED),
        (raw("A", "AWS::SNS::Topic", replacement="Conditional"), ResourceAction.CHANGED),
        (
            raw("A", "AWS::SNS::Topic", replacement="Conditional", Target={"Name": "N", "RequiresRecreation": "Always"}),
            ResourceAction.REPLACED,
        ),
    ],
)
def test_each_action_has_its_meaning(entry: Mapping[str, Any], kind: ResourceAction) -> None:
    """A replacement that CloudFormation is not sure of is one only where a property certainly needs it."""
    (change,) = read_changes([entry])
    assert (change.kind, change.type, change.name) == (kind, "topic", "A")


def test_a_reference_to_a_resource_that_stays_is_no_change() -> None:
    """CloudFormation lists the rule because its function changes; the function keeps its ARN, so the rule keeps its target."""
    function = raw("Function", "AWS::Lambda::Function")
    assert [one.name for one in read_changes([function, raw("Rule", "AWS::Events::Rule", **causing("Function.Arn"))])] == ["Function"]


def test_a_reference_to_a_resource_that_is_replaced_is_a_change() -> None:
    """Then the ARN is another."""
    function = raw("Function", "AWS::Lambda::Function", replacement="True", Target={"Name": "N", "RequiresRecreation": "Always"})
    found = read_changes([function, raw("Rule", "AWS::Events::Rule", replacement="Conditional", **causing("Function.Arn"))])
    assert {one.name for one in found} == {"Function", "Rule"}


def parameter(name: str) -> dict[str, Any]:
    return {"CausingEntity": name, "ChangeSource": "ParameterReference", "Target": {"Name": "Path", "RequiresRecreation": "Always"}}


def test_a_parameter_of_the_same_value_replaces_nothing() -> None:
    """A fixed value that became a parameter of that value is what it was; a parameter whose value changes is not."""
    role = raw("Role", "AWS::IAM::Role", replacement="True", **parameter("RolePath"))
    assert read_changes([role], {"RolePath"}) == []
    (change,) = read_changes([role], {"Armed"})
    assert change.kind is ResourceAction.REPLACED


def test_the_values_before_and_after_decide_where_cloudformation_shows_them() -> None:
    """Equal values are no change, whatever the reason that is named; different ones are."""
    target = {"Name": "Path", "RequiresRecreation": "Always", "BeforeValue": "/", "AfterValue": "/"}
    assert read_changes([raw("Role", "AWS::IAM::Role", replacement="True", Target=target)]) == []
    (change,) = read_changes([raw("Role", "AWS::IAM::Role", replacement="True", Target=target | {"AfterValue": "/acme/"})])
    assert change.kind is ResourceAction.REPLACED


def test_a_resource_that_changes_for_another_reason_too_is_listed() -> None:
    """Its policies change, its path stays: changed, not replaced."""
    role = raw("Role", "AWS::IAM::Role", replacement="True", **parameter("RolePath"))
    role["ResourceChange"]["Details"].append({"Target": {"Name": "Policies", "RequiresRecreation": "Never"}, "Evaluation": "Static"})
    (change,) = read_changes([role], {"RolePath"})
    assert (change.kind, change.properties) == (ResourceAction.CHANGED, ("Policies",))


@pytest.mark.parametrize("name", ["Table", "ReportsBucket", "TaskQueue", "DeadLetters"])
@pytest.mark.parametrize("kind", [ResourceAction.REPLACED, ResourceAction.REMOVED])
def test_what_holds_data_is_neither_replaced_nor_removed(name: str, kind: ResourceAction) -> None:
    """Such a change is refused, and named."""
    with pytest.raises(MisconfiguredError, match=rf"lose data.*\({name}\) would be {kind}"):
        check_nothing_lost([ResourceChange(kind=kind, type="table", name=name)])


def test_everything_else_may_be_replaced() -> None:
    """An alarm or a role holds no data, and the table may change."""
    check_nothing_lost(
        [
            ResourceChange(kind=ResourceAction.REPLACED, type="alarm", name="Drift"),
            ResourceChange(kind=ResourceAction.CHANGED, type="table", name="Table"),
        ]
    )


def test_words_begin_with_what_needs_attention() -> None:
    """Replaced and removed first, additions last, each kind of resource in one line."""
    changes = read_changes(
        [
            raw("B", "AWS::CloudWatch::Alarm", "Add"),
            raw("A", "AWS::CloudWatch::Alarm", "Add"),
            raw("C", "AWS::SNS::Topic"),
            raw("E", "AWS::SQS::QueuePolicy", "Remove"),
            raw("F", "AWS::SQS::QueuePolicy", "Remove"),
            raw("D", "AWS::Acme::Thing", replacement="True", Target={"Name": "Path", "RequiresRecreation": "Always"}),
        ]
    )
    assert list(in_words(changes)) == [
        "replaced: 1 AWS::Acme::Thing (D [Path])",
        "removed: 2 queue policies (E, F)",
        "changed: 1 topic (C [Name])",
        "added: 2 alarms (A, B)",
    ]


def test_a_new_stack_has_alarms_only_while_armed(template_of_this_release: dict[str, Any]) -> None:
    """The conditions of the template decide, as CloudFormation would."""
    parameters = read_parameters(template_of_this_release)
    unarmed, armed, limited = (
        {one.name for one in new_resources(template_of_this_release, choose_values(parameters, {}, given))}
        for given in ({}, {"Armed": "true"}, {"Armed": "true", "Limits": '{"total": {"vcpu": 1}}'})
    )
    assert "Table" in unarmed
    assert armed - unarmed >= {"Dashboard", "PagingTopic", "CriticalOnDemand"}
    assert limited - armed == {"LimitTotal", "LimitPerCluster"}


def test_the_cost_follows_from_the_settings(template_of_this_release: dict[str, Any]) -> None:
    """Nothing unarmed; docs/cost.md's 17.94 USD for five clusters armed; more with metrics of events and limits."""
    parameters = read_parameters(template_of_this_release)
    costs = [
        round(monthly_cost(choose_values(parameters, {}, given), 5), 2)
        for given in (
            {},
            {"Armed": "true"},
            {"Armed": "true", "FunctionMetrics": "true"},
            {"Armed": "true", "Limits": '{"total": {"vcpu": 1}}'},
        )
    ]
    assert costs[0] == 0
    assert costs[2] == pytest.approx(costs[1] + 1.8)
    assert costs[3] == pytest.approx(costs[1] + 0.40)
    assert monthly_cost({}, 5) == 0


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0, 17.44, "17.44 more than before"),
        (17.44, 0, "17.44 less than before"),
        (5, 5, "as before"),
        (None, 5, "5.00 USD a month for metrics, alarms and dashboard for 5 clusters. "),
    ],
)
def test_the_difference_is_said(before: float | None, after: float, words: str) -> None:
    """More, less or as before."""
    assert words in cost_in_words(before, after, 5)
