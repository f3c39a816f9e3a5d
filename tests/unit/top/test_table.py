"""The tables of the screen."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fargatecount.cli.top_cells import fitting, line, shortened, text_of
from fargatecount.metrics.points import ServiceKey
from fargatecount.top.details import details
from fargatecount.top.snapshot import LedgerRow, TopSnapshot
from fargatecount.top.table import top_table
from fargatecount.top.view import COLUMNS, Format, OwnerKey, TopQuery, View, opened
from fargatecount.workload import Cluster, Facts, Kind, Phase, WorkloadKey
from tests.support.builders import HOUR, MINUTE, NOW, SCOPE, WEB, row
from tests.support.fakes import FakeClock
from tests.support.top_shop import shop


@pytest.fixture(scope="module")
def snapshot() -> TopSnapshot:
    """Three clusters with twelve services of two tasks each; one cluster is unreadable."""
    return shop(3, 12, clock=FakeClock()).read()


def names(snapshot: TopSnapshot, query: TopQuery) -> list[object]:
    return [each.values[0] for each in top_table(snapshot, query).rows]


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("reverse", [True, False])
def test_every_column_sorts(snapshot: TopSnapshot, view: View, reverse: bool) -> None:
    """Known values stand in order, unknown ones last, and no line is lost."""
    for column in range(len(COLUMNS[view])):
        rows = top_table(snapshot, TopQuery(view=view, sort=column, reverse=reverse)).rows
        values = [each.values[column] for each in rows]
        known = [value for value in values if value is not None]
        assert values == known + [None] * (len(values) - len(known))
        assert all((one >= other) if reverse else (one <= other) for one, other in pairwise(known))  # type: ignore[operator]
        assert len(rows) == len(top_table(snapshot, opened(view)).rows)


def test_the_largest_cluster_stands_first(snapshot: TopSnapshot) -> None:
    """By held vCPU, with its share of the quota; an unreadable one is marked, and keeps its last counts."""
    rows = top_table(snapshot, opened(View.CLUSTERS)).rows
    assert [each.values[0] for each in rows] == ["ECS-shop-002", "ECS-shop-001", "ECS-shop-000"]
    assert [each.is_doubtful for each in rows] == [False, True, False]
    assert rows[1].values[3] == 8


def test_a_cluster_opens_its_services_and_a_service_its_tasks(snapshot: TopSnapshot) -> None:
    """Each level has what belongs to the one above, and nothing else."""
    cluster = Cluster(SCOPE, Kind.ECS, "shop-000")
    services = top_table(snapshot, opened(View.SERVICES, cluster=cluster)).rows
    assert {each.values[1] for each in services} == {"ECS-shop-000"}
    assert len(services) == 4
    service = services[0].subject
    assert isinstance(service, ServiceKey)
    tasks = top_table(snapshot, opened(View.TASKS, cluster=cluster, service=service)).rows
    assert [each.values[1] for each in tasks] == [service.group] * 2


def test_a_filter_looks_at_every_text(snapshot: TopSnapshot) -> None:
    """Whatever its case: the name, the service, the starter."""
    found = top_table(snapshot, TopQuery(view=View.TASKS, needle="ALICE")).rows
    assert {each.values[7] for each in found} == {"alice"}
    assert names(snapshot, TopQuery(view=View.CLUSTERS, needle="no such")) == []


def test_two_revisions_show_a_deployment(snapshot: TopSnapshot) -> None:
    """A service lists the revisions of its task definition that run, and its owners."""
    found = {each.values[0]: each.values[7] for each in top_table(snapshot, opened(View.SERVICES)).rows}
    assert found["service:front-0000"] == "0,1"


def test_what_changed_lately_stands_first() -> None:
    """Starts and ends of the last ten minutes, an end with AWS's words; what changed before is left out."""
    ended = row(Phase.GONE, facts=Facts(stopped_at=NOW - MINUTE, stop_reason="Essential container exited"), observed_at=NOW - MINUTE)
    started = row(facts=Facts(started_at=NOW - 2 * MINUTE, group="service:shop"), observed_at=NOW)
    old = row(facts=Facts(started_at=NOW - 11 * MINUTE), observed_at=NOW)
    rows = [LedgerRow(WEB, "started", started), LedgerRow(WEB, "ended", ended), LedgerRow(WEB, "old", old)]
    found = top_table(TopSnapshot(at=NOW, scopes=[], rows=rows), opened(View.CHANGES)).rows
    assert [(each.values[0], each.values[2], each.values[5]) for each in found] == [
        ("ended", "gone", "Essential container exited"),
        ("started", "running", None),
    ]


