"""The content of a limit event, for programs and for a chat."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.breaches.breach import BreachLevel, Change, ChangeKind, Gauge, LimitGauge, QuotaGauge
from fargatecount.breaches.event import LimitDetail, limit_event
from fargatecount.breaches.event_text import quota_link
from fargatecount.breaches.growth import Growth
from fargatecount.counts import Tally
from fargatecount.workload import Capacity, Cluster, Scope
from fargatecount.workload import Kind as ClusterKind
from tests.support.builders import MINUTE, NOW, SCOPE, WEB

QUOTA = QuotaGauge(
    capacity=Capacity.ON_DEMAND,
    level=BreachLevel.CRITICAL,
    threshold=95,
    unit="vCPU",
    value=20,
    used=19.25,
    percent=96.25,
)
LIMIT = LimitGauge(subject="ECS-web", level=BreachLevel.WARNING, threshold=90, unit="workloads", value=10, used=12, percent=120)
SHOP = Growth(WEB, "service:shop", Tally(12, 12 * 1024, 0), Tally(14, 14 * 1024, 0))


def crossed(gauge: Gauge = QUOTA) -> Change:
    return Change(kind=ChangeKind.CROSSED, gauge=gauge, since=NOW, at=NOW)


def cleared(gauge: Gauge = QUOTA, after: int = 5 * MINUTE) -> Change:
    return Change(kind=ChangeKind.CLEARED, gauge=gauge, since=NOW, at=NOW + after)


def test_a_crossed_quota_has_every_detail() -> None:
    """Its use and value, its owner, the services that grew, the steps and the link."""
    event = limit_event(crossed(), SCOPE, [SHOP])
    assert event.detail_type == "Fargate Limit Crossed"
    detail = msgspec.json.decode(msgspec.json.encode(event.detail))
    chat = detail.pop("chat")
    assert detail == {
        "schema": "fargatecount/limit",
        "version": 1,
        "breach": f"123456789012/eu-west-1/quota/on-demand/critical/{NOW}",
        "test": False,
        "account": "123456789012",
        "region": "eu-west-1",
        "ceiling": "quota",
        "level": "critical",
        "capacity": "on-demand",
        "cluster": None,
        "code": "L-3032A538",
        "threshold_percent": 95,
        "unit": "vCPU",
        "value": 20,
        "used": 19.25,
        "used_at_least": False,
        "remaining": 0.75,
        "percent": 96.25,
        "since": "2026-01-01T00:00:00Z",
        "lasted_seconds": None,
        "grew_minutes": 15,
        "grew": [
            {"cluster": "ECS-web", "service": "service:shop", "started": 12, "started_vcpu": 12.0, "held": 14, "held_vcpu": 14.0},
        ],
        "what_to_do": detail["what_to_do"],
        "link": "https://eu-west-1.console.aws.amazon.com/servicequotas/home/services/fargate/quotas/L-3032A538",
    }
    assert len(detail["what_to_do"]) == 3
    assert set(chat) == {"textType", "title", "description", "nextSteps", "keywords"}


def test_the_chat_message_has_a_few_lines() -> None:
    """Title, numbers, services, and the link in the step that needs it."""
    chat = limit_event(crossed(), SCOPE, [SHOP]).detail.chat
    assert chat.text_type == "client-markdown"
    assert chat.title == "critical level crossed: the Fargate on-demand quota in eu-west-1"
    assert chat.description.splitlines() == [
        "19.25 of 20 vCPU used, 96.25 %; 0.75 left. Account 123456789012.",
        "",
        "Started in the last 15 minutes and still held:",
        "- `ECS-web` `service:shop`: 12 of 14 vCPU, 12 of 14 workloads",
    ]
    assert chat.next_steps[-1].endswith(": https://eu-west-1.console.aws.amazon.com/servicequotas/home/services/fargate/quotas/L-3032A538")
    assert chat.keywords == ["fargatecount", "critical", "on-demand", "eu-west-1", "123456789012"]


def test_an_own_limit_has_no_code_and_no_link() -> None:
    """It names its cluster; use above the limit is a negative remainder."""
    event = limit_event(crossed(LIMIT), SCOPE, [])
    seen = {name: getattr(event.detail, name) for name in ("ceiling", "capacity", "cluster", "code", "link", "remaining", "grew")}
    assert seen == {"ceiling": "limit", "capacity": None, "cluster": "ECS-web", "code": None, "link": None, "remaining": -2, "grew": []}
    assert "your Fargate limit of ECS-web" in event.detail.chat.title
    assert "Nothing in it has started in the last 15 minutes." in event.detail.chat.description


def test_the_end_has_the_duration_and_no_steps() -> None:
    """It carries the name of the breach that it ends."""
    begun, ended = limit_event(crossed(), SCOPE, [SHOP]), limit_event(cleared(), SCOPE, None)
    assert ended.detail_type == "Fargate Limit Cleared"
    assert (ended.detail.lasted_seconds, ended.detail.what_to_do, ended.detail.grew) == (300, [], None)
    assert ended.detail.breach == begun.detail.breach
    assert ended.detail.chat.description.endswith("It had been over 95 % for 5 minutes.")


def test_services_that_could_not_be_read_are_not_none() -> None:
    """Unknown growth is null, and the chat message states it."""
    event = limit_event(crossed(), SCOPE, None)
    assert event.detail.grew is None
    assert "could not be read" in event.detail.chat.description


def test_the_event_of_a_removed_limit_states_the_removal() -> None:
    """Its end has no numbers."""
    gone = LimitGauge(subject="", level=BreachLevel.WARNING, threshold=90, unit="vCPU")
    event = limit_event(cleared(gone), SCOPE, None)
    assert [getattr(event.detail, name) for name in ("value", "used", "remaining", "percent")] == [None] * 4
    assert "The limit was removed" in event.detail.chat.description


def test_a_lower_bound_is_marked_as_one() -> None:
    """With workloads of unknown size the use is 'at least'."""
    gauge = QuotaGauge(
        capacity=Capacity.SPOT,
        level=BreachLevel.WARNING,
        threshold=80,
        unit="vCPU",
        value=5,
        used=4,
        percent=80,
        at_least=True,
    )
    event = limit_event(crossed(gauge), SCOPE, [])
    assert event.detail.used_at_least is True
    assert event.detail.chat.description.startswith("At least 4 of 5 vCPU used")


def test_a_test_event_is_marked_as_one() -> None:
    """In its key, in the title, and in the first line."""
    event = limit_event(crossed(), SCOPE, [], test=True)
    assert event.detail.test is True
    assert event.detail.chat.title.startswith("TEST: ")
    assert event.detail.chat.description.startswith("This is a test of message delivery.")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_link_leads_to_the_console_of_the_partition(region: str, host: str) -> None:
    """China and GovCloud have consoles of their own."""
    assert quota_link(region, Capacity.SPOT) == f"https://{host}/servicequotas/home/services/fargate/quotas/L-36FBB829"


HOSTILE = st.text(st.characters() | st.sampled_from('<>!@#*`|&\n\r\x1b"\\{}[]()'), min_size=1, max_size=400)


@given(HOSTILE, HOSTILE)
def test_no_name_can_format_a_chat_message(cluster: str, group: str) -> None:
    """A name is no mention, no link and no markup, ends no quotation and no line, and has a bounded length."""
    name = Cluster(SCOPE, ClusterKind.EKS, cluster)
    event = limit_event(crossed(LIMIT), SCOPE, [Growth(name, group, Tally(1, 1024, 0), Tally(1, 1024, 0))])
    line = event.detail.chat.description.splitlines()[-1]
    assert re.fullmatch(r"- `EKS-[^`<>!@#*|&\\]{1,100}` `[^`<>!@#*|&\\]{1,100}`: 1 of 1 vCPU, 1 of 1 workloads", line)
    assert line.isprintable()
    assert msgspec.json.decode(msgspec.json.encode(event.detail), type=LimitDetail) == event.detail


@given(HOSTILE)
def test_no_cluster_of_a_limit_can_format_a_chat_message(cluster: str) -> None:
    """A name is plain in the title and among the keywords."""
    gauge = LimitGauge(subject=cluster, level=BreachLevel.WARNING, threshold=90, unit="vCPU", value=1, used=1, percent=100)
    chat = limit_event(crossed(gauge), Scope("1", "eu-west-1"), []).detail.chat
    for text in (chat.title, *chat.keywords):
        assert re.fullmatch(r"[^`<>!@#*|&\\]+", text)
        assert text.isprintable()
