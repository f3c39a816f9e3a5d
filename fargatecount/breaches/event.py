"""The limit event: one change of a breach with the details that a CloudWatch alarm cannot carry, for programs and for a chat.

Pure. Promises of the shape `fargatecount/limit` version 1: keys may be added, none is renamed; an unknown value is null. `breach` together
with the kind is the same however often an event is delivered, so that a consumer can act exactly once. `chat` is the content of a custom
notification (https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html); no name in it can mention, link or format anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.breaches.breach import BreachLevel, Change, ChangeKind, QuotaGauge
from fargatecount.breaches.event_text import about, duration, growth_line, number, plain_name, quota_link, standing, what_to_do
from fargatecount.breaches.growth import WINDOW, Growth
from fargatecount.quotas.quota import CODES
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity, Millis, Scope

SCHEMA = "fargatecount/limit"
VERSION = 1
SOURCE = "fargatecount"
DETAIL_TYPES = {kind: f"Fargate Limit {kind}" for kind in ChangeKind}


class GrewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A service that has started workloads lately."""

    cluster: str
    service: str | None
    started: int
    started_vcpu: float
    held: int
    held_vcpu: float


class ChatNotification(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The content of a custom notification of Amazon Q Developer in chat applications."""

    text_type: str = "client-markdown"
    title: str
    description: str
    next_steps: list[str]
    keywords: list[str]


class LimitDetail(msgspec.Struct, frozen=True, kw_only=True):
    """The detail of the event: the promised document."""

    schema: str = SCHEMA
    version: int = VERSION
    breach: str
    test: bool
    account: str
    region: str
    ceiling: str
    """`quota` or `limit`."""
    level: BreachLevel
    capacity: Capacity | None
    """Of a quota."""
    cluster: str | None
    """Of a limit of one cluster."""
    code: str | None
    """Of a quota, in Service Quotas."""
    threshold_percent: float
    unit: str
    value: float | None
    used: float | None
    used_at_least: bool
    remaining: float | None
    percent: float | None
    since: str
    lasted_seconds: int | None
    grew_minutes: int
    grew: list[GrewEntry] | None
    what_to_do: list[str]
    link: str | None
    chat: ChatNotification


class LimitEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event."""

    kind: ChangeKind
    at: Millis
    detail: LimitDetail

    @property
    def detail_type(self) -> str:
        """`Fargate Limit Crossed` or `Fargate Limit Cleared`."""
        return DETAIL_TYPES[self.kind]


def limit_event(change: Change, scope: Scope, grew: Sequence[Growth] | None, *, test: bool = False) -> LimitEvent:
    """Return the event of a change.

    `grew` is what has started lately under the gauge, None if it could not be read; `test` marks an event of `alarm-test`.
    """
    gauge = change.gauge
    quota = gauge if isinstance(gauge, QuotaGauge) else None
    detail = LimitDetail(
        breach=breach_of(change, scope),
        test=test,
        account=scope.account,
        region=scope.region,
        ceiling="quota" if quota else "limit",
        level=gauge.level,
        capacity=quota.capacity if quota else None,
        cluster=None if isinstance(gauge, QuotaGauge) else gauge.cluster,
        code=CODES[quota.capacity] if quota else None,
        threshold_percent=gauge.threshold,
        unit=gauge.unit,
        value=gauge.value,
        used=gauge.used,
        used_at_least=gauge.at_least,
        remaining=gauge.value - gauge.used if gauge.value is not None and gauge.used is not None else None,
        percent=gauge.percent,
        since=str(to_iso(change.since)),
        lasted_seconds=(change.at - change.since) // 1000 if change.kind is ChangeKind.CLEARED else None,
        grew_minutes=WINDOW // 60_000,
        grew=[grew_entry(each) for each in grew] if grew is not None else None,
        what_to_do=what_to_do(change),
        link=quota_link(scope.region, quota.capacity) if quota else None,
        chat=ChatNotification(title="", description="", next_steps=[], keywords=[]),
    )
    return LimitEvent(kind=change.kind, at=change.at, detail=msgspec.structs.replace(detail, chat=_chat(change, grew, detail)))


def breach_of(change: Change, scope: Scope) -> str:
    """Return what identifies a breach, at its begin and at its end."""
    return f"{scope.account}/{scope.region}/{change.gauge.key}/{change.since}"


def grew_entry(each: Growth) -> GrewEntry:
    """Return growth as it stands in JSON."""
    cluster, started, held = each.cluster.key, each.started, each.held
    return GrewEntry(
        cluster=cluster, service=each.group, started=started.count, started_vcpu=started.vcpu, held=held.count, held_vcpu=held.vcpu
    )


def _chat(change: Change, grew: Sequence[Growth] | None, detail: LimitDetail) -> ChatNotification:
    verb = {ChangeKind.CROSSED: "crossed", ChangeKind.CLEARED: "cleared"}[change.kind]
    title = f"{'TEST: ' if detail.test else ''}{detail.level} level {verb}: {about(change.gauge)} in {detail.region}"
    steps = list(detail.what_to_do)
    if detail.link and steps:
        steps[-1] = f"{steps[-1]}: {detail.link}"
    lines = ["This is a test of message delivery. Nothing has happened.", ""] if detail.test else []
    lines.append(f"{standing(change.gauge, detail.remaining)} Account {detail.account}.")
    if detail.lasted_seconds is not None:
        lines.append(f"It had been over {number(detail.threshold_percent)} % for {duration(detail.lasted_seconds)}.")
    elif grew is None:
        lines.append("Which services have started most lately could not be read.")
    elif not grew:
        lines.append(f"Nothing in it has started in the last {detail.grew_minutes} minutes.")
    else:
        lines += ["", f"Started in the last {detail.grew_minutes} minutes and still held:", *map(growth_line, grew)]
    keywords = ["fargatecount", str(detail.level), plain_name(detail.capacity or detail.cluster or "total"), detail.region, detail.account]
    return ChatNotification(title=title, description="\n".join(lines), next_steps=steps, keywords=keywords)
