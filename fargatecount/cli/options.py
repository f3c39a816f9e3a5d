"""Options that several commands share, so that they have one spelling, one help text and one parser."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from fargatecount.cli.config_file import apply_config
from fargatecount.matching import did_you_mean, is_selected
from fargatecount.workload import Cluster

F = TypeVar("F", bound=Callable[..., Any])

FORMS = ("table", "wide", "json", "csv")
"""Output formats."""


class SuggestingChoice(click.Choice[str]):
    """A choice that names the closest word if the user misspelled one."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Return click's message, and the closest word."""
        return super().get_invalid_choice_message(value, ctx).rstrip(".") + did_you_mean(str(value), map(str, self.choices))


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


def _apply_config(context: click.Context, _parameter: Any, value: str | None) -> None:
    if not context.resilient_parsing:
        apply_config(value)


def deployment(function: F) -> F:
    """Add the option that selects a deployment of the configuration file; it also applies the file."""
    return click.option(
        "--deployment",
        metavar="NAME",
        is_eager=True,
        expose_value=False,
        callback=_apply_config,
        help="Deployment of the configuration file (`fargatecount config`).",
    )(function)


def place(function: F) -> F:
    """Add the options that select the deployment: Region, profile, role, stage, stack."""
    for option in (
        deployment,
        click.option("--stack", envvar="FARGATECOUNT_STACK", help="CloudFormation stack; default: fargatecount-STAGE."),
        click.option("--stage", envvar="FARGATECOUNT_STAGE", default="prod", show_default=True, help="Stage that was deployed."),
        click.option("--table", envvar="FARGATECOUNT_TABLE", help="DynamoDB table, if the stack's outputs cannot be read."),
        click.option("--role-arn", envvar="FARGATECOUNT_ROLE_ARN", callback=_role_arn, help="Role to assume first."),
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


def administration(function: F) -> F:
    """Add the options that select the account and Region from which an organization is administered, and the stage."""
    for option in (
        deployment,
        click.option("--stage", envvar="FARGATECOUNT_STAGE", default="prod", show_default=True, help="Name of the deployment."),
        click.option("--role-arn", envvar="FARGATECOUNT_ROLE_ARN", callback=_role_arn, help="Role to assume first."),
        click.option("--profile", help="AWS profile."),
        click.option("--region", help="AWS Region of the StackSet and the hub; default: as the AWS CLI finds it."),
    ):
        function = option(function)
    return function


def hub(function: F) -> F:
    """Add the flag that means the hub of an organization instead of a deployment that counts."""
    return click.option("--hub", is_flag=True, help="The hub of an organization (docs/organization.md): stack fargatecount-hub-STAGE.")(
        function
    )


def clusters(function: F) -> F:
    """Add the option that selects clusters."""
    return click.option(
        "--cluster",
        "cluster_globs",
        multiple=True,
        metavar="GLOB",
        help="Only clusters whose name (web) or key (ECS-web) matches; may be repeated.",
    )(function)


def organization(function: F) -> F:
    """Add the options that select among the accounts and Regions of an organization."""
    for option in (
        click.option("--hub-region", help="Region of the hub; default: as the AWS CLI finds it. With --organization."),
        click.option("--ou", "units", multiple=True, help="Only accounts in this organizational unit: its id or path; may be repeated."),
        click.option("--account", "accounts", multiple=True, help="Only this account: its id or name; may be repeated."),
        click.option("--organization", is_flag=True, help="Show every account and Region that reports to the hub; --region then selects."),
    ):
        function = option(function)
    return function


CENSUS_ROLE = "fargatecount-census"


def census(function: F) -> F:
    """Add the options of a count of every account of an organization."""
    for option in (
        click.option("--fresh", "is_fresh", is_flag=True, help="Do not go on with an interrupted count of the organization."),
        click.option(
            "--state",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Keep what was counted in FILE until all of it is; default: a file in the user's cache directory.",
        ),
        click.option(
            "--external-id",
            envvar="FARGATECOUNT_EXTERNAL_ID",
            default="",
            help="External id that the role in each account asks for.",
        ),
        click.option("--role-name", metavar="NAME", help=f"Read-only role in each account; default: {CENSUS_ROLE}. With --organization."),
        click.option("--ou", "units", multiple=True, help="Only accounts in this organizational unit: its id or path; may be repeated."),
        click.option("--account", "accounts", multiple=True, help="Only this account: its id or name; may be repeated."),
        click.option("--organization", is_flag=True, help="Count every account of AWS Organizations by a read-only role."),
    ):
        function = option(function)
    return function


def is_given(census: Mapping[str, Any]) -> bool:
    """Return whether any option of `census` was given, but for an external id that may stand in the environment."""
    return any(value for name, value in census.items() if name != "external_id")


def output(function: F) -> F:
    """Add the options that select the output format."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Short for -o json."),
        click.option(
            "-o",
            "--output",
            "form",
            envvar="FARGATECOUNT_OUTPUT",
            type=SuggestingChoice(FORMS),
            default="table",
            show_default=True,
            help="Format of the answer.",
        ),
    ):
        function = option(function)
    return function


def selector(globs: tuple[str, ...]) -> Callable[[Cluster], bool]:
    """Return a test for clusters that match any of `globs`, or for all if there are none."""
    return lambda cluster: is_selected(cluster, globs)
