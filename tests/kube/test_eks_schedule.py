"""Scheduled runs over EKS clusters: a list every minute without a watcher, and none with a fresh one."""

from __future__ import annotations

from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.adapters.memory.reports import MemoryReports
from fargatecount.ledger.record import record
from fargatecount.quotas.aws_usage import UsageReading
from fargatecount.quotas.headroom import Service
from fargatecount.quotas.headroom_survey import Sizes
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import Quota
from fargatecount.reconcile.ports import Ports
from fargatecount.reconcile.run import Ran, run_due
from fargatecount.refusals.log import WINDOW
from fargatecount.refusals.recent import recent
from fargatecount.usage.prices import LIST_PRICES
from fargatecount.workload import Cluster, Kind, Millis, Observation, Phase, SourceRank
from tests.kube.eks_account import EksAccount, run_pods
from tests.support.builders import MINUTE, SCOPE


def test_the_cluster_of_a_fresh_watcher_is_skipped(account: EksAccount) -> None:
    """The schedule lists a cluster only when its watcher has been silent for longer than a heartbeat may take."""
    run_pods(account.create("web"), "a")
    account.heartbeat("web")
    assert looked(scheduled(account)) == []
    account.clock.advance(2 * MINUTE)
    assert looked(scheduled(account)) == []
    account.clock.advance(2 * MINUTE)
    assert looked(scheduled(account)) == ["EKS-web"]
    assert account.count("web") == 1


def test_clusters_without_a_watcher_are_listed_every_minute(account: EksAccount) -> None:
    """Without a watcher, counts are at most a minute old."""
    plane = account.create("web")
    scheduled(account)
    for number in range(1, 4):
        account.clock.advance(MINUTE)
        run_pods(plane, f"pod-{number}")
        assert looked(scheduled(account)) == ["EKS-web"]
        assert account.count("web") == number


def test_a_routine_run_leaves_no_report(account: EksAccount) -> None:
    """A routine run that finds nothing leaves no report: 1,440 a day hide the others."""
    run_pods(account.create("web"), "a")
    reports = MemoryReports()
    assert looked(scheduled(account, reports)) == ["EKS-web"]
    assert reports.ids(SCOPE) == []


def test_a_run_that_finds_drift_is_reported(account: EksAccount) -> None:
    """A pod that lives although its end is in the ledger leaves a complete report."""
    plane = account.create("web")
    plane.driver.create("a")
    (uid,) = (pod["metadata"]["uid"] for pod in plane.driver.pods())
    end = Observation(
        cluster=account.cluster("web"),
        workload_id=uid,
        version=1,
        source=SourceRank.EVENT,
        phase=Phase.GONE,
        observed_at=account.clock.now(),
        epoch=account.eks.clusters["web"].epoch,
    )
    record([end], account.ledger, account.clock)
    reports = MemoryReports()
    scheduled(account, reports)
    (kept,) = reports.read_many(SCOPE, reports.ids(SCOPE))
    assert kept.clusters[0].contradictions == [uid]
    assert kept.quotas


def test_refused_pods_are_logged_every_minute(account: EksAccount) -> None:
    """A refused pod is logged with its reason even by a run without a report, until it has a node."""
    plane = account.create("web")
    for name in ("full", "taken"):
        plane.driver.create(name)
        plane.driver.refuse(name, "Your AWS account has reached the limit on the number of Fargate pods it can run concurrently")
    plane.driver.create("new")
    scheduled(account)
    plane.driver.bind("taken")
    account.clock.advance(2 * WINDOW)
    scheduled(account)
    found = {one.group: one for one in recent(account.refusals, SCOPE, account.clock.now())}
    assert set(found) == {"default/full", "default/taken"}
    assert found["default/full"].reason.endswith("the number of Fargate pods it can run concurrently")
    assert (found["default/full"].cluster, found["default/full"].is_shortage, found["default/full"].count) == ("EKS-web", True, 1)
    assert found["default/full"].last > found["default/taken"].last


class _Silence:
    """Quotas and usage without values."""

    def read(self, now: Millis) -> list[Quota]:  # noqa: ARG002
        return []

    def sized(self, cluster: Cluster, sizes: Sizes) -> list[Service]:  # noqa: ARG002
        return []

    def readings(self, now: Millis) -> list[UsageReading]:  # noqa: ARG002
        return []


def scheduled(account: EksAccount, reports: MemoryReports | None = None) -> Ran | None:
    """Run the schedule once."""
    source, pace = account.source()
    silence = _Silence()
    ports = Ports(
        scope=SCOPE,
        ledger=account.ledger,
        leases=MemoryLeases(),
        sources=[source],
        pace=pace,
        quota_source=silence,
        quota_store=MemoryQuotas(),
        witness=silence,
        refusals=account.refusals,
        services=silence,
        reports=reports,
        clock=account.clock,
        limits=Limits(),
        prices=LIST_PRICES,
    )
    return run_due(ports, {Kind.EKS: MINUTE}, owner="test", time_box=5 * MINUTE)


def looked(ran: Ran | None) -> list[str]:
    return [cluster.cluster for cluster in ran.report.clusters] if ran else []
