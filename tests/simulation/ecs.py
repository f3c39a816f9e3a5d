"""ECS in simulated time: clusters whose tasks live, the events of it, and an API that pauses, throttles and forgets."""

from __future__ import annotations

from collections.abc import Callable

from fargatecount.workload import Cluster, Millis, Observation, Phase
from tests.simulation.scheduler import Scheduler
from tests.support.builders import MINUTE
from tests.support.fake_ecs import FakeEcs
from tests.support.fakes import FakeClock

COURSES = (
    ("PROVISIONING", "PENDING", "RUNNING", "DEACTIVATING", "DEPROVISIONING", "STOPPED"),
    ("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "STOPPING", "STOPPED"),
    ("PROVISIONING", "STOPPED"),
    ("PROVISIONING", "PENDING", "RUNNING"),
    ("RUNNING", "STOPPED"),
)
"""The states through which a task goes; one of them lives on."""


class AwsClock(FakeClock):
    """AWS's own clock, which is right."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def now(self) -> Millis:
        """Return the true time."""
        return self._scheduler.now


class SimulatedEcs(FakeEcs):
    """The ECS API, at which every call lets others act."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(AwsClock(scheduler))
        self._scheduler = scheduler
        self.silent = False
        """Whether it answers no call at all."""
        self.throttle(lambda _: self.silent or (not scheduler.calm and scheduler.chance.random() < 0.03))

    def _ask(self, call: str, cluster: str | None = None) -> None:
        self._scheduler.pause()
        super()._ask(call, cluster)
        self._scheduler.pause(freeze=0)

    def living(self) -> dict[tuple[Cluster, str], Phase]:
        """Return the phase of every task that has not stopped."""
        found = {}
        for task_id, seen in self.truth().items():
            if self._clusters.get(seen.cluster.arn) == "ACTIVE":
                found[seen.cluster, task_id] = seen.phase
        return found


def live(ecs: SimulatedEcs, scheduler: Scheduler, task_id: str, cluster: Cluster, send: Callable[[Observation], None]) -> None:
    """Let one task live from now on, and send an event of each change; runs as an actor's code."""
    chance = scheduler.chance
    course = chance.choice(COURSES)
    spot = {"capacityProviderName": "FARGATE_SPOT"} if chance.random() < 0.3 else {}
    send(ecs.start(task_id, cluster, lastStatus=course[0], **spot))
    for status in course[1:]:
        scheduler.sleep(round(chance.choice([1_000, 20_000, 5 * MINUTE, 40 * MINUTE]) * chance.uniform(0.2, 1.5)))
        send(ecs.move(task_id, status))
        if chance.random() < 0.2:  # a container changed, or the network interface: the version moves, the state does not
            send(ecs.move(task_id, status))
