"""The settings of a stack of 0.1.0, which has them as fixed values in its template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.stack.recover import recover_settings

RELEASES = Path(__file__).parents[2] / "cases" / "releases"

SETTINGS_OF_0_1_0 = {
    *("Armed", "BatchSize", "BatchWindow", "Buckets", "Chat", "CriticalPercent", "DeletionProtection", "Detail", "DiscountPercent"),
    *(
        "DriftBound",
        "EventAgeMilliseconds",
        "Exclude",
        "FunctionMetrics",
        "FunctionPrefix",
        "HealthMinutes",
        "Include",
        "LimitPercent",
        "Limits",
    ),
    *("LivenessMinutes", "LogLevel", "LogRetentionInDays", "MaximumConcurrency", "MetricPrefix", "Namespace", "PagingEmail"),
    *("PermissionsBoundary", "QuietEmail", "ReconcileMinutes", "RegionPrices", "ReportRetentionInDays", "RequireTls", "RetireDays"),
    *("RolePath", "SpotFactor", "Stage", "TableKmsKeyArn", "TopServices", "VpcSecurityGroupIds", "VpcSubnetIds", "WarningPercent"),
}

NEW: dict[str, Any] = {
    "Parameters": {"Days": {}, "Prefix": {}, "Guarded": {}, "Known": {}},
    "Conditions": {"IsGuarded": {"Fn::Equals": [{"Ref": "Guarded"}, "true"]}},
    "Resources": {
        "A": {
            "Days": {"Ref": "Days"},
            "Name": {"Fn::Sub": "${Prefix}-of-${AWS::Region}-and-${B.Arn}"},
            "Guarded": {"Fn::If": ["IsGuarded", True, False]},
            "Known": {"Ref": "Known"},
            "Other": {"Ref": "B"},
        }
    },
    "Outputs": {"Days": {"Value": {"Ref": "Days"}}},
}


def old(**changed: Any) -> dict[str, Any]:
    body = {"Days": 7, "Name": {"Fn::Sub": "acme-of-${AWS::Region}-and-${B.Arn}"}, "Guarded": False, "Known": "x", "Other": "physical"}
    return {"Parameters": {"Known": {}}, "Resources": {"A": body | changed}, "Outputs": {"Days": {"Value": "7"}}}


def test_what_stands_in_the_place_of_a_parameter_is_its_value() -> None:
    """Numbers, parts of names and truths are found; what the old template has as a parameter itself is not looked for."""
    assert recover_settings(old(), NEW) == {"Days": "7", "Prefix": "acme", "Guarded": "false"}


def test_two_values_for_one_setting_are_no_setting() -> None:
    """A template that contradicts itself is refused by name, with what to do."""
    with pytest.raises(MisconfiguredError, match=r"has both '8' and '7' for Days") as refused:
        recover_settings(old(Days=8), NEW)
    assert refused.value.remedy == "name the value: --set days=VALUE"


def test_a_name_that_had_no_setting_keeps_its_place() -> None:
    """The setting that was added since is empty, so that nothing is named anew."""
    named = {"Fn::If": ["HasOwn", {"Fn::Sub": "${Own}-publish"}, {"Fn::Sub": "${AWS::StackName}-publish"}]}
    new = {
        "Parameters": {"Own": {}},
        "Conditions": {"HasOwn": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Own"}, ""]}]}},
        "Resources": {"A": {"FunctionName": named}},
        "Outputs": {},
    }
    assert recover_settings({"Resources": {"A": {"FunctionName": "fargatecount-prod-publish"}}}, new) == {"Own": ""}


@pytest.mark.parametrize("changed", [{"Name": "something else"}, {"Name": 5}, {"Guarded": "text"}, {"Days": [1]}])
def test_a_place_of_another_form_says_nothing(changed: dict[str, Any]) -> None:
    """A resource that was written otherwise is passed over."""
    found = recover_settings(old(**changed), NEW)
    assert set(found) == {"Days", "Prefix", "Guarded"} - (
        {"Prefix"} if "Name" in changed else {"Guarded"} if "Guarded" in changed else set()
    )


def test_a_list_that_became_longer_keeps_what_it_had() -> None:
    """Parts at the same place belong together, statements of the same name wherever they are."""
    new: dict[str, Any] = {"Parameters": {"Days": {}, "Name": {}}, "Conditions": {}, "Outputs": {}, "Resources": {}}
    new["Resources"] = {
        "A": {"Rules": [{"Days": {"Ref": "Days"}}, {}], "Statement": [{"Sid": "New"}, {"Sid": "Old", "Is": {"Ref": "Name"}}]}
    }
    deployed = {"Resources": {"A": {"Rules": [{"Days": 9}], "Statement": [{"Sid": "Old", "Is": "x"}]}}}
    assert recover_settings(deployed, new) == {"Days": "9", "Name": "x"}


def test_every_setting_of_release_0_1_0_is_found(template_of_this_release: dict[str, Any]) -> None:
    """A stack of 0.1.0 with every setting changed keeps each of them: no parameter of this release has to be named."""
    deployed = json.loads((RELEASES / "0.1.0-every-setting.json").read_text())
    found = recover_settings(deployed, template_of_this_release)
    assert set(found) | set(deployed["Parameters"]) == SETTINGS_OF_0_1_0
    assert found["DeletionProtection"] == "false"
    assert (found["Namespace"], found["MetricPrefix"], found["RolePath"], found["LogLevel"]) == ("Acme/Fargate", "acme", "/acme/", "DEBUG")
    assert (found["DriftBound"], found["LivenessMinutes"], found["BatchWindow"], found["Stage"]) == ("3", "2", "1", "prod")
