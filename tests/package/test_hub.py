"""The template of a hub: its settings, its two doors, and what its functions may do."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fargatecount.organization.points import ORGANIZATION_METRICS, SCOPE_UTILIZATION
from fargatecount.organization.scopes import SILENT_AFTER
from fargatecount.settings.hub import HubSettings
from tests.package.artefact import ROOT, Artefact, package
from tests.package.conftest import BOUNDARY
from tests.package.template import logical_id
from tests.package.test_settings import POWERTOOLS
from tools.iam_policies import of_template
from tools.iam_reference import mismatches, references
from tools.settings_page import HUB, declared

PARAMETERS = declared(HUB)["Parameters"]
ORGANIZATION = "o-a1b2c3d4e5"
URL = "FARGATECOUNT_HUB_DEAD_LETTERS_URL"
OPTIONS = (
    f"organizationId={ORGANIZATION}",
    "useOrganizations=true",
    "armed=true",
    f"permissionsBoundary={BOUNDARY}",
    "rolePath=/acme/",
    "email=platform@example.com",
)


@pytest.fixture(scope="session")
def armed_hub(shared_directory: Path) -> Artefact:
    """The hub of an organization, armed."""
    return package(shared_directory, "hub-armed", "prod", OPTIONS, config="serverless.hub.yml")


def section(lines: list[str], head: str) -> list[str]:
    """Return the lines under a heading, as far as they are indented deeper."""
    start = lines.index(head) + 1
    deeper = " " * (len(head) - len(head.lstrip()) + 1)
    end = next((at for at in range(start, len(lines)) if lines[at].strip() and not lines[at].startswith(deeper)), len(lines))
    return lines[start:end]


def environments(artefact: Artefact) -> list[dict[str, Any]]:
    return [function["Environment"]["Variables"] for function in artefact.template.of_type("AWS::Lambda::Function").values()]


@pytest.mark.parametrize("linter", sorted(references()))
def test_every_statement_names_resources_of_its_actions(armed_hub: Artefact, linter: str) -> None:
    """A resource that an action does not have grants nothing: AWS then denies the call."""
    found = list(of_template(armed_hub.template.raw))
    assert {one.holder for one in found} == {"UsageReceivedRole", "OrganizationRole"}
    assert list(mismatches(found, references()[linter])) == []


def test_functions_get_exactly_the_variables_that_settings_read(hub: Artefact, armed_hub: Artefact) -> None:
    """No variable is missing and none is unread; two more are Powertools' own."""
    for artefact in (hub, armed_hub):
        assert len(environments(artefact)) == 2
        for variables in environments(artefact):
            assert set(variables) == HubSettings.variables() | POWERTOOLS


def test_the_default_of_silence_is_the_same_everywhere(hub: Artefact) -> None:
    """In the template, in the settings of the functions, and where a hub of an older template says nothing."""
    default = HubSettings.from_env({name: "arn" for name in HubSettings.variables() if "TABLE" in name} | {URL: "https://example.com/q"})
    deployed = {variables["FARGATECOUNT_SILENT_SECONDS"] for variables in environments(hub)}
    assert ({str(default.silent_seconds)}, default.silent_after) == (set(map(str, deployed)), SILENT_AFTER)


def test_every_setting_says_what_it_is_and_is_used() -> None:
    """Each stands under a comment of its own, and none is without effect."""
    text = (ROOT / "serverless.hub.yml").read_text()
    lines = section(text.splitlines(), "params:")
    settings = [(above, line) for above, line in pairwise(lines) if re.match(r"    \w+:", line)]
    assert not [line.strip() for above, line in settings if not above.startswith("    # ")]
    texts = [text, *(file.read_text() for file in (ROOT / "infra" / "hub").glob("*.yml") if file.name != "parameters.yml")]
    written = {match[1] for line in section(lines, "  default:") if (match := re.match(r"    (\w+):", line))}
    assert {name[0].lower() + name[1:] for name in PARAMETERS} == written - {"prefix", "tags"} | {"stage"}
    assert [name for name in PARAMETERS if not any(re.search(rf"!Ref {name}\b|\$\{{{name}\}}", one) for one in texts)] == []


def test_every_parameter_says_what_it_accepts_and_has_its_place_in_the_console() -> None:
    """As those of a member; those of the same name accept the same, so that a value means the same in both."""
    interface = declared(HUB)["Metadata"]["AWS::CloudFormation::Interface"]
    assert sorted(name for group in interface["ParameterGroups"] for name in group["Parameters"]) == sorted(PARAMETERS)
    assert set(interface["ParameterLabels"]) == set(PARAMETERS)
    for name, body in PARAMETERS.items():
        assert body["Description"].endswith("."), name
        assert body["ConstraintDescription"], name
        member = declared()["Parameters"].get(name)
        if member and name not in {"BatchSize", "LivenessMinutes"}:
            form = ("Type", "AllowedValues", "AllowedPattern", "MinValue", "MaxValue")
            assert {key: body.get(key) for key in form} == {key: member.get(key) for key in form}, name


def test_every_setting_is_on_the_page() -> None:
    """With the text that the console shows."""
    page = (ROOT / "docs" / "organization.md").read_text()
    rows = {f"| `{name[0].lower()}{name[1:]}` |": body["Description"] for name, body in PARAMETERS.items() if name != "Stage"}
    assert [row for row, text in rows.items() if not any(line.startswith(row) and text in line for line in page.splitlines())] == []


def test_the_template_fits_any_stack(hub: Artefact) -> None:
    """It names neither a stack, an account, a Region nor a stage, but where osls puts the code."""
    text = json.dumps(
        {name: {**body, "Properties": {**body["Properties"], "Code": None}} for name, body in hub.template.raw["Resources"].items()}
    )
    assert [word for word in ("fargatecount-hub-prod", "us-east-1", "arn:aws:", "fargatecount-hub") if word in text] == []


