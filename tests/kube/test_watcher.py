"""From a cluster into the ledger, with faults on the way, against the simulator and a real API server alike."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from msgspec import structs

from fargatecount.adapters.kubernetes.pods import KubeConnection
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import UnavailableError
from fargatecount.ledger.store import Bucket
from tests.kube.control_plane import NOBODY, ControlPlane
from tests.kube.storm import Storm
from tests.kube.tables import DeadlyTable, OutageTable
from tests.kube.watching import QUICK, SETTLES_WITHIN, RunningWatcher, becomes, living, settles
from tests.support.builders import PODS
from tests.support.deadline import eventually


def _dies(watcher: RunningWatcher) -> bool:
    return watcher.is_dead


class Gate:
    """A connection to the API server that can be cut."""

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


def test_random_changes_end_in_the_right_rows(plane: ControlPlane) -> None:
    """Sixty pods are created, changed and deleted at random; the rows are the pods that are left, in their phases."""
    ledger = MemoryLedger(buckets=2)
    with RunningWatcher(plane.connection(), ledger, PODS):
        Storm(plane.driver, pods=60, seed=1).blow()
        settles(ledger, PODS, plane.driver)


def test_pods_that_were_there_before_are_counted(plane: ControlPlane) -> None:
    """The first list brings the existing pods of all pages."""
    Storm(plane.driver, pods=30, seed=2).blow(60)
    ledger = MemoryLedger()
    with RunningWatcher(plane.connection(), ledger, PODS):
        settles(ledger, PODS, plane.driver)


def test_pods_that_users_wrote_strangely_are_counted(plane: ControlPlane) -> None:
    """Quantities and owner names that a real API server accepts hold up no pod, in the first list and in the watch."""
    odd: list[dict[str, Any]] = [
        {"requests": {"ephemeral-storage": "1e200"}},
        {"requests": {"cpu": "9" * 45 + "E", "memory": "1e20000"}},
        {"owner": "x" * 450_000},
        {"owner": "a\x1b[2J\n"},
    ]
    for number, strange in enumerate(odd):
        create_odd(plane, f"listed-{number}", **strange)
    ledger = MemoryLedger()
    with RunningWatcher(plane.connection(), ledger, PODS):
        settles(ledger, PODS, plane.driver)
        for number, strange in enumerate(odd):
            create_odd(plane, f"watched-{number}", **strange)
        plane.driver.create("good")
        settles(ledger, PODS, plane.driver)
    rows = [row for number in range(ledger.buckets) for _, row in ledger.rows_of(Bucket(PODS, number))]
    assert len(rows) == 2 * len(odd) + 1
    assert max(len(row.facts.group or "") for row in rows) == len("default/") + 253
    assert all((row.facts.group or "").isprintable() for row in rows)


def create_odd(plane: ControlPlane, name: str, *, requests: dict[str, str] | None = None, owner: str = "") -> None:
    """Create a Fargate pod with these requests, or with an owner of this name."""
    metadata: dict[str, Any] = {"name": name, "labels": {"eks.amazonaws.com/fargate-profile": "default"}}
    if owner:
        metadata["ownerReferences"] = [
            {"apiVersion": "batch/v1", "kind": "Job", "name": owner, "uid": f"uid-of-{name}", "controller": True}
        ]
    container = {"name": "main", "image": "registry.invalid/app", "resources": {"requests": requests or {}}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"schedulerName": "fargate-scheduler", "containers": [container]},
    }
    plane.driver.request("POST", "/api/v1/namespaces/default/pods", pod)


def test_a_server_may_restart_in_the_middle_of_a_storm(plane: ControlPlane) -> None:
    """A restart of the server loses its history, but no count."""
    ledger = MemoryLedger()
    storm = Storm(plane.driver, pods=40, seed=3)
    with RunningWatcher(plane.connection(), ledger, PODS):
        storm.blow(60)
        plane.restart()
        storm.blow()
        settles(ledger, PODS, plane.driver)


def test_deletions_that_no_watch_saw_are_found_by_the_next_list(plane: ControlPlane) -> None:
    """Deletions during an interruption and a compaction are found by the list after 410."""
    for number in range(5):
        plane.driver.create(f"pod-{number}")
    ledger = MemoryLedger()
    gate = Gate(plane.connection())
    # It retries from its old version forever: only the 410 makes it list.
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
    """A watcher killed before or right after a transaction is replaced by one that starts from the API and the ledger alone."""
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
    """A table that answers no transaction for a while, but writes one, loses nothing and counts nothing twice."""
    table = OutageTable()
    storm = Storm(plane.driver, pods=50, seed=5)
    with RunningWatcher(plane.connection(), table, PODS):
        storm.blow(30)
        table.down.set()
        storm.blow(60)
        eventually(lambda: table.turned_away, "a transaction is written without an answer", SETTLES_WITHIN)
        storm.blow(60)
        # In 10 s `record` tries a batch about 12 times, one transaction each: the outage outlasts a round of them.
        eventually(lambda: table.turned_away > 12, "the table has turned transactions away", SETTLES_WITHIN)
        table.down.clear()
        storm.blow()
        settles(table, PODS, plane.driver)


def test_a_cluster_that_denies_is_unreadable_and_not_empty(plane: ControlPlane) -> None:
    """A denied cluster is unreadable with the server's reason and a remedy."""
    plane.driver.create("pod")
    ledger = MemoryLedger()
    with RunningWatcher(plane.connection(NOBODY), ledger, PODS):
        view = becomes(ledger, PODS, lambda view: not view.readable, "the cluster is noted as unreadable")
    assert 'User "nobody" cannot list resource "pods"' in view.reason
    assert "fargatecount eks enroll" in view.remedy
    assert view.listed_at is None
