"""Reading a stream ahead."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.support.builders import NOW
from tests.support.deadline import eventually
from watcher.events import Bookmark, Message
from watcher.prefetch import CAPACITY, Prefetcher


def numbered(count: int) -> Iterator[Message]:
    for version in range(count):
        yield Bookmark(version, NOW)


def started(messages: Iterator[Message]) -> Prefetcher:
    prefetcher = Prefetcher(messages)
    prefetcher.start()
    return prefetcher


def test_order_is_kept() -> None:
    """Messages come out in the order in which they went in."""
    prefetcher = started(numbered(50))
    assert [prefetcher.take(5) for _ in range(50)] == list(numbered(50))


def test_take_does_not_wait_longer_than_its_timeout() -> None:
    """A silent stream returns None within the timeout."""
    silence = threading.Event()

    def silent() -> Iterator[Message]:
        silence.wait(30)
        yield from ()

    prefetcher = started(silent())
    try:
        assert prefetcher.take(0.01) is None
        assert prefetcher.take(0) is None
    finally:
        silence.set()


def test_slow_consumer_loses_nothing() -> None:
    """A full queue makes the stream wait; it drops nothing."""
    many = CAPACITY + 500
    prefetcher = started(numbered(many))
    assert [prefetcher.take(5) for _ in range(many)] == list(numbered(many))


def test_what_was_read_before_the_stop_can_be_taken() -> None:
    """Messages read before the stop can still be taken."""
    drawn = []

    def counted() -> Iterator[Message]:
        for message in numbered(3):
            drawn.append(message)
            yield message

    prefetcher = started(counted())
    eventually(lambda: len(drawn) == 3, "all are read")
    prefetcher.stop()
    assert prefetcher.take(1) == Bookmark(0, NOW)


def test_failure_of_the_stream_comes_out_after_what_it_read() -> None:
    """A defect in the stream is raised in the consumer, after the messages before it."""

    def failing() -> Iterator[Message]:
        yield Bookmark(1, NOW)
        raise ZeroDivisionError("a defect")

    prefetcher = started(failing())
    assert prefetcher.take(5) == Bookmark(1, NOW)
    ended = threading.Event()

    def take_all() -> None:
        while not ended.is_set():
            prefetcher.take(0.1)

    with pytest.raises(RuntimeError, match="a defect"):
        take_all()
