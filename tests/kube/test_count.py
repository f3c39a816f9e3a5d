"""One look at EKS clusters without a ledger, on simulated API servers."""

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


def look(account: EksAccount) -> ScopeCount:
    advice = Advice(private=EKS_PRIVATE, refused=eks_refused(ME))
    source = EksSource(account.eks, SCOPE, RateLimiter(account.clock, rate=1000), account.clock, advice=advice)
    return scan(SCOPE, [source], TenVcpu(), account.clock, select=None, progress=Heard())


def only(count: ScopeCount) -> ClusterUsage:
    (cluster,) = usage_of(count).clusters
    return cluster


def test_pods_are_counted(account: EksAccount) -> None:
    """What a list of pods says is what is counted, in the sizes that AWS bills."""
    plane = account.create("web")
    run_pods(plane, "a", "b", "done")
    plane.driver.complete("done")
    counts = only(look(account)).counts
    assert counts is not None
    assert (counts.running.count, counts.held.count, counts.held.cpu) == (2, 3, 3 * 256)


def test_a_cluster_without_fargate_profiles_is_left_out(account: EksAccount) -> None:
    """Its pods are none of Fargate's."""
    account.create("on-nodes", profile=False)
    usage = usage_of(look(account))
    assert (usage.clusters, usage.complete, account.eks.connected) == ([], True, [])


def test_a_cluster_of_which_that_cannot_be_said_is_unreadable(account: EksAccount) -> None:
    """Nobody knows whether it holds something."""
    account.create("web")
    account.eks.refused.add(("has_profiles", "web"))
    cluster = only(look(account))
    assert (cluster.counts, cluster.verdict.readable) == (None, False)


def test_a_cluster_that_lets_nobody_in_is_unknown(account: EksAccount) -> None:
    """It is not 0, and the remedy is the command that lets the caller in."""
    run_pods(account.create("web"), "a")
    account.unenroll("web")
    cluster = only(look(account))
    assert (cluster.counts, cluster.verdict.readable) == (None, False)
    assert cluster.verdict.remedy == f"let yourself in: fargatecount eks enroll web --principal-arn {ME}"


def test_a_private_endpoint_that_is_out_of_reach(account: EksAccount) -> None:
    """The remedy is for a person: to run the command from inside."""
    plane = account.create("inner", private=True)
    plane.api.stop()
    cluster = only(look(account))
    assert (cluster.counts, cluster.verdict.remedy) == (None, EKS_PRIVATE)
