"""A deployed stack of an older release becomes this one in place: every resource stays the one that it was."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack

NAME = "fargatecount-local"
RELEASES = Path(__file__).resolve().parents[1] / "cases" / "releases"
BUCKET = ("ServerlessDeploymentBucket", "ServerlessDeploymentBucketPolicy")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Stack]:
    """Return an embedded AWS without a deployment."""
    with Stack(tmp_path / "aws") as running:
        yield running


def release(version: str) -> dict[str, Any]:
    """Return the template that a release deployed for the stage of the embedded AWS."""
    found: dict[str, Any] = json.loads((RELEASES / f"{version}.json").read_text())
    return found


def deploy_release(stack: Stack, template: dict[str, Any]) -> None:
    """Deploy as osls did: first the bucket alone, then everything, with the code in that bucket. The code does nothing."""
    cloudformation, s3 = stack.client("cloudformation"), stack.client("s3")
    core = {"Resources": {name: template["Resources"][name] for name in BUCKET}}
    cloudformation.create_stack(StackName=NAME, TemplateBody=json.dumps(core))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})
    bucket = physical_ids(stack)["ServerlessDeploymentBucket"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        for name in ("task_changed", "reconcile", "publish"):
            archive.writestr(f"handlers/{name}.py", "def handler(event, context):\n    return None\n")
    s3.put_object(Bucket=bucket, Key=template["Resources"]["PublishLambdaFunction"]["Properties"]["Code"]["S3Key"], Body=code.getvalue())
    s3.put_object(Bucket=bucket, Key="template.json", Body=json.dumps(template))
    cloudformation.update_stack(
        StackName=NAME, TemplateURL=f"{stack.endpoint}/{bucket}/template.json", Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
    )
    cloudformation.get_waiter("stack_update_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})


def physical_ids(stack: Stack) -> dict[str, str]:
    """Return what each resource of the stack is called in AWS."""
    pages = stack.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=NAME)
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for page in pages for one in page["StackResourceSummaries"]}


def outputs(stack: Stack) -> dict[str, str]:
    """Return the outputs of the stack."""
    (found,) = stack.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}


def test_a_deployment_over_0_1_0_replaces_nothing(alone: Stack) -> None:
    """Every resource of a stack of 0.1.0 keeps its physical id under `osls deploy`, and every output its value but the version."""
    deploy_release(alone, release("0.1.0"))
    before, said = physical_ids(alone), outputs(alone)
    alone.deploy()
    assert physical_ids(alone).items() >= before.items()
    assert outputs(alone).items() >= {name: value for name, value in said.items() if name != "Version"}.items()
