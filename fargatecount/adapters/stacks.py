"""The outputs of a deployed stack, and the deployments that exist where it is not found."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import FargatecountError, MisconfiguredError

OURS = ("TableName", "TaskQueueUrl", "DeadLettersUrl")
"""Outputs that every version of serverless.yml has had, and that hardly any other stack has together."""

UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""The end of the name that a StackSet gives a stack
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html)."""


def stack_outputs(create: Callable[[str], Any], stack: str) -> dict[str, str]:
    """Return the outputs of a stack; errors as for `find_stack`."""
    return find_stack(create, stack)[1]


def find_stack(create: Callable[[str], Any], stack: str) -> tuple[str, dict[str, str]]:
    """Return the name and the outputs of a stack, or of the one that the StackSet of that name made.

    `create` makes the client of a service.

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
            if error.response.get("Error", {}).get("Code") != "ValidationError":
                raise
            others = _deployments(cloudformation)
            rolled_out = [name for name in others if re.fullmatch(f"StackSet-{re.escape(stack)}-{UUID}", name)]
            if len(rolled_out) != 1:
                raise _no_such_stack(create, cloudformation, stack, others) from error
            return rolled_out[0], others[rolled_out[0]]
    return stack, _outputs(found)


def _deployments(cloudformation: Any) -> dict[str, dict[str, str]]:
    """Return the outputs of our stacks by name; none where they cannot be listed, which the error about the missing one does not need."""
    with suppress(FargatecountError), aws_errors("listing the stacks"):
        pages = cloudformation.get_paginator("describe_stacks").paginate()
        found = {each["StackName"]: _outputs(each) for page in pages for each in page["Stacks"]}
        return {name: outputs for name, outputs in found.items() if all(outputs.get(output) for output in OURS)}
    return {}


def _no_such_stack(create: Callable[[str], Any], cloudformation: Any, stack: str, others: Collection[str]) -> MisconfiguredError:
    region, owner = cloudformation.meta.region_name, ""
    # It only adds to the error, and must not replace it.
    with suppress(FargatecountError), aws_errors("reading the caller's identity"):
        owner = f" of account {create('sts').get_caller_identity()['Account']}"
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
