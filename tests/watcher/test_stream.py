"""The stream's three lifetimes: when it lists again, when it continues, when it reports an error."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from fargatecount.adapters.kubernetes.pods import VersionExpiredError
from fargatecount.errors import UnavailableError
from tests.kube.control_plane import NOBODY, SimulatedPlane, simulated
from tests.support.builders import PODS
from tests.support.fakes import FakeClock
from watcher.backoff import CEILING, FIRST, FORGET_AFTER, Backoff
from watcher.events import Bookmark, Listed, Lost, Message, Opened, Seen
from watcher.loop import pod_reader
from watcher.stream import WatchTiming, list_and_watch, watch

READ = pod_reader(PODS, 1)
TIMING = WatchTiming(watch_seconds=(1, 1), grace=2, retries=2)


@pytest.fixture
def plane() -> Iterator[SimulatedPlane]:
    """A cluster with one pod."""
    with simulated() as made:
        made.driver.create("a")
        yield made


def one_life(plane: SimulatedPlane, clock: FakeClock) -> Iterator[Message]:
    return list_and_watch(plane.connection(), READ, clock=clock, jitter=random.Random(1), timing=TIMING)


def until(messages: Iterator[Message], kind: type[Message]) -> Message:
    return next(message for message in messages if isinstance(message, kind))


def test_backoff_doubles_up_to_its_ceiling() -> None:
    """Each wait is between half and all of a step that doubles up to a ceiling."""
    clock = FakeClock()
    backoff = Backoff(clock, random.Random(1))
    waits = [backoff.next() for _ in range(12)]
    steps = [min(FIRST * 2**n, CEILING) for n in range(12)]
    assert all(step / 2 <= wait <= step for wait, step in zip(waits, steps, strict=True))


def test_backoff_forgets() -> None:
    """A failure after a quiet while starts with the first step again."""
    clock = FakeClock()
    backoff = Backoff(clock, random.Random(1))
    for _ in range(10):
        backoff.next()
    clock.advance(FORGET_AFTER + 1)
    assert backoff.next() <= FIRST


def test_life_begins_with_a_list_and_goes_on_from_it(plane: SimulatedPlane) -> None:
    """The stream yields the list, the opening of a watch, and the changes since the list, in this order."""
    messages = one_life(plane, FakeClock())
    listed = next(messages)
    assert isinstance(listed, Listed)
    plane.driver.create("b")
    assert isinstance(next(messages), Opened)
    seen = until(messages, Seen)
    assert isinstance(seen, Seen)
    assert (seen.pod.metadata.name, seen.version > listed.version) == ("b", True)


def test_life_ends_when_the_next_list_is_due(plane: SimulatedPlane) -> None:
    """After ten minutes of watches, the next list is due."""
    clock = FakeClock()
    messages = one_life(plane, clock)
    until(messages, Opened)
    clock.advance(TIMING.relist_every)
    assert not any(isinstance(message, Listed) for message in messages)


def test_server_that_ends_every_watch_at_once_is_not_flooded(plane: SimulatedPlane) -> None:
    """Between watches that end within a second, the stream waits longer and longer."""
    clock = FakeClock()  # stands still while the server's second passes: every watch is a quick one
    messages = one_life(plane, clock)
    for _ in range(3):
        until(messages, Opened)
    assert len(clock.slept) == 2
    assert sum(clock.slept) >= FIRST


def test_broken_connection_continues_where_it_was(plane: SimulatedPlane) -> None:
    """After a dropped connection, the next watch continues from the last version, without a list."""
    messages = one_life(plane, FakeClock())
    until(messages, Opened)
    plane.driver.create("b")
    until(messages, Seen)
    plane.api.cluster.drop_watches()
    plane.driver.create("c")
    following = [until(messages, kind) for kind in (Opened, Seen)]
    assert isinstance(following[1], Seen)
    assert following[1].pod.metadata.name == "c"


def test_server_that_stays_away_ends_the_life(plane: SimulatedPlane) -> None:
    """After a few attempts, the stream gives its position up."""
    messages = one_life(plane, FakeClock())
    until(messages, Opened)
    plane.api.stop()
    with pytest.raises(UnavailableError):
        list(messages)


def test_forgotten_position_ends_the_life(plane: SimulatedPlane) -> None:
    """410 ends the life at once: only a list helps."""
    messages = one_life(plane, FakeClock())
    until(messages, Listed)
    for name in ("b", "c"):
        plane.driver.create(name)
    plane.compact()
    with pytest.raises(VersionExpiredError):
        list(messages)


def test_stream_lists_again_after_410_without_an_error(plane: SimulatedPlane) -> None:
    """After 410, the stream lists again and reports no error."""
    clock = FakeClock()
    messages = watch(plane.connection(), READ, clock=clock, jitter=random.Random(1), timing=TIMING)
    until(messages, Listed)
    plane.driver.create("b")
    plane.compact()
    kinds = []
    for message in messages:
        kinds.append(type(message))
        if isinstance(message, Listed):
            assert {seen.facts.group for seen in message.pods} == {"default/a", "default/b"}
            break
    assert Lost not in kinds
    assert clock.slept  # spread, because every watcher of the server is here now


def test_refusal_is_reported_and_retried(plane: SimulatedPlane) -> None:
    """A denied stream reports each attempt, waits longer each time, and never ends by itself."""
    clock = FakeClock()
    messages = watch(plane.connection(NOBODY), READ, clock=clock, jitter=random.Random(1), timing=TIMING)
    reported = [next(messages) for _ in range(5)]
    assert all(isinstance(message, Lost) for message in reported)
    assert clock.slept == [message.retry_in for message in reported[:4] if isinstance(message, Lost)]


def test_stopped_stream_ends(plane: SimulatedPlane) -> None:
    """A stopped stream ends after the open watch."""
    stopped: list[int] = []
    messages = watch(plane.connection(), READ, clock=FakeClock(), jitter=random.Random(1), timing=TIMING, stop=lambda: bool(stopped))
    until(messages, Opened)
    stopped.append(1)
    assert all(isinstance(message, Bookmark) for message in messages)
