"""The words of a limit event: what a breach is about, its reading, and the steps that help.

Pure. No name in a chat message can mention, link or format anything.
"""

from __future__ import annotations

from fargatecount.breaches.breach import Change, ChangeKind, Gauge, QuotaGauge
from fargatecount.breaches.growth import Growth
from fargatecount.quotas.quota import CODES
from fargatecount.workload import Capacity, partition_of

MAX_NAME = 100
"""Characters of a name in a chat message; names of services have up to 255, and five of them must leave the message readable."""
CONSOLES = {"aws": "aws.amazon.com", "aws-cn": "amazonaws.cn", "aws-us-gov": "amazonaws-us-gov.com"}
"""Domains of the console by partition; those of the other partitions are not documented in public."""


def quota_link(region: str, capacity: Capacity) -> str | None:
    """Return the console page where you request a higher quota; None in a partition whose console is not known."""
    domain = CONSOLES.get(partition_of(region))
    if domain is None:
        return None
    return f"https://{region}.console.{domain}/servicequotas/home/services/fargate/quotas/{CODES[capacity]}"


def what_to_do(change: Change) -> list[str]:
    """Return the steps that help, the quickest first."""
    if change.kind is ChangeKind.CLEARED:
        return []
    if not isinstance(change.gauge, QuotaGauge):
        return [
            "See what uses it: fargatecount status",
            "Stop what is not needed, or raise the limit: setting `limits` in serverless.yml",
        ]
    return [
        "See what uses it: fargatecount status",
        "Stop or scale down what can wait; until then hold back deployments: fargatecount headroom --all shows which still fit",
        _ask(change.gauge.capacity),  # last, because a chat message puts the console's link behind it
    ]


def _ask(capacity: Capacity) -> str:
    command = f"fargatecount quota request --capacity {capacity} --to VCPU"
    return f"Request a higher quota: {command}, or Service Quotas, AWS Fargate, {CODES[capacity]}"


def describe(change: Change) -> str:
    """Return what a change is about, and the reading at that time, in one line."""
    gauge = change.gauge
    remaining = gauge.value - gauge.used if gauge.value is not None and gauge.used is not None else None
    return f"{about(gauge)}. {standing(gauge, remaining)}"


def about(gauge: Gauge) -> str:
    """Return what a gauge is about."""
    if isinstance(gauge, QuotaGauge):
        return f"the Fargate {gauge.capacity} quota"
    return f"your Fargate limit of {plain_name(gauge.cluster)}" if gauge.cluster else "your Fargate limit over all clusters"


def standing(gauge: Gauge, remaining: float | None) -> str:
    """Return a reading in one sentence."""
    if gauge.percent is None or gauge.value is None or gauge.used is None or remaining is None:
        return "The limit was removed, or the cluster is gone."
    used = f"{'At least ' if gauge.at_least else ''}{number(gauge.used)} of {number(gauge.value)} {gauge.unit} used"
    return f"{used}, {number(gauge.percent)} %; {number(remaining)} left."


def growth_line(each: Growth) -> str:
    """Return what one service has started, as an item of a list."""
    service = f"`{plain_name(each.group)}`" if each.group else "no service"
    counts = f"{number(each.started.vcpu)} of {number(each.held.vcpu)} vCPU, {each.started.count} of {each.held.count} workloads"
    return f"- `{each.cluster.kind}-{plain_name(each.cluster.name)}` {service}: {counts}"


def plain_name(name: str) -> str:
    """Return a name that contains no mention, no link and no end of a quotation."""
    shown = name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"
    return "".join(c if c.isalnum() or c in "._:/-…" else "?" for c in shown)


def number(value: float) -> str:
    """Return a number without trailing zeros."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def duration(seconds: int) -> str:
    """Return a duration in seconds or minutes."""
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} minutes"  # noqa: PLR2004 - below two minutes seconds are more precise
