"""Pods that Fargate does not take, as a watcher remembers them."""

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
        """Fail, or remember."""
        if self.left:
            self.left -= 1
            raise UnavailableError("the table did not answer")
        super().remember(scope, kept)


def refused(name: str, condition: dict[str, str] = QUOTA, version: int = 10) -> Pod:
    return waiting(name, conditions=[condition], version=version)


def told(stage: Stage) -> list[Refused]:
    return recent(stage.refusals, SCOPE, stage.clock.now())


def test_a_pod_that_fargate_does_not_take_is_remembered() -> None:
    """With the cluster, the owner and Fargate's words, whether a list or a change has told of it."""
    stage = Stage()
    stage.play(listed(refused("a-1")), changed(refused("b-1", UNSUPPORTED)))
    assert {(one.cluster, one.group, one.reason, one.is_shortage) for one in told(stage)} == {
        (PODS.key, "shop/a-1", QUOTA["message"], True),
        (PODS.key, "shop/b-1", "Unschedulable: Pod not supported on Fargate: HostNetwork", False),
    }


def test_a_pod_that_only_waits_for_its_node_is_none() -> None:
    """Fargate takes half a minute to a minute and says nothing meanwhile."""
    stage = Stage()
    stage.play(listed(waiting("a-1"), pod("b-1")))
    assert told(stage) == []


def test_as_long_as_it_waits_it_is_remembered_in_each_window() -> None:
    """One pod, first and last seen to wait as far apart as it has waited."""
    stage = Stage()
    stage.play(listed(refused("a-1")), 2 * WINDOW / 1000)
    (one,) = told(stage)
    assert one.count == 1
    assert one.last - one.first >= WINDOW


def test_what_has_its_node_or_is_gone_waits_no_longer() -> None:
    """A window later nothing is told of either."""
    stage = Stage()
    stage.play(
        listed(refused("a-1"), refused("b-1")),
        changed(pod("a-1", version=11)),
        deleted(refused("b-1", version=12)),
        2 * WINDOW / 1000,
    )
    assert {one.last < NOW + WINDOW for one in told(stage)} == {True}


def test_a_list_without_it_ends_it() -> None:
    """What a complete list lacks does not wait."""
    stage = Stage()
    stage.play(listed(refused("a-1")), listed(version=200), 2 * WINDOW / 1000)
    assert {one.last < NOW + WINDOW for one in told(stage)} == {True}


def test_what_could_not_be_remembered_is_remembered_later() -> None:
    """An outage of the table loses nothing, and holds up no event."""
    stage = Stage()
    stage.refusals = Outage(fail=1)
    stage.play(listed(refused("a-1")), changed(pod("b-1")), 2 * MINUTE / 1000)
    assert [one.count for one in told(stage)] == [1]
    assert set(stage.table.phases()) == {"a-1", "b-1"}