def test_hub_and_members_run_the_same_code(hub: Artefact, prod: Artefact) -> None:
    """One zip serves both, so a release carries one."""
    assert hub.names == prod.names


def test_without_an_organization_no_other_account_may_put_an_event(hub: Artefact) -> None:
    """The bus has no policy then, so that only the hub's own account reaches it."""
    assert hub.template.of_type("AWS::Events::EventBusPolicy") == {}


def test_only_usage_events_of_the_organization_enter(armed_hub: Artefact) -> None:
    """By the organization of the sender, the source and the type of the event; for any account in it, so the principal is everybody."""
    policy = armed_hub.template.only("AWS::Events::EventBusPolicy")
    assert policy["Statement"]["Principal"] == "*"
    assert policy["Statement"]["Action"] == "events:PutEvents"
    assert policy["Statement"]["Condition"] == {
        "StringEquals": {
            "aws:PrincipalOrgID": ORGANIZATION,
            "events:source": "fargatecount",
            "events:detail-type": "Fargate Usage",
        }
    }


def test_the_hub_reads_organizations_only_if_told_so(hub: Artefact, armed_hub: Artefact) -> None:
    """And then it only lists."""

    def granted(artefact: Artefact) -> set[str]:
        return {action for one in artefact.template.statements() if one.allows for action in one.actions if "organizations:" in action}

    assert granted(hub) == set()
    assert granted(armed_hub) == {
        "organizations:ListRoots",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
    }


def test_unarmed_there_is_no_topic_no_alarm_and_no_right_to_either(hub: Artefact) -> None:
    """Nothing that costs or sends."""
    kinds = {body["Type"] for body in hub.template.resources.values()}
    assert not {kind for kind in kinds if "SNS" in kind or "CloudWatch" in kind or "KMS" in kind}
    actions = {action for one in hub.template.statements() for action in one.actions}
    assert not actions & {"sns:Publish", "cloudwatch:PutMetricData"}


def test_only_the_alarm_on_trust_sends_a_message(armed_hub: Artefact) -> None:
    """A breach is announced by the function, once: an alarm with an action would be a second message."""
    simple = armed_hub.template.of_type("AWS::CloudWatch::Alarm")
    assert len(simple) == 6
    assert [name for name, alarm in simple.items() if alarm.get("AlarmActions")] == []
    composite = armed_hub.template.only("AWS::CloudWatch::CompositeAlarm")
    assert [logical_id(action) for action in composite["AlarmActions"]] == ["Topic"]


def test_alarms_watch_metrics_that_the_hub_puts(armed_hub: Artefact) -> None:
    """By name; the query's dimensions are those of the metric."""
    names = {metric.name("fargate") for metric in ORGANIZATION_METRICS}
    for name, alarm in armed_hub.template.of_type("AWS::CloudWatch::Alarm").items():
        if "Metrics" in alarm:
            (query,) = alarm["Metrics"]
            assert 'SELECT MAX("fargate-vcpu-utilization") FROM SCHEMA("Fargate Stats", account, region)' in query["Expression"]
        elif alarm["Namespace"] != "AWS/SQS":
            assert alarm["MetricName"] in names, name


def test_the_dashboard_shows_every_alarm_and_only_metrics_that_there_are(armed_hub: Artefact) -> None:
    """Each metric of the organization is on it, but for the one that only the alarm on liveness needs."""
    body = armed_hub.template.raw["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    filled = re.sub(r"\$\{(\w+)\.Arn\}", r"\1", body).replace("${!", "{").replace("${MetricPrefix}", "fargate")
    widgets = json.loads(re.sub(r"\$\{\w+Percent\}", "1", filled))["widgets"]
    (alarms,) = (widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm")
    kinds = {name: each["Type"] for name, each in armed_hub.template.raw["Resources"].items()}
    assert sorted(alarms) == sorted(name for name, kind in kinds.items() if kind.startswith("AWS::CloudWatch") and kind.endswith("Alarm"))
    shown = {
        line[1]
        for widget in widgets
        for line in widget["properties"].get("metrics", ())
        if isinstance(line[0], str) and "SQS" not in line[0]
    }
    assert shown == {metric.name("fargate") for metric in ORGANIZATION_METRICS if not metric.dimensions} - {
        "fargate-organization-published"
    }
    assert f'MetricName=\\"{SCOPE_UTILIZATION.name("fargate")}' in filled
    spots = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(spots)) == len(spots)


def test_roles_have_path_and_boundary_and_name_what_they_reach(armed_hub: Artefact) -> None:
    """`*` only where AWS knows no resource."""
    for role in armed_hub.template.of_type("AWS::IAM::Role").values():
        assert (role["Path"], role["PermissionsBoundary"]) == ("/acme/", BOUNDARY)
        assert "RoleName" not in role
    star = {
        action
        for one in armed_hub.template.statements()
        if one.allows and one.holder.endswith("Role") and "Resource" in one.body and "*" in one.resources
        for action in one.actions
    }
    assert {action for action in star if not action.startswith("organizations:")} == {"cloudwatch:PutMetricData"}


def test_the_receiver_writes_reports_and_breaches_and_lists_nothing(armed_hub: Artefact) -> None:
    """It handles input from other accounts, so it may do the least."""
    found = {action for one in armed_hub.template.statements() if one.holder == "UsageReceivedRole" for action in one.actions}
    assert found == {
        "sts:AssumeRole",
        *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage"),
        *("dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:DeleteItem"),
        *("sns:Publish", "kms:Decrypt", "kms:GenerateDataKey"),
        *("logs:CreateLogStream", "logs:PutLogEvents"),
    }
