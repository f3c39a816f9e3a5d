"""Transition of a task: since when it has been on its way to running or to its end, and why it takes time.

Pure. A task hangs in PENDING by an image or a secret that cannot be read, and in DEPROVISIONING by a network interface that stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fargatecount.ecs.task import PHASES
from fargatecount.ecs.text import MAX_LENGTH, bounded
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Phase, Transition


def task_transition(task: Mapping[str, Any]) -> Transition | None:
    """Return the transition of a task of DescribeTasks; None if it runs or has ended."""
    status = str(task.get("lastStatus") or "")
    phase = PHASES.get(status)
    if phase not in {Phase.PENDING, Phase.STOPPING}:
        return None
    since = parse_millis(task.get("createdAt") if phase is Phase.PENDING else task.get("stoppingAt"))
    reasons = [
        status,
        str(task.get("stoppedReason") or ""),
        *sorted({str(each.get("reason") or "") for each in task.get("containers") or ()}),
    ]
    return Transition(since=since, reason=bounded(": ".join(filter(None, reasons))[:MAX_LENGTH]) or "")
