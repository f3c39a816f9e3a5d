"""A count of EKS clusters without a ledger, on simulated API servers."""

from __future__ import annotations

from fargatecount.adapters.eks.source import Advice, EksSource
from fargatecount.count.advice import EKS_PRIVATE, eks_refused
from fargatecount.count.scan import scan
from fargatecount.count.summary import ScopeCount, usage_of
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.usage.usage import ClusterUsage
from tests.kube.eks_account import EksAccount, run_pods
from tests.support.builders import SCOPE
from tests.support.one_look import Heard, TenVcpu

ME = "arn:aws:iam::123456789012:role/ops/reader"


def scanned(account: EksAccount) -> ScopeCount:
    advice = Advice(private=EKS_PRIVATE, refused=eks_refused(ME))
    source = EksSource(account.eks, SCOPE, RateLimiter(account.clock, rate=1000), account.clock, advice=advice)
    return scan(SCOPE, [source], TenVcpu(), account.clock, select=None, progress=Heard())


def only(count: ScopeCount) -> ClusterUsage:
    (cluster,) = usage_of(count).clusters
    return cluster


def test_pods_are_counted(account: EksAccount) -> None:
    """The listed pods are counted, in the sizes that AWS bills."""
    plane = account.create("web")
    run_pods(plane, "a", "b", "done")
    plane.driver.complete("done")
    counts = only(scanned(account)).counts
    assert counts is not None
    assert (counts.running.count, counts.held.count, counts.held.cpu) == (2, 3, 3 * 256)


def test_a_cluster_without_fargate_profiles_is_left_out(account: EksAccount) -> None:
    """A cluster without Fargate profiles has no pods on Fargate."""
    account.create("on-nodes", profile=False)
    usage = usage_of(scanned(account))
    assert (usage.clusters, usage.complete, account.eks.connected) == ([], True, [])


def test_a_cluster_with_unknown_profiles_is_unreadable(account: EksAccount) -> None:
    """A cluster whose profiles cannot be read is unreadable, not empty."""
    account.create("web")
    account.eks.refused.add(("has_profiles", "web"))
    cluster = only(scanned(account))
    assert (cluster.counts, cluster.verdict.readable) == (None, False)


def test_a_cluster_that_denies_access_is_unknown(account: EksAccount) -> None:
    """A cluster that denies access has no number, and its remedy is the command that enrolls the caller."""
    run_pods(account.create("web"), "a")
    account.unenroll("web")
    cluster = only(scanned(account))
    assert (cluster.counts, cluster.verdict.readable) == (None, False)
    assert cluster.verdict.remedy == f"let yourself in: fargatecount eks enroll web --principal-arn {ME}"


def test_a_private_endpoint_that_is_out_of_reach(account: EksAccount) -> None:
    """The remedy for a private endpoint is to run the command from inside its network."""
    plane = account.create("inner", private=True)
    plane.api.stop()
    cluster = only(scanned(account))
    assert (cluster.counts, cluster.verdict.remedy) == (None, EKS_PRIVATE)
