"""Access entries: the principals that an EKS cluster knows, and their Kubernetes groups.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html and its siblings. The calls use the caller's
permissions; the deployed roles have none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.eks.enrollment.plan import TAGS, Entry
from fargatecount.eks.enrollment.rbac import GROUP
from fargatecount.errors import MisconfiguredError


class EksAccess:
    """The access entries of the clusters in one account and Region.

    Every method raises DeniedError if AWS refuses, UnavailableError if it does not answer, and MisconfiguredError if AWS rejects the
    principal or the group.
    """

    def __init__(self, eks: Any) -> None:
        self._eks = eks

    def entry(self, cluster: str, principal: str) -> Entry | None:
        """Return the access entry of a principal; None if there is none."""
        with _calling("DescribeAccessEntry", cluster, principal):
            try:
                described = self._eks.describe_access_entry(clusterName=cluster, principalArn=principal)["accessEntry"]
            except ClientError as error:
                if _code(error) == "ResourceNotFoundException":
                    return None
                raise
        is_ours = TAGS.items() <= (described.get("tags") or {}).items()
        return Entry(frozenset(described.get("kubernetesGroups") or ()), is_ours)

    def create(self, cluster: str, principal: str) -> None:
        """Create an access entry for a principal, in our group."""
        with _calling("CreateAccessEntry", cluster, principal):
            self._eks.create_access_entry(clusterName=cluster, principalArn=principal, kubernetesGroups=[GROUP], tags=TAGS)

    def set_groups(self, cluster: str, principal: str, groups: Iterable[str]) -> None:
        """Set the groups of a principal's access entry."""
        with _calling("UpdateAccessEntry", cluster, principal):
            self._eks.update_access_entry(clusterName=cluster, principalArn=principal, kubernetesGroups=sorted(groups))

    def delete(self, cluster: str, principal: str) -> None:
        """Delete a principal's access entry, if it exists."""
        with _calling("DeleteAccessEntry", cluster, principal):
            try:
                self._eks.delete_access_entry(clusterName=cluster, principalArn=principal)
            except ClientError as error:
                if _code(error) != "ResourceNotFoundException":
                    raise

    def members(self, cluster: str) -> frozenset[str]:
        """Return the principals that are in our group."""
        with _calling("ListAccessEntries", cluster):
            pages = self._eks.get_paginator("list_access_entries").paginate(clusterName=cluster)
            principals = [principal for page in pages for principal in page["accessEntries"]]
        return frozenset(principal for principal in principals if (entry := self.entry(cluster, principal)) and entry.lets_in)


@contextmanager
def _calling(operation: str, cluster: str, principal: str = "") -> Iterator[None]:
    doing = f"{operation} {cluster} {principal}".rstrip()
    with aws_errors(doing, remedy=f"someone with eks:{operation} on the cluster (and eks:TagResource, to create an entry) can do it"):
        try:
            yield
        except ClientError as error:
            if _code(error) in {"InvalidParameterException", "InvalidRequestException"}:
                raise MisconfiguredError(
                    f"{doing}: {error.response['Error'].get('Message', '')}",
                    remedy="check --principal-arn: the ARN of an IAM role or user of this account that exists, not of a session",
                ) from error
            raise


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
