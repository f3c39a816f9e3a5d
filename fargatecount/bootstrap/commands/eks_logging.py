"""Bootstrap of `fargatecount eks logging`: EKS, the cluster's objects, IAM and CloudWatch Logs, with your credentials."""

from __future__ import annotations

import msgspec

from fargatecount.adapters.cloudwatch.logs import CloudWatchLogGroups
from fargatecount.adapters.eks.api import EksApi
from fargatecount.adapters.kubernetes.objects import KubeObjects
from fargatecount.adapters.kubernetes.pods import FARGATE_PODS, PODS_PATH
from fargatecount.adapters.manifests import read_manifests
from fargatecount.adapters.role_policies import IamRolePolicies
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.eks import eks_api
from fargatecount.eks.logging.apply import LoggingPorts, read_logging
from fargatecount.eks.logging.check import DAYS, EVENT_REASONS, GroupUse, LoggingEvidence, pod_logging
from fargatecount.eks.logging.config import LogDestination, default_group
from fargatecount.eks.logging.plan import LoggingSituation, groups_of
from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.workload import Millis

__all__ = ["EksLoggingPorts", "LoggedCluster", "read_manifests"]

MOST_PODS = 500
"""Pods that are looked at: one page of the API server, and enough to see whether pods log."""
A_DAY: Millis = 24 * 3600 * 1000


class LoggedCluster(msgspec.Struct, frozen=True):
    """One cluster: its state, its ports, and its objects for reading."""

    found: LoggingSituation
    ports: LoggingPorts
    objects: KubeObjects


class EksLoggingPorts:
    """What logging needs, in one account and Region."""

    def __init__(self, connection: Connection) -> None:
        self.clock = connection.clock
        self._connection = connection
        self._api: EksApi = eks_api(connection.create_client, connection.region)
        self._groups = CloudWatchLogGroups(connection.client("logs"), connection.client("cloudwatch"))
        self._policies = IamRolePolicies(connection.client("iam"))

    def cluster(self, name: str, *, group: str | None, retention: int) -> LoggedCluster:
        """Return a cluster with what it has now.

        Raises:
            MisconfiguredError: there is no such cluster, or a profile's role does not exist.
            DeniedError, UnavailableError: AWS or the cluster did not say.
        """
        described = self._api.describe(name)
        if described is None:
            known = ", ".join(self._api.names()) or "none"
            raise MisconfiguredError(
                f"there is no EKS cluster {name!r} here", remedy=f"check the name, --region and --profile; there are: {known}"
            )
        _, partition, _, region, account, *_ = described.arn.split(":")
        destination = LogDestination(
            cluster=name, account=account, region=region, partition=partition, group=group or default_group(name), retention=retention
        )
        roles = [profile.role.rpartition("/")[2] for profile in self._api.profiles(name) if profile.role]
        objects = KubeObjects(self._api.connection(described))
        ports = LoggingPorts(self._groups, self._policies, objects)
        return LoggedCluster(read_logging(destination, roles, ports), ports, objects)

    def evidence(self, cluster: LoggedCluster) -> LoggingEvidence:
        """Return what shows whether the cluster's pods log; what cannot be read is None, with the reason."""
        why_not: list[str] = []
        pods = events = None
        try:
            page = cluster.objects.page(PODS_PATH, {**FARGATE_PODS, "limit": str(MOST_PODS)})
            pods = [pod_logging(pod) for pod in page]
            events = [
                f"{event['reason']}: {event.get('message', '')}"
                for reason in EVENT_REASONS
                for event in cluster.objects.page("/api/v1/events", {"fieldSelector": f"reason={reason}", "limit": "5"})
            ]
        except FargatecountError as error:
            why_not.append(str(error))
        found = cluster.found
        names = groups_of((found.config_map or {}).get("data") or {}, found.destination.cluster)
        return LoggingEvidence(
            pods=pods,
            more_pods=pods is not None and len(pods) >= MOST_PODS,
            events=events,
            use={name: self._use(name) for name in names},
            why_not="; ".join(why_not),
        )

    def _use(self, name: str) -> GroupUse:
        now = self.clock.now()
        try:
            incoming: float | None = self._groups.incoming_bytes(name, now - DAYS * A_DAY, now)
        except FargatecountError:
            incoming = None
        return GroupUse(incoming=incoming, last_event=self._groups.last_event(name))
