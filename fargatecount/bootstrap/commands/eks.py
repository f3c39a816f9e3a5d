"""Bootstrap of `fargatecount eks`: EKS, access entries and Kubernetes objects, with your credentials."""

from __future__ import annotations

from fargatecount.adapters.eks.access import EksAccess
from fargatecount.adapters.eks.api import EksApi, EksCluster
from fargatecount.adapters.kubernetes.objects import KubeObjects
from fargatecount.adapters.kubernetes.pods import list_pods
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.eks import eks_api
from fargatecount.eks.pod import Pod
from fargatecount.errors import FargatecountError

POD_METRICS = "/apis/metrics.k8s.io/v1beta1/pods"
"""https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/"""


class EksPorts:
    """EKS and its clusters in one account and Region."""

    def __init__(self, connection: Connection) -> None:
        self.api: EksApi = eks_api(connection.create_client, connection.region)
        self.access = EksAccess(connection.client("eks"))

    def objects(self, cluster: EksCluster) -> KubeObjects:
        """Return the Kubernetes objects of a cluster; UnavailableError if it has no endpoint."""
        return KubeObjects(self.api.connection(cluster))

    def pods(self, cluster: EksCluster) -> list[Pod]:
        """Return the pods of a cluster on Fargate; errors as for `list_pods`."""
        return list_pods(self.api.connection(cluster)).pods

    def pod_metrics(self, cluster: EksCluster) -> list[object]:
        """Return what metrics-server says of pods; nothing where there is none, or the caller may not read it."""
        try:
            return self.objects(cluster).page(POD_METRICS, {"limit": "5000"})
        except FargatecountError:
            return []
