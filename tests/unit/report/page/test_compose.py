"""What the page shows, decided."""

from __future__ import annotations

from typing import Any

import msgspec

from fargatecount.quotas.document import LimitDocument
from fargatecount.quotas.limits import Measure
from fargatecount.quotas.quota import Origin
from fargatecount.quotas.thresholds import QuotaThresholds
from fargatecount.report.fold import fold
from fargatecount.report.page.compose import MAX_GROUPS, MAX_LIMITS, Now, page
from fargatecount.report.page.document import Page
from fargatecount.report.page.history import History
from fargatecount.usage.summary_document import UsageSummary
from tests.support.builders import HOUR, NOW, SCOPE
from tests.support.pages import cluster, cost, quota, quotas, report, unlisted, usage


def page_of(of: UsageSummary, **changes: Any) -> Page:
    values: dict[str, Any] = {"at": NOW, "usage": of, "quotas": quotas(of)}
    stands = Now(**values | changes)
    return page(SCOPE, stands, fold(()), History(), since=NOW - HOUR)


def test_everything_known_is_complete() -> None:
    """The headline is the scope's total, and there is nothing to explain."""
    head = page_of(usage(cluster("ECS-web", 3), cluster("ECS-batch", 1))).headline
    assert (head.complete, list(head.why), head.running, head.vcpu) == (True, [], 4, 2.0)


def test_an_unreadable_cluster_makes_it_incomplete_with_its_reason() -> None:
    """Its last known counts are in the total, and it has a row in a table of its own, with what to do."""
    found = page_of(usage(cluster("ECS-web", 3), cluster("EKS-prod", 5, readable=False, reason="denied", remedy="allow it")))
    assert (found.headline.complete, list(found.headline.why), found.headline.running) == (False, ["EKS-prod is unreadable: denied"], 8)
    assert [(row.cluster, row.reason, row.remedy, row.held) for row in found.unreadable] == [("EKS-prod", "denied", "allow it", 5)]


def test_many_unreadable_clusters_are_counted_in_the_headline() -> None:
    """Three are named; all of them stand in the table."""
    found = page_of(usage(*(cluster(f"ECS-{n}", readable=False, reason="denied") for n in range(5))))
    assert list(found.headline.why)[-1] == "2 more clusters are unreadable"
    assert len(found.unreadable) == 5


def test_what_was_never_listed_is_not_zero() -> None:
    """Before the first look the big number is not known, instead of 0."""
    found = page_of(usage(unlisted("ECS-web"), reason="not yet looked"))
    assert (found.headline.running, found.headline.vcpu, found.clusters[0].running) == (None, None, None)
    assert next(iter(found.headline.why)) == "there may be clusters that are not counted: not yet looked"


def test_an_account_without_clusters_runs_nothing() -> None:
    """Looked at and empty is 0."""
    assert (page_of(usage()).headline.complete, page_of(usage()).headline.running) == (True, 0)


def test_gauges_are_graded_by_the_thresholds_of_the_deployment() -> None:
    """Half of a quota is amber where the warning begins at 40 percent, and red where the critical alarm does."""
    half = [quota(75.0)]
    amber, red = (page_of(usage(), quotas=half, thresholds=QuotaThresholds(warning=w, critical=c)) for w, c in ((40.0, 60.0), (30.0, 40.0)))
    assert (amber.marks, amber.gauges[0].standing) == ((40.0, 60.0), "warning")
    assert red.gauges[0].standing == "critical"


def test_an_unknown_quota_has_no_percentage() -> None:
    """Its gauge shows what is used, and the reason why the quota is not known."""
    unknown = quota(2.0, value=None, remaining=None, percent=None, source=Origin.UNKNOWN, reason="AccessDenied")
    gauge = page_of(usage(cluster("ECS-web", 4)), quotas=[unknown]).gauges[0]
    assert (gauge.value, gauge.percent, gauge.standing, gauge.used, gauge.reason) == (None, None, "unknown", 2.0, "AccessDenied")


def test_the_limits_that_are_used_most_have_gauges() -> None:
    """Each cluster may have limits; the page shows the nearest, and says how many it leaves out."""
    limit = LimitDocument(cluster="ECS-web", pattern="web*", measure=Measure.VCPU, value=10, used=1, remaining=9, percent=0)
    limits = [msgspec.structs.replace(limit, percent=float(n)) for n in range(MAX_LIMITS + 2)]
    found = page_of(usage(), report=report(NOW, state={"limits": limits}))
    assert [gauge.percent for gauge in found.gauges[2:]] == [5.0, 4.0, 3.0, 2.0]
    assert found.limits_left_out == 2


def test_clusters_are_in_the_order_of_what_they_hold() -> None:
    """Who looks for what eats the quota finds it at the top."""
    found = page_of(usage(cluster("ECS-a", 1), cluster("ECS-b", 9), cluster("ECS-c", 1)))
    assert [row.cluster for row in found.clusters] == ["ECS-b", "ECS-a", "ECS-c"]


def test_spot_is_told_from_on_demand() -> None:
    """In the cluster's row and in the sum."""
    found = page_of(usage(cluster("ECS-a", 4, spot=2.0), cluster("ECS-b", 2)))
    assert found.clusters[0].spot_vcpu == 2.0
    assert {share.capacity: (share.count, share.vcpu) for share in found.shares} == {"on-demand": (2, 1.0), "spot": (4, 2.0)}


def test_services_beyond_the_table_are_summed() -> None:
    """How many there are, and what they cost together."""
    of = usage(cluster("ECS-a", 4))
    found = page_of(of, cost=cost(of, [("ECS-a", f"service:{n}") for n in range(MAX_GROUPS + 2)])).cost
    assert found is not None
    assert (len(found.groups), found.groups_left_out, round(found.left_out_per_hour, 2)) == (MAX_GROUPS, 2, 0.04)


def test_a_cluster_that_was_never_counted_makes_lower_bounds() -> None:
    """The sums leave it out, so more is held and it costs more; last known counts are no bound."""
    of = usage(cluster("ECS-web", 3), unlisted("EKS-new"))
    head = page_of(of, cost=cost(of, [])).headline
    assert (head.at_least, head.running, head.cost_at_least) == (True, 3, True)
    denied = page_of(usage(cluster("ECS-web", 3, readable=False, reason="denied"))).headline
    assert (denied.at_least, denied.complete) == (False, False)
    assert page_of(usage(cluster("ECS-web", 3), reason="clusters could not be listed")).headline.at_least
