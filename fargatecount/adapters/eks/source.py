"""EKS as the reconciler reads it: clusters with Fargate profiles, and complete lists of their Fargate pods.

Owns the answers of EKS and of each cluster's API server within one run; each request is made once. There are no statistics to select by:
EKS itself has no pods, and only shows which clusters were deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from fargatecount.adapters.eks.api import EksCluster
from fargatecount.adapters.kubernetes.pods import list_pods
from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.clock import Clock
from fargatecount.eks.refusals import refused_pods
from fargatecount.eks.transition import pod_transitions
from fargatecount.eks.workload import observe
from fargatecount.errors import DeadlineExceededError, DeniedError, FargatecountError, ReasonCode, UnavailableError
from fargatecount.ledger.listing import epoch_of
from fargatecount.ledger.row import Row
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.sources.snapshot import Snapshot, Statistics, snapshot_of_deleted
from fargatecount.workload import Cluster, Kind, Observation, Phase, Scope, SourceRank

T = TypeVar("T")


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """The remedies for a cluster that cannot be read, in the words of one caller."""

    private: str
    """Its endpoint is private and out of reach."""
    refused: str = ""
    """It does not let us list its pods; `{}` stands for its name. Empty for the connection's own remedy."""


RECONCILER = Advice(
    private="its endpoint is private: run a watcher inside it, or deploy function reconcile into its VPC "
    "(settings vpcSubnetIds and vpcSecurityGroupIds of serverless.yml)"
)


class Eks(Protocol):
    """EKS, as a run needs it; every method raises DeniedError or UnavailableError."""

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


class EksSource:
    """EKS in one account and Region, for one run: each answer is read once.

    Every method raises DeniedError, UnavailableError or MisconfiguredError if AWS or a cluster refuses, does not answer, or has another
    CA than before.
    """

    kind = Kind.EKS

    def __init__(
        self, eks: Eks, scope: Scope, pace: RateLimiter, clock: Clock, *, advice: Advice = RECONCILER, owner_label: str = ""
    ) -> None:
        self._eks = eks
        self._advice = advice
        self._owner_label = owner_label
        self._scope = scope
        self._limiter = pace
        self._clock = clock
        self._described: dict[str, EksCluster | None] = {}
        self._with_profiles: dict[str, bool] = {}

    def clusters(self) -> Sequence[Cluster]:
        """Return the clusters that have a Fargate profile, and those whose profiles cannot be read: their snapshots give the reason.

        A cluster without profiles that still has pods in the ledger is found there.
        """
        return [cluster for cluster in self.candidates() if self.may_hold(cluster)]

    def candidates(self) -> Sequence[Cluster]:
        """Return all clusters, with Fargate profiles or without."""
        return [Cluster(self._scope, Kind.EKS, name) for name in self._limiter.call("ListClusters (EKS)", self._eks.names)]

    def may_hold(self, cluster: Cluster) -> bool:
        """Return whether a cluster has a Fargate profile; true if that cannot be read."""
        try:
            return self._has_profiles(cluster.name)
        except DeadlineExceededError:
            raise
        except FargatecountError:
            return True

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        """Return the clusters that are deleted."""
        return {cluster: Statistics(deleted=True) for cluster in clusters if self._is_deleted(cluster.name)}

    def snapshot(self, cluster: Cluster, rows: Mapping[str, Row]) -> Snapshot:
        """Return all Fargate pods of a cluster; `rows` are those of the ledger, read before."""
        requested_at = self._clock.now()
        described = self._describe(cluster.name)
        if described is None:
            return snapshot_of_deleted(cluster, rows, requested_at)
        if not self._has_profiles(cluster.name) and all(row.phase is Phase.GONE for row in rows.values()):
            # A profile is gone only after its pods: https://docs.aws.amazon.com/eks/latest/userguide/delete-fargate-profile.html.
            return Snapshot(cluster=cluster, requested_at=requested_at, observations=())
        try:
            self._limiter.calls["list pods"] += 1
            listed = list_pods(self._eks.connection(described))
        except UnavailableError as error:
            if described.is_private:
                raise UnavailableError(str(error), remedy=self._advice.private, code=ReasonCode.PRIVATE_ENDPOINT) from error
            raise
        except DeniedError as error:
            if self._advice.refused:
                raise DeniedError(str(error), remedy=self._advice.refused.format(cluster.name), code=error.code) from error
            raise
        seen = (
            observe(pod, cluster, epoch=described.epoch, source=SourceRank.API, at=requested_at, owner_label=self._owner_label)
            for pod in listed.pods
        )
        observations = [each for each in seen if each is not None]
        epoch = epoch_of(rows, listed.version, observations, epoch=described.epoch, requested_at=requested_at)
        if epoch != described.epoch:
            observations = [msgspec.structs.replace(each, epoch=epoch) for each in observations]
        return Snapshot(
            cluster=cluster,
            requested_at=requested_at,
            observations=observations,
            absent_below=(epoch, listed.version),
            versions_restarted=bool(rows) and epoch > max(described.epoch, *(row.epoch for row in rows.values())),
            changed_at={each.workload_id: changed for each in observations if (changed := _latest_time(each)) is not None},
            transitions=pod_transitions(listed.pods),
            refused=refused_pods(listed.pods, cluster, requested_at),
        )

    def _is_deleted(self, name: str) -> bool:
        try:
            return self._describe(name) is None
        except DeadlineExceededError:
            raise
        except FargatecountError:  # `snapshot` asks again, and raises the reason
            return False

    def _has_profiles(self, name: str) -> bool:
        return self._once(self._with_profiles, name, "ListFargateProfiles", self._eks.has_profiles)

    def _describe(self, name: str) -> EksCluster | None:
        return self._once(self._described, name, "DescribeCluster (EKS)", self._eks.describe)

    def _once(self, known: dict[str, T], name: str, operation: str, ask: Callable[[str], T]) -> T:
        if name not in known:
            known[name] = self._limiter.call(operation, lambda: ask(name))
        return known[name]


def _latest_time(seen: Observation) -> int | None:
    """Return the latest time in a pod's facts; its end is not among them, and is not guessed."""
    return seen.facts.started_at or seen.facts.created_at
