"""Ways to use up a quota: ECS tasks, EKS pods that a watcher records, and both together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from local.kubernetes.driver import PodDriver
from tests.e2e.alarmed import Alarmed
from tests.e2e.eks_side import EksSide, watching
from tests.support.deadline import eventually

POD = "1vCPU 2GB"
"""As large as the tasks of `Alarmed`."""
SETTLED = 60.0
"""Seconds for a watcher to start and list, which takes a few on a quiet machine."""


class Filling(Protocol):
    """A way."""

    def hold(self, vcpu: int) -> None:
        """Make the account hold so many vCPUs by launching or stopping workloads; returns when AWS has the requests."""
        ...


class Tasks:
    """Tasks of 1 vCPU in one ECS cluster."""

    def __init__(self, alarmed: Alarmed) -> None:
        self._alarmed = alarmed
        alarmed.create("filled")

    def hold(self, vcpu: int) -> None:
        """Run or stop tasks."""
        more = vcpu - len(self._alarmed.tasks)
        if more > 0:
            self._alarmed.run("filled", more)
        else:
            self._alarmed.stop(-more)


class Pods:
    """Pods of 1 vCPU in one EKS cluster."""

    def __init__(self, driver: PodDriver) -> None:
        self._driver = driver
        self._living: list[str] = []
        self._made = 0

    def hold(self, vcpu: int) -> None:
        """Run or delete pods."""
        while len(self._living) < vcpu:
            self._made += 1
            name = f"pod-{self._made}"
            self._driver.create(name, size=POD)
            self._driver.bind(name)
            self._driver.run(name)
            self._living.append(name)
        while len(self._living) > vcpu:
            self._driver.delete(self._living.pop())


class Both:
    """Tasks and pods, half of each."""

    def __init__(self, tasks: Tasks, pods: Pods) -> None:
        self._tasks = tasks
        self._pods = pods

    def hold(self, vcpu: int) -> None:
        """Run or end both."""
        self._tasks.hold(vcpu - vcpu // 2)
        self._pods.hold(vcpu // 2)


@contextmanager
def watched_pods(alarmed: Alarmed, log: Path) -> Iterator[Pods]:
    """Make an EKS cluster and run a watcher beside it, with the rights that infra/watcher-role.yml gives one."""
    side = EksSide(alarmed)
    pods = Pods(side.create("filled"))
    role = side.watcher_role("filled")
    answer = alarmed.command("eks", "enroll", "--yes", "filled", "--principal-arn", role, "--json")
    assert answer.returncode == 0, answer.stderr + answer.stdout
    with watching(side.as_role(role), log, "--cluster", "filled"):
        eventually(lambda: alarmed.ledger.clusters(alarmed.scope) and side.shown("filled")["readable"], f"pods are watched: {log}", SETTLED)
        yield pods
    side.close()
