"""Builders of observations, rows and refusals: a test names what matters to it, everything else is an ordinary Fargate task."""

from __future__ import annotations

from typing import Any

from fargatecount.ledger.row import TOMBSTONE_LIFE, Order, Row, first_rev
from fargatecount.refusals.refusal import Refusal, RefusalKind
from fargatecount.workload import Capacity, Cluster, Facts, Kind, Millis, Observation, Phase, Scope, SourceRank

NOW: Millis = 1_767_225_600_000
"""2026-01-01T00:00:00Z, the moment at which tests happen unless they say otherwise."""
MINUTE: Millis = 60_000
HOUR: Millis = 60 * MINUTE

SCOPE = Scope("123456789012", "eu-west-1")
WEB = Cluster(SCOPE, Kind.ECS, "web")
BATCH = Cluster(SCOPE, Kind.ECS, "batch")
PODS = Cluster(SCOPE, Kind.EKS, "pods")

FIRST = first_rev(NOW)
"""The revision of a row that is made at `NOW`."""
SECOND = FIRST + 1

SIZE = Facts(cpu=256, memory=512)


def seen(phase: Phase = Phase.RUNNING, version: int = 1, **changes: Any) -> Observation:
    """Return what an event said about task `t1` of cluster `web` just now; `facts` are cpu 256, memory 512 unless given."""
    values: dict[str, Any] = {
        "cluster": WEB,
        "workload_id": "t1",
        "version": version,
        "source": SourceRank.EVENT,
        "phase": phase,
        "observed_at": NOW,
        "facts": SIZE,
    }
    return Observation(**values | changes)


def told_by_api(phase: Phase = Phase.RUNNING, version: int = 1, **changes: Any) -> Observation:
    """Return what DescribeTasks or a list of pods answered."""
    return seen(phase, version, **{"source": SourceRank.API} | changes)


def unknown_to_api(since_rev: int, **changes: Any) -> Observation:
    """Return what `failures: MISSING` of DescribeTasks amounts to for a row of that revision."""
    return told_by_api(Phase.GONE, 0, **{"missing_since_rev": since_rev, "facts": Facts()} | changes)


def absent_from_list(version: int, **changes: Any) -> Observation:
    """Return what a complete list of that version says of a workload it lacks."""
    return told_by_api(Phase.GONE, version, **{"absent": True, "facts": Facts()} | changes)


def row(phase: Phase = Phase.RUNNING, version: int = 1, **changes: Any) -> Row:
    """Return the row that an event left just now, at its first revision; a gone one is a confirmed tombstone."""
    gone = phase is Phase.GONE
    values: dict[str, Any] = {
        "rev": FIRST,
        "epoch": 0,
        "version": version,
        "source": SourceRank.EVENT,
        "phase": phase,
        "observed_at": NOW,
        "written_at": NOW,
        "facts": SIZE,
        "expires_at": NOW + TOMBSTONE_LIFE if gone else None,
    }
    return Row(**values | changes)


def order(version: int, *, epoch: int = 0, source: SourceRank = SourceRank.EVENT, phase: Phase = Phase.RUNNING) -> Order:
    """Return the order of an observation."""
    return (epoch, version, source, phase.ordinal)


FULL = Facts(
    cpu=4096,
    memory=30720,
    storage=200,
    capacity=Capacity.SPOT,
    group="service:checkout",
    profile="fp-default",
    architecture="arm64",
    os="WINDOWS_SERVER_2022_CORE",
    created_at=NOW - HOUR,
    started_at=NOW - HOUR + MINUTE,
    family="checkout-canary",
    revision=117,
    owner="payments",
    zone="eu-west-1a",
    started_by="ecs-svc/1234567890123456789",
    platform="1.4.0",
    pull_started_at=NOW - HOUR + 10_000,
    pull_stopped_at=NOW - HOUR + 30_000,
    ready_at=NOW - HOUR + MINUTE,
    stopping_at=NOW - MINUTE,
    stopped_at=NOW - 1,
    stop_code="ServiceSchedulerInitiated",
    stop_reason="Scaling activity initiated by (deployment ecs-svc/1234567890123456789)",
    exit_codes="app=137 sidecar=0",
)
"""Facts with nothing left out."""


def refusal(i: int = 0, at: int = NOW, **changes: Any) -> Refusal:
    """Return a task of service `shop` that was refused for lack of quota."""
    ordinary: dict[str, Any] = {
        "id": f"task-{i}",
        "at": at,
        "cluster": WEB,
        "group": "service:shop",
        "capacity": Capacity.ON_DEMAND,
        "kind": RefusalKind.STOPPED,
        "reason": "You've reached the limit on the number of vCPUs you can run concurrently",
        "is_shortage": True,
    }
    return Refusal(**ordinary | changes)
