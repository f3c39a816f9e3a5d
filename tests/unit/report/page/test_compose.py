"""What the page shows, decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fargatecount.report.page.compose import MAX_GROUPS, MAX_LIMITS, Now, page, standing
from fargatecount.report.page.digest import Digest
from fargatecount.report.page.document import Page
from fargatecount.report.page.history import History
from tests.support.builders import HOUR, NOW, SCOPE
from tests.support.pages import cluster, cost, quotas, unlisted, usage


def page_of(of: Mapping[str, Any], **changes: Any) -> Page:
    values: dict[str, Any] = {"at": NOW, "usage": of, "quotas": quotas(of)}
    stands = Now(**values | changes)
    return page(SCOPE, stands, Digest(), History(), since=NOW - HOUR)


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


@pytest.mark.parametrize(
    ("percent", "word"), [(None, "unknown"), (0, "ok"), (79.9, "ok"), (80, "warning"), (95, "critical"), (140, "critical")]
)
def test_a_gauge_has_the_colour_of_its_alarm(percent: float | None, word: str) -> None:
    """Amber and red begin where the alarms do."""
    assert standing(percent) == word


def test_the_marks_are_those_of_the_deployment() -> None:
    """Half of a quota is amber where its warning begins at 40 percent, red where its alarm does."""
    half = quotas(usage(cluster("ECS-web", 3)))
    half = [{**each, "percent": 50.0} for each in half]
    warned, paged = (page_of(usage(), quotas=half, marks=marks) for marks in ((40.0, 60.0), (30.0, 40.0)))
    assert (warned.marks, {gauge.standing for gauge in warned.gauges}) == ((40.0, 60.0), {"warning"})
    assert {gauge.standing for gauge in paged.gauges} == {"critical"}


def test_an_unknown_quota_has_no_percentage() -> None:
    """It is shown with what is used, and with the reason why it is not known."""
    of = usage(cluster("ECS-web", 4))
    unknown = {"value": None, "remaining": None, "percent": None, "source": "unknown", "reason": "AccessDenied"}
    gauge = page_of(of, quotas=[quotas(of)[0] | unknown]).gauges[0]
    assert (gauge.value, gauge.percent, gauge.standing, gauge.used, gauge.reason) == (None, None, "unknown", 2.0, "AccessDenied")


def test_the_limits_that_are_used_most_have_gauges() -> None:
    """Each cluster may have limits; the page shows the nearest, and says how many it leaves out."""
    limit = {"cluster": "ECS-web", "pattern": "web*", "measure": "vcpu", "value": 10, "used": 1, "used_at_least": False, "remaining": 9}
    found = page_of(usage(), beside={"limits": [limit | {"percent": float(n)} for n in range(MAX_LIMITS + 2)]})
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
    assert (len(found.groups), found.groups_left_out, round(found.left_out_per_hour, 2)) == (MAX_GROUPS, 2, 0.16)
