"""The outputs of a deployed stack, and the deployments that exist where it is not found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import FargatecountError, MisconfiguredError

OURS = ("TableName", "TaskQueueUrl", "DeadLettersUrl")
"""Outputs that every version of serverless.yml has had, and that hardly any other stack has together."""


def stack_outputs(create: Callable[[str], Any], stack: str) -> dict[str, str]:
    """Return the outputs of a stack; `create` makes the client of a service.

    Raises:
        MisconfiguredError: there is no such stack in this account and Region.
        DeniedError, UnavailableError: CloudFormation refused or did not answer.
    """
    cloudformation = create("cloudformation")
    region = cloudformation.meta.region_name
    with aws_errors(f"reading stack {stack} in {region}"):
        try:
            (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            # CloudFormation's code for an invalid name, and for a name without a stack.
            if error.response.get("Error", {}).get("Code") == "ValidationError":
                raise _no_such_stack(create, cloudformation, stack) from error
            raise
    return _outputs(found)


def _no_such_stack(create: Callable[[str], Any], cloudformation: Any, stack: str) -> MisconfiguredError:
    region, owner, others = cloudformation.meta.region_name, "", []
    # Both only add to the error, and must not replace it.
    with suppress(FargatecountError), aws_errors("reading the caller's identity"):
        owner = f" of account {create('sts').get_caller_identity()['Account']}"
    with suppress(FargatecountError), aws_errors("listing the stacks"):
        pages = cloudformation.get_paginator("describe_stacks").paginate()
        others = [each["StackName"] for page in pages for each in page["Stacks"] if all(_outputs(each).get(name) for name in OURS)]
    if others:
        remedy = f"deployed there: {', '.join(sorted(others))}; name one with --stack (FARGATECOUNT_STACK)"
    else:
        remedy = (
            "deploy it (fargatecount deploy; in a checkout, make deploy), or check --region, --profile and --stage (FARGATECOUNT_STAGE);"
            " name one with another prefix with --stack (FARGATECOUNT_STACK)"
        )
    return MisconfiguredError(f"there is no stack {stack} in {region}{owner}", remedy=remedy)


def _outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
