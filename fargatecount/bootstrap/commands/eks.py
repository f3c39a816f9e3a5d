"""Bootstrap of `fargatecount eks`: EKS, access entries and Kubernetes objects, with your credentials."""

from __future__ import annotations

from fargatecount.adapters.eks.access import EksAccess
from fargatecount.adapters.eks.api import EksApi, EksCluster
from fargatecount.adapters.kubernetes.objects import KubeObjects
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.eks import eks_api


class EksPorts:
    """EKS and its clusters in one account and Region."""

    def __init__(self, connection: Connection) -> None:
        self.api: EksApi = eks_api(connection.create_client, connection.region)
        self.access = EksAccess(connection.client("eks"))

    def objects(self, cluster: EksCluster) -> KubeObjects:
        """Return the Kubernetes objects of a cluster; UnavailableError if it has no endpoint."""
        return KubeObjects(self.api.connection(cluster))