def test_owners_have_their_sums(snapshot: TopSnapshot) -> None:
    """Services, workloads and vCPU of each; Enter leads to the services of one, and of an owner that was never read to none."""
    found = top_table(snapshot, opened(View.OWNERS)).rows
    assert {(row.values[0], row.values[1], row.values[3]) for row in found} == {("team-a", 6, 12), ("team-b", 6, 12)}
    assert sum(float(row.values[4] or 0) for row in found) == sum(each.counts.held.vcpu for each in snapshot.services)
    assert {row.subject for row in found} == {OwnerKey("team-a"), OwnerKey("team-b")}
    unread = TopSnapshot(at=snapshot.at, scopes=snapshot.scopes, rows=[LedgerRow(snapshot.held[0].cluster, "t", row(facts=Facts(cpu=256)))])
    assert [(each.values[0], each.subject) for each in top_table(unread, opened(View.OWNERS)).rows] == [("?", None)]


def test_what_hangs_has_its_remedy(snapshot: TopSnapshot) -> None:
    """A task that has been pending for an hour, in a cluster that can be read; the same in a denied cluster proves nothing."""
    (found,) = top_table(snapshot, opened(View.HANGING)).rows
    assert (found.values[1], found.values[2], found.values[4]) == (HOUR, "pending", "ECS-shop-000")
    assert found.values[5] == "the task has not started"
    assert isinstance(found.subject, LedgerRow)
    hanging = snapshot.hanging[WorkloadKey(found.subject.cluster, found.subject.workload_id)]
    pairs = details(found.subject, snapshot.at, hanging)
    assert pairs[0] == ("hangs for 1h", "the task has not started")
    assert (pairs[1][0], pairs[1][1].startswith("see why, and correct its image")) == ("what to do", True)
    late = TopSnapshot(at=snapshot.at, scopes=snapshot.scopes, rows=snapshot.rows, hanging_after=2 * HOUR)
    assert top_table(late, opened(View.HANGING)).rows == []


def test_refusals_have_awss_words(snapshot: TopSnapshot) -> None:
    """The reason unchanged, how often, and how long ago; Enter leads to the cluster."""
    (refused,) = top_table(snapshot, opened(View.REFUSED)).rows
    assert str(refused.values[0]).startswith("You've reached the limit")
    assert (refused.values[4], refused.values[5], refused.subject) == (3, 0, Cluster(SCOPE, Kind.ECS, "shop-000"))


def test_everything_of_one_task(snapshot: TopSnapshot) -> None:
    """Its facts by name, times as ages."""
    pairs = dict(details(snapshot.held[0], snapshot.at))
    assert (pairs["group"], pairs["created"], pairs["source"]) == ("service:front-0000", "1h ago", "event")


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("view", View)
def test_a_line_fits_any_terminal(snapshot: TopSnapshot, view: View, width: int) -> None:
    """Exactly as wide as the terminal; the name keeps its room as long as another column can be left out."""
    columns = COLUMNS[view]
    chosen = fitting(columns, width)
    for each in top_table(snapshot, opened(view)).rows:
        assert len(line(columns, chosen, [text_of(each.values[i], columns[i], "utf-8") for i in chosen], width)) == width
    assert len(chosen) == len(columns) or width < 120


@pytest.mark.parametrize(
    ("text", "size", "expected"), [("abc", 3, "abc"), ("abcdef", 5, "ab…ef"), ("abcdef", 4, "ab…f"), ("abcdef", 1, "a"), ("abcdef", 0, "")]
)
def test_a_long_name_loses_its_middle(text: str, size: int, expected: str) -> None:
    """Names of one family differ at the end."""
    assert shortened(text, size) == expected


def test_what_is_not_known_and_what_a_terminal_obeys() -> None:
    """A question mark for a number, a dash for a text; control characters are shown as written."""
    number, text = COLUMNS[View.CLUSTERS][1], COLUMNS[View.CLUSTERS][0]
    assert (text_of(None, number, "utf-8"), text_of(None, text, "utf-8"), text_of("\x1b[2J", text, "utf-8")) == ("?", "-", "\\x1b[2J")
    assert text.format is Format.TEXT
