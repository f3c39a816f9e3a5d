"""Faults that only a simulated cluster has on command: silence, missing events, connections that break at random, a recreation."""

from __future__ import annotations

import random
import threading
from contextlib import ExitStack

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.workload import Cluster, Kind
from tests.kube.control_plane import SimulatedPlane, simulated
from tests.kube.storm import Storm
from tests.kube.watching import RunningWatcher, becomes, living, settles
from tests.support.builders import PODS, SCOPE
from watcher.stream import WatchTiming

EAGER = WatchTiming(page_size=7, watch_seconds=(1, 1), grace=0.2, retries=0)
"""Lists again after the first failure."""


def test_a_change_that_the_watch_lost_is_found_by_the_regular_list(simulation: SimulatedPlane) -> None:
    """Changes that a watch loses silently are found by the regular list."""
    for name in ("deleted", "completed", "untouched"):
        simulation.driver.create(name)
        simulation.driver.bind(name)
    ledger = MemoryLedger()
    with RunningWatcher(simulation.connection(), ledger, PODS, timing=WatchTiming(watch_seconds=(1, 1), grace=0.5, relist_every=1500)):
        settles(ledger, PODS, simulation.driver)
        simulation.api.faults.change(forget=4)  # a deletion is two changes
        simulation.driver.delete("deleted")
        simulation.driver.complete("completed")
        simulation.driver.create("created")
        assert simulation.api.faults.settings.forget == 0
        settles(ledger, PODS, simulation.driver)


def test_a_cluster_that_falls_silent_is_noticed(simulation: SimulatedPlane) -> None:
    """A cluster whose watches stay silent is still counted by its lists."""
    simulation.driver.create("before")
    ledger = MemoryLedger()
    with RunningWatcher(simulation.connection(), ledger, PODS, timing=EAGER):
        settles(ledger, PODS, simulation.driver)
        simulation.api.faults.change(frozen=True)
        simulation.driver.create("meanwhile")
        simulation.driver.delete("before")
        settles(ledger, PODS, simulation.driver)
        simulation.api.faults.change(frozen=False)


def test_watches_that_break_all_the_time_lose_nothing(simulation: SimulatedPlane) -> None:
    """Watches that break in one event of ten lose nothing."""
    simulation.api.faults.change(cut=0.1, seed=7)
    ledger = MemoryLedger()
    with RunningWatcher(simulation.connection(), ledger, PODS):
        Storm(simulation.driver, pods=40, seed=7).blow()
        settles(ledger, PODS, simulation.driver)


def test_counts_stay_while_rights_are_taken_away(simulation: SimulatedPlane) -> None:
    """An unreadable cluster keeps its last known counts, and continues from them once it is readable."""
    simulation.driver.create("pod")
    ledger = MemoryLedger()
    with RunningWatcher(simulation.connection(), ledger, PODS):
        settles(ledger, PODS, simulation.driver)
        simulation.api.faults.change(deny_users=("watcher",))
        simulation.driver.control("drop")
        view = becomes(ledger, PODS, lambda view: not view.readable, "the cluster is noted as unreadable")
        assert "403" in view.reason
        simulation.driver.delete("pod")
        assert len(living(ledger, PODS)) == 1
        simulation.api.faults.change(deny_users=())
        becomes(ledger, PODS, lambda view: view.readable, "the cluster is noted as readable again")
        settles(ledger, PODS, simulation.driver)


def test_a_cluster_recreated_with_low_versions_leaves_no_ghosts() -> None:
    """After a recreation with low versions, the old pods are gone and the new ones of the same names are counted."""
    ledger = MemoryLedger(buckets=2)
    with simulated("pods", first_version=1_000_000) as old:
        for number in range(8):
            old.driver.create(f"pod-{number}")
        with RunningWatcher(old.connection(), ledger, PODS, epoch=1):
            settles(ledger, PODS, old.driver)
    with simulated("pods", first_version=1) as new:
        for number in range(3):
            new.driver.create(f"pod-{number}")
            new.driver.bind(f"pod-{number}")
        with RunningWatcher(new.connection(), ledger, PODS, epoch=2):
            settles(ledger, PODS, new.driver)
            new.driver.delete("pod-0")
            settles(ledger, PODS, new.driver)


def test_a_cluster_replaced_behind_the_same_address_is_not_taken_for_the_old_one() -> None:
    """A cluster with another CA at the same address is unreadable, not empty."""
    ledger = MemoryLedger()
    with ExitStack() as running:
        old = running.enter_context(simulated("pods", first_version=1_000_000))
        old.driver.create("pod")
        with RunningWatcher(old.connection(), ledger, PODS):
            settles(ledger, PODS, old.driver)
            port = int(old.api.host.rsplit(":", 1)[1])
            old.api.stop()
            running.enter_context(simulated("pods", port=port))
            view = becomes(ledger, PODS, lambda view: not view.readable and "CERTIFICATE" in view.reason, "the other CA is noticed")
        assert "recreated" in view.remedy
        assert len(living(ledger, PODS)) == 1


def test_five_hundred_pods_on_three_clusters_while_everything_breaks() -> None:
    """While connections break and versions expire, the ledger ends equal to every cluster."""
    ledger = MemoryLedger(buckets=2)
    clusters = [Cluster(SCOPE, Kind.EKS, name) for name in ("alpha", "beta", "gamma")]
    with ExitStack() as running:
        planes = [running.enter_context(simulated(cluster.name)) for cluster in clusters]
        for seed, (plane, cluster) in enumerate(zip(planes, clusters, strict=True)):
            plane.api.faults.change(cut=0.01, seed=seed)
            running.enter_context(RunningWatcher(plane.connection(), ledger, cluster, seed=seed))
        storms = [threading.Thread(target=_blow_and_break, args=(plane, seed)) for seed, plane in enumerate(planes)]
        for storm in storms:
            storm.start()
        for storm in storms:
            storm.join(120)
            assert not storm.is_alive()
        for plane, cluster in zip(planes, clusters, strict=True):
            settles(ledger, cluster, plane.driver)
            assert len(living(ledger, cluster)) > 0


def _blow_and_break(plane: SimulatedPlane, seed: int) -> None:
    dice = random.Random(seed)
    # 500 in all: 166, 167, 167.
    storm = Storm(plane.driver, pods=(500 + seed) // 3, seed=seed)

    def disturb() -> None:
        chance = dice.random()
        if chance < 0.01:
            plane.api.cluster.drop_watches()
        elif chance < 0.013:
            plane.api.cluster.history.compact()
        elif chance < 0.016:
            plane.api.faults.change(**{dice.choice(("unavailable", "gone_at_connect", "gone_in_stream", "gone_while_paging")): 1})
        elif chance < 0.018:
            plane.api.restart()

    storm.blow(between=disturb)
