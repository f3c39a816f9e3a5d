"""Answers without end, without limit and without sense, on the wire: each is bounded, and the rest goes on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count, islice
from time import perf_counter
from typing import Any

import msgspec
import pytest

from fargatecount.adapters.kubernetes.http import get, read_body
from fargatecount.adapters.kubernetes.pods import PAGE_BYTES, PODS_PATH, list_pods
from fargatecount.adapters.kubernetes.pool import KubeConnection, open_pool
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.eks.pod import Pod
from fargatecount.errors import FargatecountError, MalformedError, UnavailableError
from fargatecount.workload import Millis, Observation
from tests.support.builders import PODS
from tests.support.fakes import FakeClock
from tests.support.pods import pod_json
from tests.support.raw_server import CHUNKED, Query, bookmark, chunk, page, raw_server, whole
from watcher.events import Bookmark, Gone, Listed, Lost, Message, Opened, Seen
from watcher.loop import pod_reader
from watcher.stream import MAX_LINE, WatchTiming, list_and_watch, watch, watch_once

TIMING = WatchTiming(watch_seconds=(1, 1), grace=0.4, relist_every=1200, retries=1)
DRIP = 0.02
"""Seconds between two parts of an answer that has no end: many within any timeout here."""


def drip(part: bytes) -> Iterator[bytes]:
    """Yield a part again and again, with pauses as of a slow server."""
    while True:
        yield part
        SystemClock().sleep(DRIP)  # the server's pace, in its own thread; no test waits for it


def watching(connection: KubeConnection, seconds: float = 0.3, grace: float = 0.3) -> Iterator[Message]:
    return watch_once(connection, 100, seconds=seconds, grace=grace, clock=SystemClock())


def event(kind: str, pod: bytes) -> bytes:
    return b'{"type": "%s", "object": %s}\n' % (kind.encode(), pod)


def odd(**changes: Any) -> bytes:
    """Return a pod with a label that is not UTF-8."""
    return msgspec.json.encode(pod_json("odd", labels={"a": "MARK"}, **changes)).replace(b"MARK", b"\xff")


def good(**changes: Any) -> bytes:
    return msgspec.json.encode(pod_json("good", **changes))


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param(lambda: drip(chunk(b" ")), id="a line, byte by byte"),
        pytest.param(lambda: iter([b"ffff\r\n", *islice(drip(b" "), 1000)]), id="one chunk, byte by byte"),
        pytest.param(lambda: drip(b"0"), id="the size of a chunk, digit by digit"),
    ],
)
def test_dripping_watch_is_given_up(endless: Any) -> None:
    """A server that sends a byte now and then, and never a line, holds a watch up no longer than a silent one."""

    def answer(_: Query) -> Iterator[bytes]:
        yield CHUNKED
        yield from endless()

    began = perf_counter()
    with raw_server(answer) as connection, pytest.raises(UnavailableError):
        list(watching(connection))
    assert perf_counter() - began < 5


def test_watch_that_the_server_does_not_end_ends() -> None:
    """A server that sends lines forever loses nothing: the watch returns, and the next one goes on from its last line."""

    def answer(_: Query) -> Iterator[bytes]:
        yield CHUNKED
        for version in count(101):
            yield chunk(bookmark(version))
            SystemClock().sleep(DRIP)

    with raw_server(answer) as connection:
        messages = list(watching(connection))
    assert isinstance(messages[0], Opened)
    versions = [message.version for message in messages if isinstance(message, Bookmark)]
    assert versions == list(range(101, 101 + len(versions)))


@pytest.mark.parametrize("part", [chunk(b" "), chunk(bookmark(101))], ids=["bytes", "lines"])
def test_due_list_follows_a_watch_without_end(part: bytes) -> None:
    """Whatever a watch does, the next list comes when it is due."""

    def answer(query: Query) -> Iterator[bytes]:
        if "watch" not in query:
            yield whole(page(good()))
            return
        yield CHUNKED
        yield from drip(part)

    with raw_server(answer) as connection:
        messages = watch(connection, pod_reader(PODS, 1), clock=SystemClock(), jitter=random.Random(1), timing=TIMING)
        began = perf_counter()
        lists = list(islice((message for message in messages if isinstance(message, Listed)), 2))
    assert len(lists) == 2
    assert perf_counter() - began < 10


def test_endless_line_is_refused() -> None:
    """A line without an end takes a bounded amount of memory."""
    sent = 0

    def answer(_: Query) -> Iterator[bytes]:
        nonlocal sent
        yield CHUNKED
        while True:
            yield chunk(b" " * 2**16)
            sent += 2**16

    with raw_server(answer) as connection, pytest.raises(MalformedError, match="a line of the watch has more than"):
        list(watching(connection, seconds=60))
    assert sent < 2 * MAX_LINE


def test_endless_size_of_a_chunk_is_refused() -> None:
    """The framing of a chunked body is bounded too."""

    def answer(_: Query) -> Iterator[bytes]:
        yield CHUNKED
        while True:
            yield b"0" * 2**16

    with raw_server(answer) as connection, pytest.raises(UnavailableError):
        list(watching(connection, seconds=60))


def test_line_in_many_pieces_is_one_line() -> None:
    """A line is put together from however many chunks, and several lines in one chunk are several."""
    pieces = [bytes([byte]) for byte in bookmark(101)]

    def answer(_: Query) -> Iterator[bytes]:
        yield CHUNKED
        yield from map(chunk, pieces)
        yield chunk(bookmark(102) + b"\n" + bookmark(103) + bookmark(104)[:20])
        yield chunk(bookmark(104)[20:])
        yield b"0\r\n\r\n"

    with raw_server(answer) as connection:
        versions = [message.version for message in watching(connection, seconds=10) if isinstance(message, Bookmark)]
    assert versions == [101, 102, 103, 104]


def test_dripping_page_is_given_up() -> None:
    """A page that never becomes complete ends at its deadline, although each byte comes in time."""

    def answer(_: Query) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
        yield from drip(b" ")

    began = perf_counter()
    with raw_server(answer) as connection, open_pool(connection) as pool, pytest.raises(UnavailableError):
        read_body(get(pool, connection, PODS_PATH, {}, read_timeout=5, total=0.5), connection, PAGE_BYTES)
    assert perf_counter() - began < 4


def test_dripping_headers_are_given_up() -> None:
    """Headers that never end are bounded by the same deadline."""

    def answer(_: Query) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX-Header: "
        yield from drip(b"x")

    began = perf_counter()
    with raw_server(answer) as connection, open_pool(connection) as pool, pytest.raises(UnavailableError):
        get(pool, connection, PODS_PATH, {}, read_timeout=5, total=0.5)
    assert perf_counter() - began < 4


def test_page_that_is_too_large_is_read_in_smaller_ones() -> None:
    """Users who make huge pods do not make their cluster unreadable."""
    limits: list[int] = []

    def answer(query: Query) -> Iterator[bytes]:
        limits.append(int(query["limit"]))
        if limits[-1] > 10:
            yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * PAGE_BYTES)
            for _ in range(2 * PAGE_BYTES // 2**20):
                yield b" " * 2**20
        else:
            yield whole(page(good()))

    with raw_server(answer) as connection:
        found = list_pods(connection, page_size=250)
    assert [pod.metadata.name for pod in found.pods] == ["good"]
    assert limits == [250, 31, 3]


def test_odd_pod_does_not_spoil_its_page() -> None:
    """A pod that cannot be decoded whole is listed with its identity and phase, and so are all the others."""
    with raw_server(lambda _: iter([whole(page(good(), odd(), good(uid="uid-other")))])) as connection:
        found = list_pods(connection)
    assert [(pod.metadata.uid, bool(pod.unread)) for pod in found.pods] == [("uid-good", False), ("uid-odd", True), ("uid-other", False)]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(page(good())[:-20], UnavailableError, id="cut"),
        pytest.param(b"\xff\xfe", UnavailableError, id="not JSON"),
        pytest.param(page(b'{"metadata": 7}'), MalformedError, id="a pod without an identity"),
        pytest.param(page(b"[" * 2000 + b"]" * 2000), MalformedError, id="nesting beyond the stack"),
        pytest.param(page(good().replace(b'"10"', b'"ten"')), MalformedError, id="a version that cannot be ordered"),
        pytest.param(b'{"metadata": {"resourceVersion": "\xff"}}', MalformedError, id="a version that is not UTF-8"),
        pytest.param(b'{"kind": "Status"}', MalformedError, id="something else"),
    ],
)
def test_page_without_sense_fails_its_list(body: bytes, error: type[FargatecountError]) -> None:
    """A page that cannot be trusted is an error with the cluster's name, never an empty list."""
    with raw_server(lambda _: iter([whole(body)])) as connection, pytest.raises(error, match=r"raw|decimal"):
        list_pods(connection)


