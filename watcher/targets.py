"""What to watch: named clusters, or every EKS cluster of the account and Region that can have pods on Fargate.

Owns the questions to EKS. A cluster that cannot even be described is told to the registry here, because nobody will watch it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from fargatecount.adapters.eks.api import EksCluster
from fargatecount.adapters.kubernetes.http import KubeConnection
from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.ledger.clusters import WATCHER, Readability
from fargatecount.ledger.store import Bucket, Counter
from fargatecount.workload import Cluster, Kind, Scope

log = logging.getLogger(__name__)

ENDED = frozenset({"DELETING", "FAILED"})
"""States in which an API server answers no more, or never will."""


class Eks(Protocol):
    """What is asked of EKS; every method raises DeniedError or UnavailableError."""

    def names(self) -> list[str]:
        """Return the names of all clusters."""
        ...

    def describe(self, name: str) -> EksCluster | None:
        """Return the cluster of that name, if there is one."""
        ...

    def has_profiles(self, name: str) -> bool:
        """Say whether the cluster has a Fargate profile."""
        ...

    def connection(self, cluster: EksCluster) -> KubeConnection:
        """Return how its API server is reached."""
        ...


class Register(Protocol):
    """What the search for clusters needs of the table."""

    @property
    def buckets(self) -> int:
        """How many buckets each cluster has."""
        ...

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return the counters of many buckets."""
        ...

    def note(self, cluster: Cluster, source: str, view: Readability, *, epoch: int | None = None) -> None:
        """Write what a source knows of a cluster."""
        ...


class Target(msgspec.Struct, frozen=True):
    """One cluster to watch; another of the same name has another epoch."""

    cluster: Cluster
    epoch: int
    connection: KubeConnection

    @property
    def identity(self) -> tuple[int, str]:
        """What makes a running watch useless when it changes."""
        return self.epoch, self.connection.host


class Targets(msgspec.Struct, frozen=True):
    """What to watch now; whatever is in neither is to be watched no more."""

    wanted: tuple[Target, ...]
    unclear: frozenset[str] = frozenset()
    """Names of clusters that could not be asked about: whoever watches them goes on."""


def named(eks: Eks, name: str, connect: Callable[[str], KubeConnection] | None = None) -> Targets:
    """Return the one cluster of that name, reached by `connect` or, without it, at the endpoint that EKS tells.

    Raises:
        MisconfiguredError: there is no such cluster, or `connect` leads to another one.
        DeniedError, UnavailableError: EKS could not be asked.
    """
    told = eks.describe(name)
    if told is None or told.status in ENDED:
        raise MisconfiguredError(
            f"there is no EKS cluster {name!r} in this account and Region" if told is None else f"EKS cluster {name!r} is {told.status}",
            remedy=f"check --cluster, --region and the credentials{_known(eks)}",
        )
    return Targets((_target(told, _checked(connect(name), told) if connect else eks.connection(told)),))


def every(eks: Eks, table: Register, clock: Clock) -> Targets:
    """Return each cluster that has a Fargate profile, or pods in the ledger; one that cannot be asked about is noted as unreadable.

    Raises:
        DeniedError, UnavailableError: EKS did not even list its clusters.
    """
    wanted, unclear = [], set()
    for name in eks.names():
        told = None
        try:
            told = eks.describe(name)
            if told is None or told.status in ENDED:
                continue
            if eks.has_profiles(name) or _has_pods(table, cluster_of(told)):
                wanted.append(_target(told, eks.connection(told)))
        except FargatecountError as error:
            log.warning("EKS-%s: %s; %s", name, error, error.remedy)
            unclear.add(name)
            if told is not None:
                _note(table, cluster_of(told), error, clock)
    return Targets(tuple(wanted), frozenset(unclear))


def cluster_of(told: EksCluster) -> Cluster:
    """Return the cluster; account and Region stand in its ARN (`arn:aws:eks:<region>:<account>:cluster/<name>`)."""
    _, _, _, region, account, _ = told.arn.split(":", 5)
    return Cluster(Scope(account, region), Kind.EKS, told.name)


def _known(eks: Eks) -> str:
    try:
        return f"; there are: {', '.join(eks.names()) or 'none'}"
    except FargatecountError:  # a watcher of one cluster need not have the right to list them
        return ""


def _target(told: EksCluster, connection: KubeConnection) -> Target:
    return Target(cluster_of(told), told.epoch, connection)


def _checked(connection: KubeConnection, told: EksCluster) -> KubeConnection:
    """Refuse a connection to another cluster: its pods would be counted under this one's name.

    A pod sees its API server under an inner address, a tunnel under localhost: the CA is what every way to a cluster shares.
    """
    same_host = connection.host.rstrip("/").lower() == told.endpoint.rstrip("/").lower()
    same_ca = connection.ca is not None and connection.ca.split() == told.ca.split()
    if same_host or same_ca:
        return connection
    raise MisconfiguredError(
        f"the connection leads to {connection.host}, but EKS cluster {told.name} is at {told.endpoint} and has another CA",
        remedy="check --cluster against the kubeconfig's --context; `aws eks update-kubeconfig` writes a matching one",
    )


def _has_pods(table: Register, cluster: Cluster) -> bool:
    buckets = [Bucket(cluster, number) for number in range(table.buckets)]
    return any(counter.counts for counter in table.read_counters(buckets))


def _note(table: Register, cluster: Cluster, error: FargatecountError, clock: Clock) -> None:
    view = Readability.failed(error, at=clock.now())
    try:
        table.note(cluster, WATCHER, view)
    except UnavailableError as unwritten:
        log.warning("%s: that could not be noted: %s", cluster.key, unwritten)
