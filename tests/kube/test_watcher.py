"""From a cluster into the ledger, whatever happens on the way; against the simulator and a real API server alike."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from msgspec import structs

from fargatecount.adapters.kubernetes.pods import KubeConnection
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import UnavailableError
from tests.kube.control_plane import NOBODY, ControlPlane
from tests.kube.storm import Storm
from tests.kube.tables import DeadlyTable, OutageTable
from tests.kube.watching import QUICK, SETTLES_WITHIN, RunningWatcher, becomes, living, settles
from tests.support.builders import PODS
from tests.support.deadline import eventually


def _dies(watcher: RunningWatcher) -> bool:
    return watcher.is_dead


class Gate:
    """A way to the API server that can be shut."""

    def __init__(self, connection: KubeConnection) -> None:
        self.connection = replace(connection, token=self._token)
        self._inner = connection
        self.is_shut = False
        self.turned_away = 0

    def _token(self) -> str:
        if self.is_shut:
            self.turned_away += 1
            raise UnavailableError("no way to the cluster")
        return self._inner.token()


def test_a_storm_ends_in_the_truth(plane: ControlPlane) -> None:
    """Sixty pods come, change and go at random: the rows are the pods that are left, in their phases."""
    ledger = MemoryLedger(buckets=2)
    with RunningWatcher(plane.connection(), ledger, PODS):
        Storm(plane.driver, pods=60, seed=1).blow()
        settles(ledger, PODS, plane.driver)


def test_pods_that_were_there_before_are_counted(plane: ControlPlane) -> None:
    """The first list brings them, on whatever page they are."""
    Storm(plane.driver, pods=30, seed=2).blow(60)
    ledger = MemoryLedger()
    with RunningWatcher(plane.connection(), ledger, PODS):
        settles(ledger, PODS, plane.driver)


def test_a_server_may_restart_in_the_middle_of_a_storm(plane: ControlPlane) -> None:
    """Its history is lost with it, the counts are not."""
    ledger = MemoryLedger()
    storm = Storm(plane.driver, pods=40, seed=3)
    with RunningWatcher(plane.connection(), ledger, PODS):
        storm.blow(60)
        plane.restart()
        storm.blow()
        settles(ledger, PODS, plane.driver)


def test_deletions_that_no_watch_told_are_found_by_the_next_list(plane: ControlPlane) -> None:
    """Cut off while pods are deleted and the history is compacted: 410, a new list, and what it lacks is gone."""
    for number in range(5):
        plane.driver.create(f"pod-{number}")
    ledger = MemoryLedger()
    gate = Gate(plane.connection())
    # It would try from its old version for ever: only the 410 makes it ask for a list.
    with RunningWatcher(gate.connection, ledger, PODS, timing=structs.replace(QUICK, retries=1_000_000)):
        settles(ledger, PODS, plane.driver)
        gate.is_shut = True
        eventually(lambda: gate.turned_away, "the watcher is cut off")
        for number in range(3):
            plane.driver.delete(f"pod-{number}")
        plane.restart()
        assert len(living(ledger, PODS)) == 5
        gate.is_shut = False
        settles(ledger, PODS, plane.driver)


def test_a_watcher_that_is_killed_is_replaced_without_a_trace(plane: ControlPlane) -> None:
    """It dies once before a transaction and once right behind one; the next watcher starts from the API and the ledger alone."""
    table = DeadlyTable()
    storm = Storm(plane.driver, pods=60, seed=4)
    for after_writing in (False, True):
        with RunningWatcher(plane.connection(), table, PODS) as watcher:
            storm.blow(40)
            table.kill_next(after_writing=after_writing)
            while not watcher.is_dead and not storm.is_over:
                storm.step()
            eventually(partial(_dies, watcher), "the watcher is killed", SETTLES_WITHIN)
    with RunningWatcher(plane.connection(), table, PODS):
        storm.blow()
        settles(table, PODS, plane.driver)


def test_a_table_may_fail_for_a_while(plane: ControlPlane) -> None:
    """No transaction is answered, one is written all the same: nothing is lost and nothing counted twice."""
    table = OutageTable()
    storm = Storm(plane.driver, pods=50, seed=5)
    with RunningWatcher(plane.connection(), table, PODS):
        storm.blow(30)
        table.down.set()
        storm.blow(60)
        # `record` gives a batch 12 tries: the outage outlasts two rounds of them.
        eventually(lambda: table.turned_away > 2 * 12, "the table has turned transactions away", SETTLES_WITHIN)
        table.down.clear()
        storm.blow()
        settles(table, PODS, plane.driver)


def test_a_cluster_that_denies_is_unreadable_and_not_empty(plane: ControlPlane) -> None:
    """The reason is the server's own, with what to do about it."""
    plane.driver.create("pod")
    ledger = MemoryLedger()
    with RunningWatcher(plane.connection(NOBODY), ledger, PODS):
        view = becomes(ledger, PODS, lambda view: not view.readable, "the cluster is noted as unreadable")
    assert 'User "nobody" cannot list resource "pods"' in view.reason
    assert "fargatecount eks enroll" in view.remedy
    assert view.listed_at is None
