"""The clusters that a watcher watches, and the check that a connection leads to the right one."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.adapters.eks.api import EksCluster
from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.workload import Cluster, Kind
from tests.support.builders import NOW, SCOPE
from tests.support.fakes import FakeClock
from tests.support.pods import pod
from tests.watcher.scripted import Stage, Table, listed
from watcher.supervisor import changes
from watcher.targets import Target, Targets, all_targets, cluster_of, named_target


class FakeEks:
    """EKS with the clusters of a test."""

    def __init__(self, *clusters: EksCluster) -> None:
        self.clusters = {cluster.name: cluster for cluster in clusters}
        self.with_profiles = set(self.clusters)
        self.denied: dict[str, FargatecountError] = {}
        self.cannot_list: FargatecountError | None = None

    def names(self) -> list[str]:
        if self.cannot_list:
            raise self.cannot_list
        return sorted(self.clusters)

    def describe(self, name: str) -> EksCluster | None:
        return self.clusters.get(name)

    def has_profiles(self, name: str) -> bool:
        if name in self.denied:
            raise self.denied[name]
        return name in self.with_profiles

    def connection(self, cluster: EksCluster) -> KubeConnection:
        return KubeConnection(cluster.endpoint, cluster.ca, lambda: "token", cluster.name)


def eks_cluster(name: str, **changed: object) -> EksCluster:
    """Return an active cluster of the tests' scope."""
    made = EksCluster(
        name=name,
        arn=f"arn:aws:eks:{SCOPE.region}:{SCOPE.account}:cluster/{name}",
        status="ACTIVE",
        endpoint=f"https://{name}.eks.example",
        ca=f"CA of {name}".encode(),
        epoch=1000,
        is_private=False,
        authentication_mode="API",
    )
    return msgspec.structs.replace(made, **changed)


def connection(host: str, ca: bytes | None) -> KubeConnection:
    return KubeConnection(host, ca, lambda: "token")


def names(targets: Targets) -> list[str]:
    return [target.cluster.name for target in targets.wanted]


def test_named_cluster_is_watched_at_its_endpoint() -> None:
    """The cluster, its epoch and its endpoint come from EKS, account and Region from its ARN."""
    (target,) = named_target(FakeEks(eks_cluster("web")), "web").wanted
    assert (target.cluster, target.epoch, target.connection.host) == (Cluster(SCOPE, Kind.EKS, "web"), 1000, "https://web.eks.example")


def test_unknown_cluster_is_refused_with_the_known_names() -> None:
    """A name that EKS does not know is refused with the names that exist."""
    with pytest.raises(MisconfiguredError, match="no EKS cluster 'wbe'") as refused:
        named_target(FakeEks(eks_cluster("web"), eks_cluster("api")), "wbe")
    assert refused.value.remedy == "check --cluster, --region and the credentials; there are: api, web"


def test_unknown_cluster_is_refused_without_the_right_to_list() -> None:
    """A role of one cluster cannot list the others, and the error still names the cluster."""
    eks = FakeEks()
    eks.cannot_list = DeniedError("ListClusters")
    with pytest.raises(MisconfiguredError, match="no EKS cluster 'web'"):
        named_target(eks, "web")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(connection("https://web.eks.example/", None), id="the endpoint itself"),
        pytest.param(connection("https://WEB.eks.example", b"CA of a proxy"), id="the endpoint behind a proxy's CA"),
        pytest.param(connection("https://10.100.0.1:443", b"CA of web\n"), id="in the cluster"),
        pytest.param(connection("https://localhost:8443", b"CA of web"), id="a tunnel"),
    ],
)
def test_connection_to_the_named_cluster_is_taken(given: KubeConnection) -> None:
    """A connection belongs to the cluster if its host or its CA does."""
    (target,) = named_target(FakeEks(eks_cluster("web")), "web", lambda _: given).wanted
    assert target.connection is given


