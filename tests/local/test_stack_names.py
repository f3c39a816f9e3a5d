"""Names that CloudFormation makes, in several accounts and Regions of the emulator."""

from __future__ import annotations

import json
from typing import Any

import boto3

from local.stack import Stack

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
TEMPLATE = {
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        "Queue": {"Type": "AWS::SQS::Queue"},
    }
}


def names(stack: Stack, account: str, region: str) -> dict[str, str]:
    """Deploy the template and return the physical name of each resource."""
    session = boto3.Session(aws_access_key_id=account, aws_secret_access_key="test", region_name=region)
    cloudformation: Any = session.client("cloudformation", endpoint_url=stack.endpoint)
    cloudformation.create_stack(StackName="named", TemplateBody=json.dumps(TEMPLATE), Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName="named", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    found = cloudformation.describe_stack_resources(StackName="named")["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"].rpartition("/")[2] for each in found}


def test_one_stack_in_two_regions_has_roles_of_different_names(stack: Stack) -> None:
    """An account has one namespace of roles: the second Region must not replace the roles of the first."""
    first, second = names(stack, "111111111111", "eu-west-1"), names(stack, "111111111111", "us-east-1")
    assert first["Role"] != second["Role"]
    assert first["Queue"] != second["Queue"]


def test_a_name_begins_with_its_stack_and_logical_id(stack: Stack) -> None:
    """As on AWS, so that people recognize it."""
    found = names(stack, "222222222222", "eu-west-1")
    assert found["Role"].startswith("named-Role-")