def test_odd_event_is_a_change() -> None:
    """An event of a pod that cannot be decoded whole is a change with identity and phase; a deletion too."""

    def answer(_: Query) -> Iterator[bytes]:
        yield CHUNKED
        yield chunk(event("MODIFIED", odd(version=101)) + event("DELETED", odd(version=102)))
        yield b"0\r\n\r\n"

    with raw_server(answer) as connection:
        seen, gone = list(watching(connection, seconds=10))[1:]
    assert isinstance(seen, Seen)
    assert isinstance(gone, Gone)
    assert (seen.pod.metadata.uid, bool(seen.pod.unread), gone.version) == ("uid-odd", True, 102)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"\xff\n", id="not JSON"),
        pytest.param(b'{"type": "MODIFIED", "object": {"metadata": {"uid": "\xff"}}}\n', id="a uid that is not UTF-8"),
        pytest.param(b'{"type": "MODIFIED", "object": ' + b"[" * 2000 + b"]" * 2000 + b"}\n", id="nesting beyond the stack"),
        pytest.param(event("MODIFIED", good()).replace(b'"good"', b'"\\ud800"'), id="a lone surrogate"),
        pytest.param(event("RENAMED", odd()), id="a type that is not known"),
    ],
)
def test_line_without_sense_leads_to_a_list(line: bytes) -> None:
    """A line that cannot be decoded is reported as an error, and a new list replaces it."""

    def answer(query: Query) -> Iterator[bytes]:
        if "watch" not in query:
            yield whole(page(good()))
            return
        yield CHUNKED
        yield chunk(line)

    with raw_server(answer) as connection:
        messages = watch(connection, pod_reader(PODS, 1), clock=FakeClock(), jitter=random.Random(1), timing=TIMING)
        first = list(islice(messages, 4))
    assert [type(message) for message in first] == [Listed, Opened, Lost, Listed]
    assert isinstance(first[2], Lost)
    assert isinstance(first[2].error, MalformedError)
    assert len(str(first[2].error)) < 400


def test_defect_is_reported_and_the_stream_goes_on() -> None:
    """An unexpected error makes the cluster unreadable with its text, and is no end of the stream."""
    failures = iter([ZeroDivisionError("a defect")])

    def read(pod: Pod, at: Millis) -> Observation | None:
        for failure in failures:
            raise failure
        return pod_reader(PODS, 1)(pod, at)

    with raw_server(lambda _: iter([whole(page(good()))])) as connection:
        messages = watch(connection, read, clock=FakeClock(), jitter=random.Random(1), timing=TIMING)
        lost, listed = islice(messages, 2)
    assert isinstance(lost, Lost)
    assert "ZeroDivisionError: a defect" in str(lost.error)
    assert isinstance(listed, Listed)


def test_malformed_pods_of_a_list_are_counted() -> None:
    """A list says how many of its pods could not be decoded whole."""
    with raw_server(lambda _: iter([whole(page(good(), odd()))])) as connection:
        listed = next(list_and_watch(connection, pod_reader(PODS, 1), clock=FakeClock(), jitter=random.Random(1), timing=TIMING))
    assert isinstance(listed, Listed)
    assert (len(listed.pods), listed.malformed) == (2, 1)
