"""Pods that Fargate does not take, as a watcher logs them."""

from __future__ import annotations

from collections.abc import Iterable

from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.eks.pod import Pod
from fargatecount.errors import UnavailableError
from fargatecount.refusals.log import WINDOW, RefusalWindow
from fargatecount.refusals.recent import Refused, recent
from fargatecount.workload import Scope
from tests.support.builders import MINUTE, NOW, PODS, SCOPE
from tests.support.pods import pod, waiting
from tests.watcher.scripted import Stage, changed, deleted, listed

QUOTA = {"type": "PodScheduled", "status": "False", "message": "Your AWS account has reached the limit on the number of Fargate pods"}
UNSUPPORTED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "Pod not supported on Fargate: HostNetwork"}


class Outage(MemoryRefusals):
    """A log whose first writes fail."""

    def __init__(self, fail: int) -> None:
        super().__init__()
        self.left = fail

    def remember(self, scope: Scope, kept: Iterable[RefusalWindow]) -> None:
        """Fail while failures are left, then write."""
        if self.left:
            self.left -= 1
            raise UnavailableError("the table did not answer")
        super().remember(scope, kept)


def refused(name: str, condition: dict[str, str] = QUOTA, version: int = 10) -> Pod:
    return waiting(name, conditions=[condition], version=version)


def logged(stage: Stage) -> list[Refused]:
    return recent(stage.refusals, SCOPE, stage.clock.now())


def test_refused_pod_is_logged() -> None:
    """A refused pod is logged with cluster, owner and Fargate's reason, whether it came with a list or a change."""
    stage = Stage()
    stage.play(listed(refused("a-1")), changed(refused("b-1", UNSUPPORTED)))
    assert {(one.cluster, one.group, one.reason, one.is_shortage) for one in logged(stage)} == {
        (PODS.key, "shop/a-1", QUOTA["message"], True),
        (PODS.key, "shop/b-1", "Unschedulable: Pod not supported on Fargate: HostNetwork", False),
    }


def test_pod_that_only_waits_for_its_node_is_not_logged() -> None:
    """A pod without a reason is not logged: Fargate takes up to a minute to provide a node."""
    stage = Stage()
    stage.play(listed(waiting("a-1"), pod("b-1")))
    assert logged(stage) == []


def test_waiting_pod_is_logged_in_each_window() -> None:
    """A pod that waits is one entry, with the first and the last time at which it waited."""
    stage = Stage()
    stage.play(listed(refused("a-1")), 2 * WINDOW / 1000)
    (one,) = logged(stage)
    assert one.count == 1
    assert one.last - one.first >= WINDOW


def test_pod_with_a_node_or_deleted_is_no_longer_logged() -> None:
    """Neither a pod with a node nor a deleted pod is logged in the next window."""
    stage = Stage()
    stage.play(
        listed(refused("a-1"), refused("b-1")),
        changed(pod("a-1", version=11)),
        deleted(refused("b-1", version=12)),
        2 * WINDOW / 1000,
    )
    assert {one.last < NOW + WINDOW for one in logged(stage)} == {True}


def test_list_without_the_pod_ends_it() -> None:
    """A pod that a complete list lacks no longer waits."""
    stage = Stage()
    stage.play(listed(refused("a-1")), listed(version=200), 2 * WINDOW / 1000)
    assert {one.last < NOW + WINDOW for one in logged(stage)} == {True}


def test_failed_write_is_repeated() -> None:
    """An outage of the table loses no refusal, and delays no event."""
    stage = Stage()
    stage.refusals = Outage(fail=1)
    stage.play(listed(refused("a-1")), changed(pod("b-1")), 2 * MINUTE / 1000)
    assert [one.count for one in logged(stage)] == [1]
    assert set(stage.table.phases()) == {"a-1", "b-1"}
