"""The outputs of a deployed stack, and the error where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import boto3
import pytest
from moto import mock_aws

from fargatecount.adapters.stacks import OURS, find_stack, stack_outputs
from fargatecount.bootstrap.watcher import watcher_ports
from fargatecount.errors import DeniedError, MisconfiguredError
from tests.cli.refusing import refusing
from tests.support.builders import SCOPE

Create = Callable[[str], Any]
CREDENTIALS: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture(scope="module")
def create() -> Iterator[Create]:
    """Return a client factory of an account with a deployment of another prefix and an unrelated stack."""
    with mock_aws():
        make: Create = partial(boto3.client, region_name=SCOPE.region, **CREDENTIALS)
        stacks = {"acme-fargate-prod": {name: f"its {name}" for name in OURS}, "shop": {"TableName": "of the shop"}}
        for name, outputs in stacks.items():
            template = {
                "Resources": {"Some": {"Type": "AWS::SQS::Queue"}},
                "Outputs": {key: {"Value": value} for key, value in outputs.items()},
            }
            make("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
        yield make


def test_outputs_are_read_by_name(create: Create) -> None:
    """All outputs are returned unchanged."""
    assert stack_outputs(create, "shop") == {"TableName": "of the shop"}


def test_where_there_is_none_the_deployments_that_there_are_are_named(create: Create) -> None:
    """The error names our own stacks only, and the place that was searched."""
    with pytest.raises(
        MisconfiguredError, match=f"there is no stack fargatecount-prod in {SCOPE.region} of account {SCOPE.account}"
    ) as caught:
        stack_outputs(create, "fargatecount-prod")
    assert caught.value.remedy == "deployed there: acme-fargate-prod; name one with --stack (FARGATECOUNT_STACK)"


def test_the_stack_of_a_stack_set_is_found_by_the_name_of_the_set(create: Create) -> None:
    """Its own name ends with a UUID that only AWS knows."""
    name = "StackSet-fargatecount-test-0f8fad5b-d9cb-469f-a165-70867728950e"
    template = {"Resources": {"Some": {"Type": "AWS::SQS::Queue"}}, "Outputs": {key: {"Value": key} for key in OURS}}
    create("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    try:
        assert find_stack(create, "fargatecount-test") == (name, {key: key for key in OURS})
        with pytest.raises(MisconfiguredError):
            find_stack(create, "fargatecount")
    finally:
        create("cloudformation").delete_stack(StackName=name)


def test_whoever_may_not_look_around_gets_the_same_error() -> None:
    """If the account and its other stacks cannot be read, the error still names the missing stack."""
    with refusing("ValidationError", status=400) as url:
        create = partial(boto3.client, region_name=SCOPE.region, endpoint_url=url, **CREDENTIALS)
        with pytest.raises(MisconfiguredError) as caught:
            stack_outputs(create, "fargatecount-prod")
    assert str(caught.value) == f"there is no stack fargatecount-prod in {SCOPE.region}"
    assert "make deploy" in caught.value.remedy


def test_a_stack_that_may_not_be_read_is_not_said_to_be_missing() -> None:
    """The error names the refused operation."""
    with refusing("AccessDenied") as url:
        create = partial(boto3.client, region_name=SCOPE.region, endpoint_url=url, **CREDENTIALS)
        with pytest.raises(DeniedError, match=f"reading stack fargatecount-prod in {SCOPE.region}: AccessDenied"):
            stack_outputs(create, "fargatecount-prod")


@pytest.mark.usefixtures("create")
def test_a_watcher_finds_its_table_by_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack is found by the name in its environment, as the command line does it."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name.upper(), value)
    found = watcher_ports(region=SCOPE.region, environment={"FARGATECOUNT_STACK": "acme-fargate-prod", "FARGATECOUNT_STAGE": "test"})
    assert found.table == "its TableName"
