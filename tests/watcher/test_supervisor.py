"""Several clusters watched at once, by the real stream against simulated API servers."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import msgspec
import pytest

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.errors import MisconfiguredError, UnavailableError
from fargatecount.ledger.clusters import WATCHER, Readability
from fargatecount.workload import Cluster, Kind
from tests.kube.control_plane import NOBODY, SimulatedPlane, simulated
from tests.kube.control_plane import WATCHER as TOKEN
from tests.support.builders import SCOPE
from tests.support.deadline import eventually
from watcher.health import Health
from watcher.stream import WatchTiming
from watcher.supervisor import DISCOVERY_RETRY, Supervisor
from watcher.targets import Target, Targets

TIMING = WatchTiming(watch_seconds=(2, 2), grace=1)


def cluster(name: str) -> Cluster:
    return Cluster(SCOPE, Kind.EKS, name)


class Watched:
    """A supervisor over a ledger in memory."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.clock = SystemClock()
        self.health = Health(self.clock)
        self.stop = threading.Event()

    def supervisor(self, find_targets: Callable[[], Targets] = lambda: Targets(()), *, retry: float = DISCOVERY_RETRY) -> Supervisor:
        return Supervisor(
            find_targets,
            table=self.ledger,
            refusals=MemoryRefusals(),
            health=self.health,
            clock=self.clock,
            stop=self.stop,
            timing=TIMING,
            retry=retry,
        )

    def held(self, name: str) -> int:
        return self.ledger.total(cluster(name)).held.count

    def note_of(self, name: str) -> Readability | None:
        return next((state.sources.get(WATCHER) for state in self.ledger.clusters(SCOPE) if state.cluster.name == name), None)


@pytest.fixture
def planes() -> Iterator[list[SimulatedPlane]]:
    """Three clusters with one running pod each."""
    with ExitStack() as stack:
        made = [stack.enter_context(simulated(name)) for name in ("one", "two", "three")]
        for plane in made:
            plane.driver.create("p")
            plane.driver.bind("p")
            plane.driver.run("p")
        yield made


def target(plane: SimulatedPlane, *, epoch: int = 1, token: str = TOKEN) -> Target:
    return Target(cluster(plane.api.name), epoch, plane.connection(token))


def test_each_cluster_is_counted_beside_a_denied_one(planes: list[SimulatedPlane]) -> None:
    """Two clusters are counted while the third, which denies access, is noted as unreadable with its remedy."""
    one, two, three = planes
    watched = Watched()
    supervisor = watched.supervisor()
    try:
        supervisor.apply(Targets((target(one), target(two), target(three, token=NOBODY))))
        eventually(lambda: (watched.held("one"), watched.held("two")) == (1, 1), "both are counted")
        refused = eventually(lambda: watched.note_of("three"), "the third is noted")
        assert refused is not None
        assert (refused.readable, "403" in refused.reason, "eks enroll three" in refused.remedy) == (False, True, True)
        assert watched.held("three") == 0
        eventually(watched.health.is_ready, "all are settled")
        assert watched.health.is_live()
    finally:
        supervisor.stop()


def test_removed_cluster_is_no_longer_watched(planes: list[SimulatedPlane]) -> None:
    """A removed cluster loses its threads and its metrics, and keeps its counts."""
    watched = Watched()
    supervisor = watched.supervisor()
    try:
        supervisor.apply(Targets((target(planes[0]),)))
        eventually(lambda: watched.held("one") == 1, "it is counted")
        supervisor.apply(Targets(()))
        assert "loop-one" not in {thread.name for thread in threading.enumerate()}
        assert watched.held("one") == 1
        assert watched.health.is_ready()
    finally:
        supervisor.stop()


