"""A deployment from its plan to its end, on a CloudFormation with a memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.stack.artifact import Artifact, Manifest, open_artifact
from fargatecount.stack.deploy import apply_plan, plan_deployment
from fargatecount.stack.progress import REMEDIES, StackState, check_deployable, follow, remedy_for
from tests.support.fake_stacks import FakeStacks
from tests.support.fakes import FakeClock

NAME = "fargatecount-prod"


@pytest.fixture
def artifact(template_of_this_release: dict[str, Any]) -> Artifact:
    """This release."""
    return Artifact(version="9.9.9", template=json.dumps(template_of_this_release).encode(), code=b"zip")


def deployed(artifact: Artifact, **given: str) -> FakeStacks:
    stacks = FakeStacks()
    plan = plan_deployment(stacks, artifact, NAME, given, stage="prod")
    assert apply_plan(stacks, artifact, plan, FakeClock(), lambda _: None).succeeded
    return stacks


def test_the_plan_of_a_new_stack_touches_nothing(artifact: Artifact) -> None:
    """A caller who says no has nothing in AWS."""
    stacks = FakeStacks()
    plan = plan_deployment(stacks, artifact, NAME, {"Armed": "true"}, stage="prod")
    assert (plan.exists, plan.changed_settings) == (False, ["armed: false -> true"])
    assert (stacks.deployed, stacks.objects) == (None, {})


def test_a_new_stack_gets_its_bucket_then_the_code_then_the_rest(artifact: Artifact) -> None:
    """As osls does it, with the same tags, so that osls can go on."""
    stacks = deployed(artifact, Armed="true")
    assert stacks.tags == {"STAGE": "prod", "application": "fargatecount"}
    assert stacks.objects[artifact.code_key] == b"zip"
    assert stacks.deployed == artifact.document
    assert stacks.parameters["Armed"] == "true"


def test_a_later_deployment_keeps_what_is_set(artifact: Artifact) -> None:
    """Only the named setting changes."""
    stacks = deployed(artifact, Armed="true", Detail="service")
    plan = plan_deployment(stacks, artifact, NAME, {"Detail": "total"}, stage="prod")
    assert plan.changed_settings == ["detail: service -> total"]
    apply_plan(stacks, artifact, plan, FakeClock(), lambda _: None)
    assert (stacks.parameters["Armed"], stacks.parameters["Detail"]) == ("true", "total")


def test_a_deployment_that_was_interrupted_after_the_bucket_goes_on(artifact: Artifact) -> None:
    """A stack with its bucket alone counts as new, and is not created again."""
    stacks = FakeStacks()
    bucket = {"Outputs": {"ServerlessDeploymentBucketName": {"Value": "bucket"}}, "Resources": {}}
    stacks.deployed, stacks.status = bucket, "CREATE_COMPLETE"
    plan = plan_deployment(stacks, artifact, NAME, {}, stage="prod")
    assert not plan.exists
    assert apply_plan(stacks, artifact, plan, FakeClock(), lambda _: None).succeeded


def test_an_upgrade_needs_a_stack(artifact: Artifact) -> None:
    """A mistyped stage creates nothing."""
    with pytest.raises(MisconfiguredError, match="there is no stack fargatecount-prod to upgrade"):
        plan_deployment(FakeStacks(), artifact, NAME, {}, stage="prod", must_exist=True)


def test_a_foreign_stack_is_left_alone(artifact: Artifact) -> None:
    """A stack of that name without a ledger belongs to something else."""
    stacks = FakeStacks()
    stacks.deployed, stacks.status = {"Resources": {}, "Outputs": {"Url": {"Value": "x"}}}, "CREATE_COMPLETE"
    with pytest.raises(MisconfiguredError, match="is no deployment that counts"):
        plan_deployment(stacks, artifact, NAME, {}, stage="prod")
    assert stacks.objects == {}


def test_a_change_that_would_replace_the_table_is_refused_and_discarded(artifact: Artifact) -> None:
    """Nothing is executed, and no change set stays behind for someone else to execute."""
    stacks = deployed(artifact)
    stacks.listed = (
        {
            "ResourceChange": {
                "Action": "Modify",
                "LogicalResourceId": "Table",
                "ResourceType": "AWS::DynamoDB::Table",
                "Replacement": "True",
            }
        },
    )
    with pytest.raises(MisconfiguredError, match=r"lose data.*\(Table\) would be replaced"):
        plan_deployment(stacks, artifact, NAME, {}, stage="prod")
    assert stacks.discarded == ["cs"]


def test_a_failed_deployment_names_its_causes_and_not_their_consequences(artifact: Artifact) -> None:
    """CloudFormation gives up the others when one has failed: they are no cause."""
    stacks = deployed(artifact)
    stacks.breaks = "User is not authorized to perform: cloudwatch:PutDashboard"
    plan = plan_deployment(stacks, artifact, NAME, {}, stage="prod")
    outcome = apply_plan(stacks, artifact, plan, FakeClock(), lambda _: None)
    assert not outcome.succeeded
    assert [event.name for event in outcome.failures] == ["Dashboard"]


def test_a_deletion_ends_when_the_stack_is_gone(artifact: Artifact) -> None:
    """A stack that is gone is no error there."""
    stacks = deployed(artifact)
    stacks.delete(NAME)
    assert follow(stacks, NAME, FakeClock(), lambda _: None, gone_is_done=True) == (None, [])


@pytest.mark.parametrize(
    "status", ["UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_IN_PROGRESS"]
)
def test_a_stack_that_cannot_be_changed_now_says_what_comes_first(status: str) -> None:
    """Each such state has its remedy."""
    with pytest.raises(MisconfiguredError, match=status) as refused:
        check_deployable(StackState(name=NAME, status=status))
    assert refused.value.remedy


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_at_rest_can_be_changed(status: str) -> None:
    """Also after a deployment that was rolled back."""
    check_deployable(StackState(name=NAME, status=status))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("fargatecount-prod-publish already exists in stack arn:aws:…", "--stage"),
        ("User: arn:aws:iam::1:user/x is not authorized to perform: iam:CreateRole", "lack a permission"),
        ("The provided subnet subnet-1 does not exist", "vpcSubnetIds"),
        ("something that no one has seen", "correct what the message names"),
    ],
)
def test_a_failure_has_its_remedy(reason: str, words: str) -> None:
    """What AWS says decides what helps."""
    assert words in remedy_for(reason)
    assert all(remedy for _, remedy in REMEDIES)


def test_damaged_files_are_not_deployed() -> None:
    """The manifest has the checksums; a file with other bytes, or none, is refused."""
    manifest = Manifest(version="9.9.9", files={"template.json": "0" * 64, "function.zip": "0" * 64})
    for files in ({}, {"template.json": b"{}", "function.zip": b""}):
        with pytest.raises(MisconfiguredError, match=r"of this installation is not the one of release 9\.9\.9"):
            open_artifact(json.dumps({"version": manifest.version, "files": dict(manifest.files)}).encode(), files)
