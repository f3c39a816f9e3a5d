"""Options that several commands share, so that they have one spelling, one help text and one parser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from fargatecount.matching import is_selected
from fargatecount.workload import Cluster

F = TypeVar("F", bound=Callable[..., Any])


_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")
"""In any partition: `aws`, `aws-cn`, `aws-us-gov` and others
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""


def check_role_arn(value: str) -> str:
    """Return a role's ARN; raises click.BadParameter if it is none, before AWS is called."""
    if not _ROLE_ARN.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no role ARN; enter it as arn:aws:iam::<account>:role/<name>")
    return value


def _role_arn(_context: Any, _parameter: Any, value: str | None) -> str | None:
    return value if value is None else check_role_arn(value)


def place(function: F) -> F:
    """Add the options that select the deployment: Region, profile, role, stage, stack."""
    for option in (
        click.option("--stack", envvar="FARGATECOUNT_STACK", help="CloudFormation stack; default: fargatecount-STAGE."),
        click.option("--stage", envvar="FARGATECOUNT_STAGE", default="prod", show_default=True, help="Stage that was deployed."),
        click.option("--table", envvar="FARGATECOUNT_TABLE", help="DynamoDB table, if the stack's outputs cannot be read."),
        click.option("--role-arn", callback=_role_arn, help="Role to assume first."),
        click.option("--profile", help="AWS profile."),
        click.option("--region", help="AWS Region; default: as the AWS CLI finds it."),
    ):
        function = option(function)
    return function


def stack(function: F) -> F:
    """Add the options that name a stack which may not exist yet: Region, profile, role, stage, stack."""
    for option in (
        click.option("--stack", envvar="FARGATECOUNT_STACK", help="CloudFormation stack; default: fargatecount-STAGE."),
        click.option("--stage", envvar="FARGATECOUNT_STAGE", default="prod", show_default=True, help="Name of the deployment."),
        click.option("--role-arn", callback=_role_arn, help="Role to assume first."),
        click.option("--profile", help="AWS profile."),
        click.option("--region", help="AWS Region; default: as the AWS CLI finds it."),
    ):
        function = option(function)
    return function


def clusters(function: F) -> F:
    """Add the option that selects clusters."""
    return click.option(
        "--cluster",
        "cluster_globs",
        multiple=True,
        metavar="GLOB",
        help="Only clusters whose name (web) or key (ECS-web) matches; may be repeated.",
    )(function)


def output(function: F) -> F:
    """Add the options that select the output format."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Short for -o json."),
        click.option("-o", "--output", "form", type=click.Choice(["table", "wide", "json", "csv"]), default="table", show_default=True),
    ):
        function = option(function)
    return function


def selector(globs: tuple[str, ...]) -> Callable[[Cluster], bool]:
    """Return a test for clusters that match any of `globs`, or for all if there are none."""
    return lambda cluster: is_selected(cluster, globs)