def test_connection_to_another_cluster_is_refused() -> None:
    """A wrong context must not count the pods of one cluster under the name of another."""
    with pytest.raises(
        MisconfiguredError, match=r"leads to https://api\.eks\.example, but EKS cluster web is at https://web\.eks\.example"
    ):
        named_target(FakeEks(eks_cluster("web")), "web", lambda _: connection("https://api.eks.example", b"CA of api"))


def test_all_are_those_with_a_profile() -> None:
    """A cluster without a Fargate profile costs no watch."""
    eks = FakeEks(eks_cluster("web"), eks_cluster("nodes"))
    eks.with_profiles = {"web"}
    assert names(all_targets(eks, MemoryLedger(), FakeClock())) == ["web"]


def test_all_are_those_with_pods_in_the_ledger_too() -> None:
    """A cluster whose last profile is being deleted is watched until its pods are gone."""
    eks = FakeEks(eks_cluster("web"))
    eks.with_profiles = set()
    table = Table()
    web = cluster_of(eks_cluster("web"))
    Stage(cluster=web, table=table).play(listed(pod("a"), cluster=web))
    assert names(all_targets(eks, table.inner, FakeClock())) == ["web"]


@pytest.mark.parametrize("status", ["DELETING", "FAILED"])
def test_clusters_that_end_are_not_watched(status: str) -> None:
    """A cluster that is being deleted or has failed is left to the reconciler."""
    assert names(all_targets(FakeEks(eks_cluster("web", status=status)), MemoryLedger(), FakeClock())) == []


def test_one_denied_cluster_stops_no_other() -> None:
    """A cluster that EKS cannot describe is noted as unreadable with its reason, and the others are watched."""
    eks = FakeEks(eks_cluster("api"), eks_cluster("web"))
    eks.denied["api"] = DeniedError("ListFargateProfiles: AccessDenied", remedy="grant it")
    ledger = MemoryLedger()
    targets = all_targets(eks, ledger, FakeClock())
    assert (names(targets), targets.unclear) == (["web"], frozenset({"api"}))
    (state,) = [state for state in ledger.clusters(SCOPE) if state.cluster.name == "api"]
    noted = state.sources["watcher"]
    assert (noted.readable, noted.reason, noted.remedy, noted.at) == (False, "ListFargateProfiles: AccessDenied", "grant it", NOW)


def test_list_of_clusters_that_fails_is_an_error() -> None:
    """A list of clusters that fails is an error, not an empty list."""
    eks = FakeEks()
    eks.cannot_list = UnavailableError("throttled")
    with pytest.raises(UnavailableError):
        all_targets(eks, MemoryLedger(), FakeClock())


def target(name: str, *, epoch: int = 1, host: str = "https://h", ca: bytes | None = None) -> Target:
    return Target(Cluster(SCOPE, Kind.EKS, name), epoch, connection(host, ca))


@pytest.mark.parametrize(
    ("watched", "targets", "stop", "start"),
    [
        pytest.param([], Targets((target("a"),)), [], ["a"], id="new"),
        pytest.param([target("a")], Targets((target("a"),)), [], [], id="same"),
        pytest.param([target("a")], Targets(()), ["a"], [], id="gone"),
        pytest.param([target("a")], Targets((), frozenset({"a"})), [], [], id="could not be described: stays watched"),
        pytest.param([target("a")], Targets((target("a", epoch=2),)), ["a"], ["a"], id="recreated under its name"),
        pytest.param([target("a")], Targets((target("a", host="https://other"),)), ["a"], ["a"], id="moved"),
        pytest.param([target("a", ca=b"old")], Targets((target("a", ca=b"new"),)), ["a"], ["a"], id="a new CA behind the same host"),
    ],
)
def test_changes(watched: list[Target], targets: Targets, stop: list[str], start: list[str]) -> None:
    """Only clusters that differ are stopped or started."""
    due = changes({one.cluster: one for one in watched}, targets)
    assert ([cluster.name for cluster in due.stop], [one.cluster.name for one in due.start]) == (stop, start)
