"""One watch, against the simulator and a real API server alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from fargatecount.adapters.kubernetes.pods import VersionExpiredError, list_pods
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.errors import DeniedError, UnavailableError
from tests.kube.control_plane import NOBODY, WATCHER, ControlPlane, SimulatedPlane
from watcher.stream import Bookmark, Gone, Opened, Seen, watch_once

SECONDS = 30.0
"""Seconds of a watch that the test closes itself."""
SILENCE = 5.0
"""Seconds beyond the server's timeout: a loaded machine ends a watch late, never that late."""

Message = Opened | Seen | Gone | Bookmark


def watching(
    plane: ControlPlane, position: int, *, seconds: float = SECONDS, token: str = WATCHER, grace: float = SILENCE
) -> Iterator[Message]:
    return watch_once(plane.connection(token), position, seconds=seconds, grace=grace, clock=SystemClock())


def first(messages: Iterator[Message], number: int) -> list[tuple[str, str]]:
    """Return kind and pod of the first changes, then close the watch."""
    found: list[tuple[str, str]] = []
    with closing(messages):  # type: ignore[type-var]
        for message in messages:
            if isinstance(message, Seen | Gone):
                found.append((type(message).__name__, message.pod.metadata.name))
            if len(found) == number:
                break
    return found


def test_every_change_since_the_list_comes_in_order(plane: ControlPlane) -> None:
    """Changes between the list and the watch are not lost."""
    position = list_pods(plane.connection()).version
    plane.driver.create("a")
    plane.driver.create("b")
    plane.driver.bind("a")
    plane.driver.delete("b")
    # A deletion is two events: the mark, then the end.
    assert first(watching(plane, position), 5) == [("Seen", "a"), ("Seen", "b"), ("Seen", "a"), ("Seen", "b"), ("Gone", "b")]


def test_changes_while_watching_come(plane: ControlPlane) -> None:
    """An open watch yields changes as they happen."""
    messages = watching(plane, list_pods(plane.connection()).version)
    assert isinstance(next(messages), Opened)
    plane.driver.create("live")
    assert first(messages, 1) == [("Seen", "live")]


def test_each_change_has_a_higher_version_than_the_one_before(plane: ControlPlane) -> None:
    """Each change has a higher version than the one before, a deletion too."""
    position = list_pods(plane.connection()).version
    plane.driver.create("a")
    plane.driver.bind("a")
    plane.driver.run("a")
    plane.driver.delete("a")
    versions = [position]
    with closing(watching(plane, position)) as messages:  # type: ignore[type-var]
        for message in messages:
            if isinstance(message, Seen | Gone):
                versions.append(int(message.pod.metadata.resource_version))
            if isinstance(message, Gone):
                break
    assert len(versions) == 1 + 5
    assert versions == sorted(set(versions))


def test_pods_of_other_schedulers_do_not_come(plane: ControlPlane) -> None:
    """The selector applies to a watch too."""
    position = list_pods(plane.connection()).version
    plane.driver.create("other", scheduler="default-scheduler")
    plane.driver.create("ours")
    assert first(watching(plane, position), 1) == [("Seen", "ours")]


def test_a_watch_from_a_later_change_begins_behind_it(plane: ControlPlane) -> None:
    """A watch from the newest version repeats no change."""
    plane.driver.create("before")
    position = list_pods(plane.connection()).version
    plane.driver.create("after")
    assert first(watching(plane, position), 1) == [("Seen", "after")]


def test_the_server_ends_a_watch_when_its_time_is_up(plane: ControlPlane) -> None:
    """A watch that the server ends is not an error."""
    position = list_pods(plane.connection()).version
    assert [type(message) for message in watching(plane, position, seconds=1)] == [Opened]


def test_a_bookmark_moves_the_version_past_what_the_selector_hides(plane: ControlPlane) -> None:
    """Two seconds before its end, a watch yields a bookmark, so a quiet namespace does not fall behind a busy cluster."""
    position = list_pods(plane.connection()).version
    # The real server sends bookmarks only when something has happened since the watch began.
    messages = watching(plane, position, seconds=4)
    assert isinstance(next(messages), Opened)
    plane.driver.create("hidden", scheduler="default-scheduler")
    later = list_pods(plane.connection()).version
    with closing(messages):  # type: ignore[type-var]
        assert any(isinstance(message, Bookmark) and message.version >= later for message in messages)


def test_missing_permission_to_watch_is_denied_in_the_words_of_the_server(plane: ControlPlane) -> None:
    """Missing permissions are a DeniedError, not a silent watch."""
    with pytest.raises(DeniedError, match='User "nobody" cannot watch resource "pods"'):
        next(watching(plane, 1, token=NOBODY))


def test_a_forgotten_version_is_expired(simulation: SimulatedPlane) -> None:
    """A forgotten version is expired; a real server forgets only when it restarts, which `test_watcher` covers."""
    position = list_pods(simulation.connection()).version
    simulation.compact()
    with pytest.raises(VersionExpiredError, match="410"):
        list(watching(simulation, position))


def test_a_watch_refused_with_410_is_expired(simulation: SimulatedPlane) -> None:
    """HTTP 410 is expired too, like the event in the stream."""
    simulation.api.faults.change(gone_at_connect=1)
    with pytest.raises(VersionExpiredError, match="410"):
        next(watching(simulation, 1))


def test_a_watch_that_is_open_can_expire(simulation: SimulatedPlane) -> None:
    """An ERROR event in the middle of the stream ends it as expired."""
    messages = watching(simulation, list_pods(simulation.connection()).version)
    assert isinstance(next(messages), Opened)
    simulation.api.faults.change(gone_in_stream=1)
    with pytest.raises(VersionExpiredError, match="too old resource version"):
        next(messages)


def test_a_dropped_connection_is_unavailable(simulation: SimulatedPlane) -> None:
    """A dropped connection is an error, not the end of the watch."""
    messages = watching(simulation, list_pods(simulation.connection()).version)
    assert isinstance(next(messages), Opened)
    simulation.driver.control("drop")
    with pytest.raises(UnavailableError):
        next(messages)


def test_a_line_that_is_cut_is_unavailable(simulation: SimulatedPlane) -> None:
    """A line that is cut is an error, not an event."""
    position = list_pods(simulation.connection()).version
    simulation.driver.create("pod")
    simulation.api.faults.change(cut=1.0)
    messages = watching(simulation, position)
    assert isinstance(next(messages), Opened)
    with pytest.raises(UnavailableError):
        next(messages)


def test_a_connection_that_falls_silent_is_given_up(simulation: SimulatedPlane) -> None:
    """A connection without a byte, not even the end that is due, runs into the client's own timeout."""
    simulation.api.faults.change(frozen=True)
    messages = watching(simulation, list_pods(simulation.connection()).version, seconds=1, grace=0.2)
    assert isinstance(next(messages), Opened)
    with pytest.raises(UnavailableError, match=r"(?i)timed out"):
        next(messages)
