"""The clusters to watch: a named one, or every EKS cluster of the account and Region that can have pods on Fargate.

Owns the calls to EKS. A cluster that cannot even be described is noted in the registry here, because no watcher will do it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from fargatecount.adapters.eks.api import EksCluster
from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.ledger.clusters import WATCHER, Readability
from fargatecount.ledger.store import Bucket, Counter
from fargatecount.workload import Cluster, Kind, Scope

log = logging.getLogger(__name__)

ENDED = frozenset({"DELETING", "FAILED"})
"""States in which the API server has stopped answering, or never will answer."""


class Eks(Protocol):
    """EKS, as discovery needs it; every method raises DeniedError or UnavailableError."""

    def names(self) -> list[str]:
        """Return the names of all clusters."""
        ...

    def describe(self, name: str) -> EksCluster | None:
        """Return the cluster of that name; None if there is none."""
        ...

    def has_profiles(self, name: str) -> bool:
        """Return whether the cluster has a Fargate profile."""
        ...

    def connection(self, cluster: EksCluster) -> KubeConnection:
        """Return the connection to its API server."""
        ...


class ClusterRegistry(Protocol):
    """The table, as discovery needs it."""

    @property
    def buckets(self) -> int:
        """The number of buckets per cluster."""
        ...

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return the counters of many buckets."""
        ...

    def note(self, cluster: Cluster, source: str, view: Readability, *, epoch: int | None = None) -> None:
        """Write a source's readability of a cluster."""
        ...


class Target(msgspec.Struct, frozen=True):
    """One cluster to watch; another cluster of the same name has another epoch."""

    cluster: Cluster
    epoch: int
    connection: KubeConnection

    @property
    def identity(self) -> tuple[int, str, bytes | None, str | None]:
        """The values that make a running watch useless when they change.

        The CA is one of them: behind a host that stays, a cluster's CA can be replaced, and every connection then fails.
        """
        connection = self.connection
        return self.epoch, connection.host, connection.ca, connection.server_name


class Targets(msgspec.Struct, frozen=True):
    """The clusters to watch now; any other cluster is no longer watched."""

    wanted: tuple[Target, ...]
    unclear: frozenset[str] = frozenset()
    """Names of clusters that EKS could not describe: their watchers stay."""


def named_target(eks: Eks, name: str, connect: Callable[[str], KubeConnection] | None = None) -> Targets:
    """Return the one cluster of that name, reached by `connect` or, without it, at its EKS endpoint.

    Raises:
        MisconfiguredError: there is no such cluster, or `connect` leads to another one.
        DeniedError, UnavailableError: EKS refused, or did not answer.
    """
    described = eks.describe(name)
    if described is None or described.status in ENDED:
        raise MisconfiguredError(
            f"there is no EKS cluster {name!r} in this account and Region"
            if described is None
            else f"EKS cluster {name!r} is {described.status}",
            remedy=f"check --cluster, --region and the credentials{_known(eks)}",
        )
    return Targets((_target(described, _checked(connect(name), described) if connect else eks.connection(described)),))


def all_targets(eks: Eks, table: ClusterRegistry, clock: Clock) -> Targets:
    """Return each cluster with a Fargate profile, or with pods in the ledger; note a cluster that EKS cannot describe as unreadable.

    Raises:
        DeniedError, UnavailableError: EKS did not even list its clusters.
    """
    wanted, unclear = [], set()
    for name in eks.names():
        described = None
        try:
            described = eks.describe(name)
            if described is None or described.status in ENDED:
                continue
            if eks.has_profiles(name) or _has_pods(table, cluster_of(described)):
                wanted.append(_target(described, eks.connection(described)))
        except FargatecountError as error:
            log.warning("EKS-%s: %s; %s", name, error, error.remedy)
            unclear.add(name)
            if described is not None:
                _note(table, cluster_of(described), error, clock)
    return Targets(tuple(wanted), frozenset(unclear))


def cluster_of(described: EksCluster) -> Cluster:
    """Return the cluster; its ARN contains account and Region (`arn:aws:eks:<region>:<account>:cluster/<name>`)."""
    _, _, _, region, account, _ = described.arn.split(":", 5)
    return Cluster(Scope(account, region), Kind.EKS, described.name)


def _known(eks: Eks) -> str:
    try:
        return f"; there are: {', '.join(eks.names()) or 'none'}"
    except FargatecountError:  # a watcher of one cluster does not need permission to list clusters
        return ""


def _target(described: EksCluster, connection: KubeConnection) -> Target:
    return Target(cluster_of(described), described.epoch, connection)


def _checked(connection: KubeConnection, described: EksCluster) -> KubeConnection:
    """Refuse a connection to another cluster: its pods are not to be counted under this cluster's name.

    A pod reaches its API server at an internal address, a tunnel at localhost: only the CA is the same on every way to a cluster.
    """
    same_host = connection.host.rstrip("/").lower() == described.endpoint.rstrip("/").lower()
    same_ca = connection.ca is not None and connection.ca.split() == described.ca.split()
    if same_host or same_ca:
        return connection
    raise MisconfiguredError(
        f"the connection leads to {connection.host}, but EKS cluster {described.name} is at {described.endpoint} and has another CA",
        remedy="check --cluster against the kubeconfig's --context; `aws eks update-kubeconfig` writes a matching one",
    )


def _has_pods(table: ClusterRegistry, cluster: Cluster) -> bool:
    buckets = [Bucket(cluster, number) for number in range(table.buckets)]
    return any(counter.counts for counter in table.read_counters(buckets))


def _note(table: ClusterRegistry, cluster: Cluster, error: FargatecountError, clock: Clock) -> None:
    readability = Readability.failed(error, at=clock.now())
    try:
        table.note(cluster, WATCHER, readability)
    except UnavailableError as unwritten:
        log.warning("%s: the registry could not be updated: %s", cluster.key, unwritten)