def test_recreated_cluster_is_watched_again() -> None:
    """No pod of the old cluster stays after a cluster of the same name, another epoch and low versions replaced it."""
    watched = Watched()
    supervisor = watched.supervisor()
    try:
        with simulated("web", first_version=90_000) as old:
            for name in ("a", "b"):
                old.driver.create(name)
                old.driver.bind(name)
            supervisor.apply(Targets((target(old, epoch=1),)))
            eventually(lambda: watched.held("web") == 2, "the old one is counted")
        with simulated("web") as new:
            new.driver.create("c")
            new.driver.bind("c")
            supervisor.apply(Targets((target(new, epoch=2),)))
            eventually(lambda: watched.held("web") == 1, "the new one is counted, and only it")
    finally:
        supervisor.stop()


def test_new_ca_behind_the_same_host_is_taken_up(planes: list[SimulatedPlane]) -> None:
    """A cluster whose CA was replaced is unreadable with the old CA, and counted with the new one at the next discovery."""
    one, other, _ = planes
    stale = target(one)
    stale = msgspec.structs.replace(stale, connection=dataclasses.replace(stale.connection, ca=other.connection().ca))
    watched = Watched()
    supervisor = watched.supervisor()
    try:
        supervisor.apply(Targets((stale,)))
        noted = eventually(lambda: watched.note_of("one"), "it is noted")
        assert noted is not None
        assert (noted.readable, "CERTIFICATE_VERIFY_FAILED" in noted.reason) == (False, True)
        supervisor.apply(Targets((target(one),)))
        eventually(lambda: watched.held("one") == 1, "it is counted")
    finally:
        supervisor.stop()


def test_a_certificate_of_another_ca_begins_a_discovery(planes: list[SimulatedPlane]) -> None:
    """The failure itself makes the supervisor look for the new CA, two minutes before the next discovery is due."""
    one, other, _ = planes
    stale = target(one)
    stale = msgspec.structs.replace(stale, connection=dataclasses.replace(stale.connection, ca=other.connection().ca))
    found = [Targets((stale,)), Targets((target(one),))]
    watched = Watched()
    supervisor = watched.supervisor(lambda: found.pop(0) if len(found) > 1 else found[0], retry=0.1)
    running = threading.Thread(target=supervisor.run)
    running.start()
    try:
        eventually(lambda: watched.held("one") == 1, "it is counted")
    finally:
        watched.stop.set()
        running.join()


def test_supervisor_stops_soon(planes: list[SimulatedPlane]) -> None:
    """A supervisor with watches that stay open for minutes stops within seconds."""
    watched = Watched()
    supervisor = watched.supervisor(lambda: Targets(tuple(target(plane) for plane in planes)))
    running = threading.Thread(target=supervisor.run, daemon=True)
    running.start()
    eventually(lambda: all(watched.held(name) for name in ("one", "two", "three")), "all are counted")
    watched.stop.set()
    running.join(5)
    assert not running.is_alive()


def test_error_at_the_start_is_raised() -> None:
    """A cluster that does not exist ends the watcher with the reason."""

    def find_targets() -> Targets:
        raise MisconfiguredError("there is no EKS cluster 'wbe'")

    with pytest.raises(MisconfiguredError, match="wbe"):
        Watched().supervisor(find_targets).run()


def test_discovery_without_an_answer_is_repeated() -> None:
    """A discovery that AWS does not answer is repeated, even the first."""
    watched = Watched()
    discoveries = []

    def find_targets() -> Targets:
        discoveries.append(1)
        watched.stop.set()
        raise UnavailableError("throttled")

    watched.supervisor(find_targets).run()
    assert discoveries == [1]


def test_refusal_later_leaves_the_watched_ones_alone(planes: list[SimulatedPlane]) -> None:
    """A permission that is removed while watching is logged; the watched clusters stay watched."""
    watched = Watched()
    supervisor = watched.supervisor()
    try:
        supervisor.apply(Targets((target(planes[0]),)))
        supervisor.apply(Targets((), frozenset({"one"})))
        eventually(lambda: watched.held("one") == 1, "it is still watched")
    finally:
        supervisor.stop()
