"""Reports of scopes as members send them, and the events that carry them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fargatecount.breaches.gauges import gauges
from fargatecount.counts import Counts, Tally
from fargatecount.ledger.clusters import Trust
from fargatecount.organization.compose import report_of
from fargatecount.organization.report import DETAIL_TYPE, ScopeReport, encode
from fargatecount.quotas.held import total_of
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import Capacity, Cluster, Kind, Millis, Phase, Scope
from tests.support.builders import NOW, SCOPE

READABLE = Trust(readable=True)
DENIED = Trust(readable=False, reason="ecs:ListTasks is denied", remedy="allow it")


def running(count: int, vcpu: float = 1.0, capacity: Capacity = Capacity.ON_DEMAND) -> Counts:
    """Return the counts of so many running tasks of a size."""
    return Counts({(Phase.RUNNING, capacity): Tally(count, round(count * vcpu * 1024), count * 2048)}) if count else Counts()


def cluster_usage(name: str = "web", counts: Counts | None = None, *, scope: Scope = SCOPE, trust: Trust = READABLE) -> ClusterUsage:
    """Return an ECS cluster as it is now."""
    return ClusterUsage(Cluster(scope, Kind.ECS, name), trust, running(1) if counts is None else counts, NOW)


def scope_usage_of(clusters: Sequence[ClusterUsage], scope: Scope = SCOPE, **changes: Any) -> ScopeUsage:
    """Return the usage of a scope with these clusters."""
    held = total_of(each.held for each in clusters)
    return ScopeUsage(scope, clusters, held.counts, certain=held.certain, **changes)


def quota(value: float | None, capacity: Capacity = Capacity.ON_DEMAND, read_at: Millis = NOW) -> Quota:
    """Return a quota that was just read."""
    return Quota(capacity=capacity, value=value, source=Origin.APPLIED, read_at=read_at)


def report(tasks: int = 1, *, scope: Scope = SCOPE, at: Millis = NOW, vcpu_quota: float = 100.0, **changes: Any) -> ScopeReport:
    """Return the report of a scope with one cluster of running tasks of 1 vCPU each, under a quota."""
    usage = scope_usage_of([cluster_usage(counts=running(tasks), scope=scope)], scope)
    quotas = [quota(vcpu_quota, read_at=at), quota(1000.0, Capacity.SPOT, read_at=at)]
    found = gauges(usage, quotas, Limits(), at)
    return msgspec.structs.replace(report_of(usage, at, version="0.1.0", quotas=quotas, gauges=found), **changes)


def report_from(usage: ScopeUsage, at: Millis, quotas: Sequence[Quota]) -> ScopeReport:
    """Return the report of a usage, as a member makes it."""
    return report_of(usage, at, version="0.1.0", quotas=quotas, gauges=gauges(usage, quotas, Limits(), at))


def event(sent: ScopeReport | bytes, sender: Scope = SCOPE, **changes: Any) -> str:
    """Return the event that carries a report, as SQS hands it out; EventBridge wrote `account` and `region`."""
    detail: Mapping[str, Any] = json.loads(sent if isinstance(sent, bytes) else encode(sent))
    envelope: dict[str, Any] = {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": DETAIL_TYPE,
        "source": "fargatecount",
        "account": sender.account,
        "time": "2026-01-01T00:00:00Z",
        "region": sender.region,
        "resources": [],
        "detail": detail,
    }
    return json.dumps(envelope | {name.replace("_", "-"): value for name, value in changes.items()})
