"""What the page says before all else."""

from __future__ import annotations

from typing import Any

from fargatecount.quotas.document import LimitDocument
from fargatecount.quotas.limits import Measure
from fargatecount.report.fold import fold, part_of
from fargatecount.report.page.compose import Now, page
from fargatecount.report.page.document import Page
from fargatecount.report.page.history import History
from fargatecount.usage.hanging import HangingSummary
from tests.support.builders import HOUR, MINUTE, NOW, SCOPE
from tests.support.pages import cluster, quota, refusal, report, short, survey, unlisted, usage

FULL = quota(249.0, percent=166.0, remaining=-99.0)


def page_of(*clusters: Any, quotas: Any = (), **state: Any) -> Page:
    last = report(NOW, state=state)
    stands = Now(at=NOW, usage=usage(*clusters), quotas=list(quotas), report=last)
    return page(SCOPE, stands, fold([part_of(last)]), History(), since=NOW - HOUR)


def said(found: Page) -> list[tuple[str, str]]:
    return [(alert.grade.value, alert.text) for alert in found.alerts]


def test_a_quiet_account_has_no_alert() -> None:
    """Nothing stands above the numbers, and the headline is well."""
    found = page_of(cluster("ECS-web"), quotas=[quota(10.0)])
    assert (said(found), found.headline.standing) == ([], "ok")


def test_a_full_quota_makes_a_complete_count_no_comfort() -> None:
    """The count is complete, and the headline is graded by the worst of all that is wrong."""
    found = page_of(cluster("ECS-web"), quotas=[FULL])
    assert said(found) == [("critical", "On-demand quota at 166 %: 249 of 150 vCPU")]
    assert (found.headline.complete, found.headline.standing) == (True, "critical")


def test_everything_that_fails_is_said_the_worst_first() -> None:
    """Deployments, refused launches, clusters that cannot be read, workloads that hang: each leads to its card."""
    found = page_of(
        cluster("ECS-web"),
        *(cluster(f"ECS-{n}", readable=False, reason="denied") for n in range(5)),
        headroom=survey(short(), services=3),
        refused=[refusal(NOW - MINUTE), refusal(NOW - MINUTE, group="service:back", count_at_least=True, reason="no room")],
        hanging=HangingSummary(after_minutes=30, count=7, which=[]),
    )
    assert said(found) == [
        ("critical", "The next deployment of 1 of 3 services does not fit into the quota: front"),
        ("critical", "AWS refused at least 6 launches in the last hour: service:front, service:back"),
        ("warning", "5 clusters cannot be read: ECS-0, ECS-1, ECS-2 and 2 more"),
        ("warning", "7 workloads pending or stopping for more than 30 minutes"),
    ]
    assert [alert.card for alert in found.alerts] == ["headroom", "refused", "unreadable", "hanging"]


def test_a_launch_that_was_refused_long_ago_is_no_alert() -> None:
    """It stays in its card: what AWS refused before the last hour is over, or was refused again."""
    assert said(page_of(cluster("ECS-web"), refused=[refusal(NOW - 2 * HOUR)])) == []


def test_bounds_are_told_as_bounds() -> None:
    """A quota beside a cluster that was never listed is used at least so much; beside last known counts it is an estimate."""
    never = page_of(unlisted("ECS-new"), quotas=[quota(140.0, used_at_least=True)])
    assert said(never)[0][1] == "On-demand quota at ≥ 93.33 %: ≥ 140 of 150 vCPU"
    denied = page_of(cluster("ECS-web", readable=False, reason="denied"), quotas=[quota(140.0)])
    assert said(denied)[0][1] == "On-demand quota at ~93.33 %: ~140 of 150 vCPU"
    assert [gauge.exact for gauge in denied.gauges] == [False]


def test_hundreds_of_limits_are_one_line_more() -> None:
    """Three are named, and the others counted."""
    limits = [
        LimitDocument(cluster=f"ECS-{n}", pattern="*", measure=Measure.VCPU, value=10, used=20, remaining=-10, percent=200)
        for n in range(300)
    ]
    assert [text for _, text in said(page_of(limits=limits))][-1] == "297 more limits of yours likewise"
