"""The roll-out by the command line, with the functions of this checkout's template, to an organization in moto: one story, in order.

moto makes the functions from the code in the bucket of their Region, and refuses a bucket that is not there; it reads no conditions of a
policy, and knows neither the limits of names nor time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.awslambda.models import lambda_backends
from moto.cloudformation.models import cloudformation_backends

from fargatecount.cli.root import run
from tests.package.artefact import Artefact
from tests.support.organization import REGION, MotoOrganization
from tests.support.service_managed import ServiceManaged, service_managed
from tools.artifact import write

HUB = "arn:aws:events:eu-west-1:111111111111:event-bus/fargatecount-hub-prod"
SCP = "User: arn:aws:sts::1:assumed-role/stacksets-exec-1/x is not authorized with an explicit deny in a service control policy"
OTHER = "us-east-1"


class Story:
    """The organization, and the command line in its management account."""

    def __init__(self, world: ServiceManaged, capsys: pytest.CaptureFixture[str]) -> None:
        self.world = world
        self.organization = MotoOrganization()
        self.unit = self.organization.unit("Workloads")
        self.shop, self.data = (self.organization.account(name, self.unit) for name in ("shop-prod", "data-prod"))
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, dict[str, Any], str]:
        """Return the exit code, the document and what people read of a command."""
        self._capsys.readouterr()
        code = run(["organization", *arguments, "-o", "json"])
        printed = self._capsys.readouterr()
        return code, json.loads(printed.out) if printed.out else {}, printed.err

    def states(self, document: dict[str, Any]) -> dict[tuple[str, str], str]:
        return {(stack["account_name"], stack["region"]): stack["cause"] or stack["state"] for stack in document["stacks"]}


@pytest.fixture
def story(prod: Artefact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Story]:
    """Return an organization without a member."""
    write(functions_alone(prod.template.raw), prod.zip_file.read_bytes(), tmp_path / "artifact")
    given = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
    given |= {"FARGATECOUNT_ARTIFACT": str(tmp_path / "artifact"), "FARGATECOUNT_CONFIG": str(tmp_path / "config")}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with mock_aws(), service_managed() as world:
        yield Story(world, capsys)


def functions_alone(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template with its functions and what they refer to: moto takes half a second for a stack of all of it."""
    kinds = {"AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::IAM::Role", "AWS::DynamoDB::Table", "AWS::SQS::Queue"}
    named = {"ReportsBucket", "ServerlessDeploymentBucket", "ForwardUsage"}
    kept = {name: body for name, body in template["Resources"].items() if body["Type"] in kinds or name in named}
    return {**template, "Resources": kept, "Outputs": {}}


def functions(account: str, region: str) -> set[str]:
    return {function.function_name for function in lambda_backends[account][region].list_functions()}


def test_an_organization_is_rolled_out_to_grown_updated_mended_and_left(story: Story) -> None:
    """Create, a failing account, its repair, an account that joins, an update, and the end."""
    # moto reads no conditions of a bucket policy, so a denial without TLS would deny everything.
    roll_out = (
        "deploy",
        "--ou",
        "Root/Workloads",
        "--regions",
        f"{REGION},{OTHER}",
        "--set",
        f"hubBusArn={HUB}",
        "--set",
        "requireTls=false",
    )
    code, planned, _ = story.run(*roll_out, "--dry-run")
    assert (code, len(planned["plan"]["missing"]), planned["stacks"]) == (0, 4, [])
    assert cloudformation_backends[story.organization.management][REGION].stacksets == {}

    story.world.refusals[story.data, OTHER] = SCP
    code, found, said = story.run(*roll_out, "--yes")
    assert (code, found["complete"], found["hub_bus_arn"]) == (1, False, HUB)
    assert story.states(found) == {
        ("shop-prod", REGION): "current",
        ("shop-prod", OTHER): "current",
        ("data-prod", REGION): "current",
        ("data-prod", OTHER): "denied by a service control policy",
    }
    assert "let the policy except arn:aws:iam::*:role/stacksets-exec-*" in said
    # The name of a stack of a StackSet has 63 characters: with the function's that is more than Lambda takes.
    assert functions(story.shop, OTHER) == {f"fargatecount-prod-{name}" for name in ("task_changed", "reconcile", "publish", "archive")}
    assert functions(story.organization.management, REGION) == set()

    story.world.refusals.clear()
    joined = story.organization.account("new", story.unit)
    (stack_set,) = cloudformation_backends[story.organization.management][REGION].stacksets.values()
    story.world.settle(stack_set)
    assert functions(joined, REGION) == functions(story.shop, REGION)
    code, found, _ = story.run("deploy", "--yes")
    assert (code, found["complete"], len(found["stacks"])) == (0, True, 6)

    code, planned, said = story.run("upgrade", "--set", "retireDays=3", "--dry-run")
    assert (planned["plan"]["updates"], planned["plan"]["changed_settings"]) == (True, ["retireDays: 7 -> 3"])
    code, found, _ = story.run("upgrade", "--set", "retireDays=3", "--yes")
    assert (code, found["complete"]) == (0, True)
    assert stack_set.parameters["RetireDays"] == "3"
    environment = lambda_backends[joined][OTHER].get_function("fargatecount-prod-publish").environment_vars
    assert (environment["FARGATECOUNT_RETIRE_DAYS"], environment["FARGATECOUNT_HUB_BUS_ARN"]) == (3, HUB)
    assert "nothing to do" in story.run("upgrade", "--yes")[2]

    code, found, said = story.run("remove", "--regions", OTHER, "--yes")
    assert (code, found["stacks"]) == (0, [])
    assert functions(joined, OTHER) == set()
    code, found, _ = story.run("status")
    assert set(story.states(found)) == {(name, REGION) for name in ("shop-prod", "data-prod", "new")}
    assert story.run("remove", "--yes")[0] == 0
    assert story.run("status")[0] == 2
    assert functions(joined, REGION) == set()


def _nothing(_story: Story) -> None:
    """Leave everything as it is."""


def _untrusted(story: Story) -> None:
    """Let Organizations not trust CloudFormation."""
    story.world.trusted = False


@pytest.mark.parametrize(
    ("prepare", "arguments", "message"),
    [
        (_nothing, ("--ou", "Root/Workloads", "--regions", REGION), "no hub is known for the members of stage prod"),
        (_nothing, ("--set", f"hubBusArn={HUB}"), "the first roll-out needs --ou and --regions"),
        (_nothing, ("--ou", "Root/Workload", "--regions", REGION), "did you mean Root/Workloads?"),
        (_untrusted, ("--ou", "Root/Workloads", "--regions", REGION), "aws cloudformation activate-organizations-access"),
    ],
    ids=["no hub", "no unit", "a misspelled unit", "no trust"],
)
def test_what_is_missing_is_named_before_anything_is_made(
    story: Story, prepare: Callable[[Story], None], arguments: tuple[str, ...], message: str
) -> None:
    """Exit code 2, and neither bucket nor StackSet."""
    prepare(story)
    code, document, said = story.run("deploy", "--yes", *arguments)
    assert code == 2
    assert message in said + json.dumps(document)
    assert story.organization.s3(REGION).list_buckets()["Buckets"] == []


def test_the_names_in_a_stack_of_a_stack_set_are_short_enough(prod: Artefact) -> None:
    """Lambda takes 64 characters: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html."""
    prefix = prod.template.raw["Parameters"]["FunctionPrefix"]
    longest = max(len(name) for name in ("-task_changed", "-reconcile", "-publish", "-archive"))
    assert f"{{0,{64 - longest}}}" in prefix["AllowedPattern"]
