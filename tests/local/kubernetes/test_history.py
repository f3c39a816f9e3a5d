"""The truth of a simulated cluster, and the memory of how it came about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.kubernetes.faults import PodFaults
from local.kubernetes.history import REMEMBERED, Change, History
from local.kubernetes.refusal import RefusalError
from local.kubernetes.store import PodStore, merge
from local.kubernetes.stream import event_of
from tests.support.effort import tries

POD: dict[str, Any] = {"metadata": {"name": "pod"}, "spec": {"containers": [{"name": "main"}]}}
NAMES = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(st.one_of(st.tuples(st.just("put"), NAMES), st.tuples(st.just("remove"), NAMES), st.tuples(st.just("compact"), NAMES)))


def put(history: History, name: str) -> None:
    history.put(("default", name), {"metadata": {"name": name}, "spec": {}, "status": {}})


def versions(history: History, version: int | None = None) -> dict[str, str]:
    return {name: state.pod["metadata"]["resourceVersion"] for (_, name), state in history.snapshot(version)[1]}


@given(STEPS)
@settings(max_examples=tries(200))
def test_a_snapshot_and_the_changes_after_it_are_the_present(steps: list[tuple[str, str]]) -> None:
    """From every version that is still remembered one gets to the same pods."""
    history = History()
    taken = {1: versions(history)}
    oldest = 1
    for act, name in steps:
        if act == "put":
            put(history, name)
        elif act == "remove" and history.current(("default", name)):
            history.put(("default", name), None)
        elif act == "compact":
            history.compact()
            oldest = history.version
        taken[history.version] = versions(history)
    for version, pods in taken.items():
        if version < oldest:
            with pytest.raises(RefusalError):
                history.snapshot(version)
            continue
        assert versions(history, version) == pods
        for change in history.changes_after(version)[0]:
            _apply(pods, change)
        assert pods == versions(history)


def _apply(pods: dict[str, str], change: Change) -> None:
    state = change.after or change.before
    assert state is not None
    if change.after:
        pods[state.pod["metadata"]["name"]] = str(change.version)
    else:
        del pods[state.pod["metadata"]["name"]]


def test_an_endless_history_is_compacted() -> None:
    """A demo that runs for days keeps twenty thousand changes at least, and forgets what came before."""
    history = History()
    for _ in range(2 * REMEMBERED + 1):
        put(history, "busy")
    with pytest.raises(RefusalError, match="too old resource version") as refused:
        history.changes_after(1)
    assert refused.value.code == 410
    assert len(history.changes_after(history.version - REMEMBERED)[0]) >= REMEMBERED


def test_a_pod_that_begins_to_match_is_added() -> None:
    """And one that ceases to match is deleted: so the real server shows a change through a selector."""
    history = History()
    store = PodStore(history)
    store.create("default", POD)
    store.bind("default", "pod", "fargate-node")
    change = history.changes_after(history.version - 1)[0][0]
    assert (event_of(change, lambda pod: "nodeName" in pod["spec"]) or b"").startswith(b'{"type":"ADDED"')
    assert (event_of(change, lambda pod: "nodeName" not in pod["spec"]) or b"").startswith(b'{"type":"DELETED"')
    assert event_of(change, lambda _: False) is None


def test_a_pod_without_a_node_is_deleted_at_once() -> None:
    """It ends by itself."""
    store = PodStore(History())
    store.create("default", POD)
    store.delete("default", "pod")
    with pytest.raises(RefusalError, match='pods "pod" not found'):
        store.get("default", "pod")


def test_a_running_pod_is_marked_until_it_is_deleted_for_good() -> None:
    """Its node has 30 s to stop it; a second deletion without grace ends it."""
    store = PodStore(History())
    store.create("default", POD)
    store.bind("default", "pod", "fargate-node")
    store.delete("default", "pod")
    marked = store.get("default", "pod").pod["metadata"]
    assert marked["deletionGracePeriodSeconds"] == 30
    assert store.delete("default", "pod").pod["metadata"]["resourceVersion"] == marked["resourceVersion"]
    store.delete("default", "pod", 0)
    with pytest.raises(RefusalError):
        store.get("default", "pod")


def test_a_finished_pod_is_deleted_at_once() -> None:
    """There is nothing left to stop."""
    store = PodStore(History())
    store.create("default", POD)
    store.bind("default", "pod", "fargate-node")
    store.patch("default", "pod", {"status": {"phase": "Succeeded"}}, part="status")
    store.delete("default", "pod")
    with pytest.raises(RefusalError):
        store.get("default", "pod")


def test_a_patch_that_changes_nothing_makes_no_version() -> None:
    """So no watch receives it."""
    history = History()
    store = PodStore(history)
    store.create("default", POD)
    before = history.version
    store.patch("default", "pod", {"status": {"phase": "Pending"}}, part="status")
    assert history.version == before


def test_a_status_is_changed_by_its_own_path_only() -> None:
    """As with the real server, where the two are guarded by different rights."""
    store = PodStore(History())
    store.create("default", POD)
    assert store.patch("default", "pod", {"status": {"phase": "Running"}}).pod["status"]["phase"] == "Pending"
    assert "labels" not in store.patch("default", "pod", {"metadata": {"labels": {"a": "b"}}}, part="status").pod["metadata"]


def test_a_pod_of_the_same_name_has_another_uid() -> None:
    """It is another workload."""
    store = PodStore(History())
    first = store.create("default", POD).pod["metadata"]["uid"]
    store.delete("default", "pod")
    assert store.create("default", POD).pod["metadata"]["uid"] != first


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda store: store.create("default", POD), 409),
        (lambda store: store.create("default", {"spec": POD["spec"]}), 400),
        (lambda store: store.create("default", {"metadata": {"name": "empty"}, "spec": {}}), 422),
        (lambda store: store.bind("default", "no-such-pod", "node"), 404),
        (lambda store: store.bind("default", "pod", "another-node"), 409),
    ],
)
def test_what_the_real_server_refuses_is_refused(act: Any, code: int) -> None:
    """With its status code."""
    store = PodStore(History())
    store.create("default", POD)
    store.bind("default", "pod", "node")
    with pytest.raises(RefusalError) as refused:
        act(store)
    assert refused.value.code == code


def test_null_in_a_patch_removes_a_field() -> None:
    """As RFC 7396 has it."""
    assert merge({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": {"e": None}}}) == {"a": {"c": 2, "d": {}}}


def test_nothing_is_wrong_unless_somebody_asks_for_it() -> None:
    """Without faults the cluster is healthy."""
    quiet = PodFaults()
    assert not any((quiet.deny_users, quiet.unavailable, quiet.gone_at_connect, quiet.gone_in_stream, quiet.gone_while_paging))
    assert not any((quiet.cut, quiet.frozen, quiet.forget, quiet.slow_seconds))
