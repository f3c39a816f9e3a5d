"""The limit event: what is told of a breach that CloudWatch cannot say, for programs and, ready to be read, for a chat.

Pure. Promises of the shape `fargatecount/limit` version 1: keys may be added, none is renamed; what is not known is null. `breach` together
with the kind is the same however often an event is delivered, so that whoever must act once can. The part `chat` is the content of a custom
notification (https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html); no name in it can mention, link or format anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fargatecount.breaches.breach import Change, ChangeKind, Gauge, LimitKind
from fargatecount.breaches.growth import WINDOW, Growth
from fargatecount.quotas.quota import CODES
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity, Millis, Scope

SCHEMA = "fargatecount/limit"
VERSION = 1
SOURCE = "fargatecount"
DETAIL_TYPES = {kind: f"Fargate Limit {kind}" for kind in ChangeKind}
LONGEST_NAME = 100
"""Characters of a name in a chat message; names of services have up to 255, and five of them must leave the message readable."""


class LimitEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event."""

    kind: ChangeKind
    at: Millis
    detail: dict[str, Any]

    @property
    def detail_type(self) -> str:
        """`Fargate Limit Crossed` or `Fargate Limit Cleared`."""
        return DETAIL_TYPES[self.kind]


def limit_event(change: Change, scope: Scope, grew: Sequence[Growth] | None, *, test: bool = False) -> LimitEvent:
    """Return the event of a change.

    `grew` is what has started lately under the gauge, None where that is not known; `test` marks an event that only tries the way it goes.
    """
    gauge = change.gauge
    of_quota = gauge.limit_kind is LimitKind.QUOTA
    remaining = gauge.value - gauge.used if gauge.value is not None and gauge.used is not None else None
    detail = {
        "schema": SCHEMA,
        "version": VERSION,
        "breach": f"{scope.account}/{scope.region}/{gauge.key}/{change.since}",
        "test": test,
        "account": scope.account,
        "region": scope.region,
        "ceiling": str(gauge.limit_kind),
        "level": str(gauge.level),
        "capacity": gauge.subject if of_quota else None,
        "cluster": None if of_quota else gauge.subject or None,
        "code": CODES[Capacity(gauge.subject)] if of_quota else None,
        "threshold_percent": gauge.threshold,
        "unit": gauge.unit,
        "value": gauge.value,
        "used": gauge.used,
        "used_at_least": gauge.at_least,
        "remaining": remaining,
        "percent": gauge.percent,
        "since": to_iso(change.since),
        "lasted_seconds": (change.at - change.since) // 1000 if change.kind is ChangeKind.CLEARED else None,
        "grew_minutes": WINDOW // 60_000,
        "grew": [_growth(each) for each in grew] if grew is not None else None,
        "what_to_do": what_to_do(change),
        "link": quota_link(scope.region, Capacity(gauge.subject)) if of_quota else None,
    }
    return LimitEvent(kind=change.kind, at=change.at, detail={**detail, "chat": _chat(change, scope, grew, detail)})


def quota_link(region: str, capacity: Capacity) -> str:
    """Return where in the console a higher quota is asked for; the domain follows from the Region's partition."""
    domain = "amazonaws.cn" if region.startswith("cn-") else "amazonaws-us-gov.com" if region.startswith("us-gov-") else "aws.amazon.com"
    return f"https://{region}.console.{domain}/servicequotas/home/services/fargate/quotas/{CODES[capacity]}"


def what_to_do(change: Change) -> list[str]:
    """Return the steps that help, the quickest first."""
    if change.kind is ChangeKind.CLEARED:
        return []
    if change.gauge.limit_kind is LimitKind.LIMIT:
        return [
            "See who holds it: fargatecount status",
            "Stop what is not needed, or raise the limit: setting `limits` in serverless.yml",
        ]
    return [
        "See who holds it: fargatecount status",
        "Stop or scale down what can wait; until then hold back deployments: fargatecount headroom --all says which still fit",
        f"Ask for a higher quota: Service Quotas, AWS Fargate, {CODES[Capacity(change.gauge.subject)]}",
    ]


def _growth(each: Growth) -> dict[str, Any]:
    return {
        "cluster": each.cluster.key,
        "service": each.group,
        "started": each.started.count,
        "started_vcpu": each.started.vcpu,
        "held": each.held.count,
        "held_vcpu": each.held.vcpu,
    }


def _chat(change: Change, scope: Scope, grew: Sequence[Growth] | None, detail: dict[str, Any]) -> dict[str, Any]:
    what = {ChangeKind.CROSSED: "crossed", ChangeKind.CLEARED: "cleared"}[change.kind]
    about = _about(change.gauge)
    title = f"{'TEST: ' if detail['test'] else ''}{change.gauge.level} level {what}: {about} in {scope.region}"
    steps = list(detail["what_to_do"])
    if detail["link"] and steps:
        steps[-1] = f"{steps[-1]}: {detail['link']}"
    lines = ["This only tries whether messages arrive. Nothing has happened.", ""] if detail["test"] else []
    lines.append(f"{_standing(change.gauge, detail['remaining'])} Account {scope.account}.")
    if change.kind is ChangeKind.CLEARED:
        lines.append(f"It had been over {_number(change.gauge.threshold)} % for {_duration(detail['lasted_seconds'])}.")
    elif grew is None:
        lines.append("Which services have started most lately could not be read.")
    elif not grew:
        lines.append(f"Nothing of it has started in the last {detail['grew_minutes']} minutes.")
    else:
        lines += ["", f"Started in the last {detail['grew_minutes']} minutes and still held:", *map(_line, grew)]
    keywords = ["fargatecount", str(change.gauge.level), _named(change.gauge.subject or "total"), scope.region, scope.account]
    return {"textType": "client-markdown", "title": title, "description": "\n".join(lines), "nextSteps": steps, "keywords": keywords}


def _about(gauge: Gauge) -> str:
    if gauge.limit_kind is LimitKind.QUOTA:
        return f"the Fargate {gauge.subject} quota"
    return f"your Fargate limit of {_named(gauge.subject)}" if gauge.subject else "your Fargate limit over all clusters"


def _standing(gauge: Gauge, remaining: float | None) -> str:
    if gauge.percent is None or gauge.value is None or gauge.used is None or remaining is None:
        return "There is no such limit any more, or the cluster has gone."
    used = f"{'At least ' if gauge.at_least else ''}{_number(gauge.used)} of {_number(gauge.value)} {gauge.unit} used"
    return f"{used}, {_number(gauge.percent)} %; {_number(remaining)} left."


def _line(each: Growth) -> str:
    service = f"`{_named(each.group)}`" if each.group else "no service"
    counts = f"{_number(each.started.vcpu)} of {_number(each.held.vcpu)} vCPU, {each.started.count} of {each.held.count} workloads"
    return f"- `{each.cluster.kind}-{_named(each.cluster.name)}` {service}: {counts}"


def _named(name: str) -> str:
    """Return a name in which a chat finds neither a mention nor a link nor the end of its quotation marks."""
    shown = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    return "".join(c if c.isalnum() or c in "._:/-…" else "?" for c in shown)


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} minutes"  # noqa: PLR2004 - two minutes: below, seconds say more
