"""What reports and counters add to the chart."""

from __future__ import annotations

from fargatecount.counts import Counts
from fargatecount.reconcile.report import ClusterReport
from fargatecount.report.page.samples import OLD_REPORT, sample_of_report, usage_of
from tests.support.builders import NOW, PODS, WEB
from tests.support.documents import present
from tests.support.pages import cluster, report, unlisted, usage


def test_a_report_has_a_level_for_every_cluster() -> None:
    """Also for those that the run did not read; a cluster that was never listed has no level."""
    sample = present(sample_of_report(report(NOW, usage(cluster("ECS-web", 3), unlisted("EKS-new")))))
    assert (sample.at, sample.existing, set(sample.levels)) == (NOW + 1_000, {"ECS-web", "EKS-new"}, {"ECS-web"})


def test_a_dry_run_has_no_sample() -> None:
    """Its numbers were never in the ledger."""
    assert sample_of_report(report(NOW, usage(cluster("ECS-web")), dry_run=True)) is None


def test_a_report_of_the_first_version_has_the_clusters_that_it_read() -> None:
    """The others are not known from it, and it is not complete."""
    looked = ClusterReport(cluster=WEB, why="", after=Counts()), ClusterReport(cluster=PODS, why="", readable=False, reason="denied")
    old = report(NOW, None, *looked)
    sample = present(sample_of_report(old))
    assert (sample.existing, sample.levels["ECS-web"].running, sample.levels["EKS-pods"].readable) == (None, 0, False)
    assert (usage_of(old).complete, usage_of(old).reason) == (False, OLD_REPORT)
