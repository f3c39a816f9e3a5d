"""EKS clusters in the embedded AWS, with the roles that EKS requires and a Fargate profile.

For people: `python -m local.eks_clusters NAME --pods 20` in the AWS that `fargatecount local up` has started; run it again for more pods.
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click

from local.errors import LocalError
from local.kubernetes.driver import PodDriver
from local.stack import DEFAULT_STATE, Stack

ROLE: Final = "eks-and-its-pods"
PROFILE: Final = "default"
"""The profile whose label `PodDriver` gives to pods."""
NAMESPACES: Final = ("default", "shop-*")


def create(stack: Stack, name: str, *, mode: str = "API_AND_CONFIG_MAP", profile: bool = True, creator_is_admin: bool = True) -> PodDriver:
    """Create a cluster as the account's root, and return a driver for its pods with an administrator's permissions.

    Raises:
        ClientError: AWS refused; there may be such a cluster already.
    """
    eks, role = stack.client("eks"), execution_role(stack)
    access = {"authenticationMode": mode, "bootstrapClusterCreatorAdminPermissions": creator_is_admin}
    eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig={"subnetIds": ["subnet-1"]}, accessConfig=access)
    if profile:
        selectors: list[Any] = [{"namespace": namespace} for namespace in NAMESPACES]
        eks.create_fargate_profile(clusterName=name, fargateProfileName=PROFILE, podExecutionRoleArn=role, selectors=selectors)
    return stack.controls.pods(name)


def delete(stack: Stack, name: str) -> None:
    """Delete a cluster after its profiles."""
    eks = stack.client("eks")
    for profile in eks.list_fargate_profiles(clusterName=name)["fargateProfileNames"]:
        eks.delete_fargate_profile(clusterName=name, fargateProfileName=profile)
    eks.delete_cluster(name=name)


def execution_role(stack: Stack) -> str:
    """Return the ARN of a role for clusters and pods; the first call creates it."""
    iam = stack.client("iam")
    services = ["eks.amazonaws.com", "eks-fargate-pods.amazonaws.com"]
    statement = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
    arn: str = iam.get_role(RoleName=ROLE)["Role"]["Arn"]
    return arn


@click.command()
@click.argument("name")
@click.option("--pods", default=10, show_default=True, help="Pods to start.")
@click.option("--completed", default=0, show_default=True, help="How many of them are to complete at once.")
@click.option("--mode", type=click.Choice(["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"]), default="API_AND_CONFIG_MAP", show_default=True)
@click.option("--state", type=click.Path(path_type=Path), default=DEFAULT_STATE, show_default=True, help="Where the embedded AWS runs.")
def main(name: str, pods: int, completed: int, mode: str, state: Path) -> None:
    """Start pods in the EKS cluster NAME of the embedded AWS; a missing cluster is created."""
    stack = Stack(state)
    try:
        known = stack.client("eks").list_clusters()["clusters"]
        driver = stack.controls.pods(name) if name in known else create(stack, name, mode=mode)
    except LocalError as error:
        raise click.ClickException(str(error)) from error
    for number in range(pods):
        pod = f"pod-{uuid.uuid4().hex[:8]}"
        driver.create(pod)
        driver.bind(pod)
        driver.run(pod)
        if number < completed:
            driver.complete(pod)
    click.echo(f"EKS cluster {name}: {len(driver.pods())} pods")


if __name__ == "__main__":
    main()
