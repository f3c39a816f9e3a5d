"""The targets of fuzzing: each parser with valid documents, which are mutated."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.support.builders import NOW
from tests.support.letters import EVENT, FAILURE
from tests.support.pages import repair, repaired, report
from tests.support.pods import pod_json
from tests.support.service_events import action, deployment, impaired, stopped
from tools.fuzz.parsers import dead_letter, description, event, kept_report, pod, quota, settings, watch_line

TESTS = Path(__file__).resolve().parents[2] / "tests"


class Target(msgspec.Struct, frozen=True):
    """One parser."""

    name: str
    seeds: Sequence[Any]
    """Valid documents, which are mutated."""
    run: Callable[[bytes], str]
    """Parses bytes; returns one of the three outcomes, and raises anything for a fault."""
    weight: int = 1
    """Inputs of this target in each cycle over all of them."""


def _events(*texts: str) -> list[Any]:
    return [json.loads(text) for text in texts]


_REAL = [json.loads(path.read_text()) for path in sorted((TESTS / "events").glob("*.json"))]
_TASKS = [*_events(EVENT, stopped()), *_REAL]
_REFUSED = {"type": "PodScheduled", "status": "False", "reason": "X", "message": "Y"}
_PODS = [
    pod_json(),
    pod_json(
        node=None, phase="Pending", size=None, conditions=[{"type": "PodScheduled", "status": "False", "reason": "X", "message": "Y"}]
    ),
    *(json.loads(path.read_text()) for path in sorted((TESTS / "cases" / "pods").glob("*.json"))),
]
_SETTINGS = {
    "FARGATECOUNT_TABLE": "table",
    "FARGATECOUNT_DEAD_LETTERS_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/dead",
    "FARGATECOUNT_REPORTS_BUCKET": "bucket",
    "FARGATECOUNT_RECONCILE_MINUTES": "5",
    "FARGATECOUNT_BUCKETS": "4",
    "FARGATECOUNT_ARMED": "true",
    "FARGATECOUNT_NAMESPACE": "Fargate Stats",
    "FARGATECOUNT_DETAIL": "service",
    "FARGATECOUNT_WARNING_PERCENT": "80",
    "FARGATECOUNT_LIMITS": '{"total": {"vcpu": 40}}',
    "FARGATECOUNT_REGION_PRICES": '{"eu-west-1": {"linux-x86": {"vcpu": 0.04, "gib": 0.004}}}',
    "FARGATECOUNT_DISCOUNT_PERCENT": "10",
    "FARGATECOUNT_INCLUDE": "web*,batch",
}

_LINES = [{"type": kind, "object": each} for each in _PODS for kind in ("ADDED", "DELETED", "BOOKMARK", "ERROR")]
_QUOTA = {"Quota": {"QuotaCode": "L-3032A538", "Value": 6.0, "Unit": "None"}}

TARGETS: tuple[Target, ...] = (
    Target("task-event", _TASKS, event, 4),
    Target("service-event", _events(action(), impaired(), deployment()), event, 2),
    Target("description", [each["detail"] for each in _TASKS], description, 3),
    Target("pod", _PODS, pod, 3),
    Target("watch-line", _LINES, watch_line, 3),
    Target("quota", [_QUOTA], quota),
    Target("dead-letter", [*_TASKS, *_events(FAILURE)], dead_letter, 2),
    Target("report", [msgspec.to_builtins(report(NOW, None, repaired("web", repair())))], kept_report),
    Target("settings", [_SETTINGS], settings),
)
