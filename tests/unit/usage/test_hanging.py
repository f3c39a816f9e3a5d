"""Which workloads hang, since when, and what to do about them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.record import record
from fargatecount.usage.hanging import MAX_LISTED, hanging_summary, hanging_workloads, remedy
from fargatecount.usage.status import hanging_now, held_rows, scope_usage
from fargatecount.workload import Facts, Phase, Transition, WorkloadKey
from tests.support.builders import BATCH, HOUR, MINUTE, NOW, PODS, SCOPE, WEB, row, seen
from tests.support.fakes import FakeClock

AFTER = 30 * MINUTE
TASK, POD = WorkloadKey(WEB, "t1"), WorkloadKey(PODS, "uid-1")
OLD = Facts(created_at=NOW - HOUR, group="service:web")


@pytest.mark.parametrize(
    ("key", "changes", "known", "expected"),
    [
        pytest.param(TASK, {"phase": Phase.PENDING, "facts": OLD}, None, (HOUR, "the task has not started"), id="task created long ago"),
        pytest.param(TASK, {"phase": Phase.PENDING, "observed_at": NOW - HOUR}, None, (HOUR, "the task has not started"), id="no creation"),
        pytest.param(TASK, {"phase": Phase.PENDING, "facts": Facts(created_at=NOW - AFTER + 1)}, None, None, id="not yet long"),
        pytest.param(TASK, {"phase": Phase.STOPPING, "facts": OLD}, None, None, id="stopping since just now"),
        pytest.param(
            TASK, {"phase": Phase.STOPPING, "observed_at": NOW - AFTER}, None, (AFTER, "the task has not stopped"), id="stopping for long"
        ),
        pytest.param(TASK, {"phase": Phase.RUNNING, "facts": OLD, "observed_at": NOW - HOUR}, None, None, id="runs"),
        pytest.param(
            POD,
            {"phase": Phase.STOPPING},
            Transition(since=NOW - 2 * HOUR, reason="finalizers: a.io/x"),
            (2 * HOUR, "finalizers: a.io/x"),
            id="its own object knows better than the row",
        ),
        pytest.param(
            POD, {"phase": Phase.STOPPING, "observed_at": NOW - HOUR}, Transition(reason="x"), (HOUR, "x"), id="no time of its own"
        ),
    ],
)
def test_what_hangs(key: WorkloadKey, changes: dict[str, Any], known: Transition | None, expected: tuple[int, str] | None) -> None:
    """A workload hangs from the moment at which it began to start or to stop, by its own object or else by its row."""
    found = hanging_workloads([(key, row(**changes))], NOW, after=AFTER, known={key: known} if known else {})
    assert [(NOW - one.since, one.reason) for one in found] == ([expected] if expected else [])


def test_the_longest_are_listed_and_all_are_counted() -> None:
    """The list is bounded, its number is not."""
    rows = [(WorkloadKey(WEB, f"t{i:03}"), row(Phase.STOPPING, observed_at=NOW - HOUR - i * MINUTE)) for i in range(MAX_LISTED + 5)]
    found = hanging_summary(hanging_workloads(rows, NOW, after=AFTER, known={}), NOW, after=AFTER)
    assert (found.count, len(found.which), found.which[0].workload, found.which[0].minutes) == (105, 100, "t104", 164)


def test_rows_of_an_unreadable_cluster_prove_nothing() -> None:
    """What is old because the cluster could not be read is not called hanging."""
    ledger = MemoryLedger()
    for cluster in (WEB, BATCH):
        record([seen(Phase.STOPPING, cluster=cluster, observed_at=NOW - HOUR)], ledger, FakeClock(NOW))
    ledger.note(WEB, RECONCILER, Readability(readable=True, at=NOW, listed_at=NOW))
    ledger.note(BATCH, RECONCILER, Readability(readable=False, at=NOW, reason="denied"))
    usage = scope_usage(ledger, SCOPE, NOW)
    assert [one.cluster for one in hanging_now(usage, held_rows(ledger, usage), NOW).which] == ["ECS-web"]


@pytest.mark.parametrize("key", [TASK, POD], ids=["task", "pod"])
@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.STOPPING])
def test_every_remedy_ends_with_a_command(key: WorkloadKey, phase: Phase) -> None:
    """A hostile name is quoted, since people paste the command into a shell."""
    advice, _, command = remedy(key.cluster, "t1; reboot", phase, "a b/c").rpartition(": ")
    assert advice
    assert command.startswith(("aws ecs describe-tasks --cluster web --tasks 't1; reboot'", "kubectl get "))
    assert msgspec.json.encode(command)
