"""Bootstrap of `fargatecount deploy`, `upgrade`, `destroy` and `init`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from fargatecount.adapters.artifact_files import installed_artifact
from fargatecount.adapters.cloudformation import CloudFormationStacks
from fargatecount.adapters.sessions import aws_errors
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.commands.organization import hub_stack_of
from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.stack.artifact import HUB_TEMPLATE, TEMPLATE, Artifact
from fargatecount.stack.first_steps import FirstPass
from fargatecount.stack.progress import Stacks
from fargatecount.usage.status import scope_usage


@dataclass(frozen=True)
class DeployPorts:
    """CloudFormation of the account and Region."""

    stacks: Stacks


def deploy_ports(connection: Connection) -> DeployPorts:
    """Build the ports."""
    return DeployPorts(CloudFormationStacks(connection.client, connection.clock.sleep))


def artifact(*, hub: bool = False) -> Artifact:
    """Return what this installation deploys, for a hub its template; raises MisconfiguredError if it carries nothing."""
    return installed_artifact(template=HUB_TEMPLATE if hub else TEMPLATE)


def stack_to_deploy(stack: str | None, stage: str, *, hub: bool) -> str | None:
    """Return the stack that is named, else that of a hub's stage; None for that of the stage."""
    return stack or (hub_stack_of(stage) if hub else None)


def refuse_stack_of_stack_set(connection: Connection, stacks: Stacks) -> None:
    """Do nothing unless a StackSet has made the stack of this account and Region, which it would change back.

    Raises:
        MisconfiguredError: it has; the remedy is the command for all members.
    """
    if stacks.state(connection.stack) is not None:
        return
    with suppress(FargatecountError):
        connection.outputs()
    if connection.stack.startswith("StackSet-"):
        raise MisconfiguredError(
            f"this account and Region were rolled out as {connection.stack}",
            remedy="change all members in the management account: fargatecount organization upgrade --set NAME=VALUE",
        )


def clusters_here(connection: Connection) -> int | None:
    """Return the number of clusters in the account and Region, for the estimate of the cost; None if they cannot be listed."""
    with suppress(FargatecountError), aws_errors("listing the clusters"):
        ecs, eks = connection.client("ecs"), connection.client("eks")
        found = sum(len(page["clusterArns"]) for page in ecs.get_paginator("list_clusters").paginate())
        return found + sum(len(page["clusters"]) for page in eks.get_paginator("list_clusters").paginate())
    return None


def first_pass(connection: Connection) -> FirstPass:
    """Return how far the first full pass of the deployment is; errors as for `Connection.ledger`."""
    usage = scope_usage(connection.ledger(), connection.scope(), connection.clock.now())
    listed = sum(cluster.as_of is not None for cluster in usage.clusters)
    return FirstPass(complete=usage.has_full_pass, listed=listed, known=len(usage.clusters))


def partition_of(outputs: Mapping[str, str]) -> str:
    """Return the partition of a stack."""
    return outputs["ReconcileRoleArn"].split(":")[1]
