"""The Fargate pods of one cluster as a stream that never ends: a complete list, then every change, and a new list whenever that is due.

Three functions, three lifetimes: `watch_once` is one connection, `list_and_watch` one list and what followed it, `watch` is for ever.
None of them knows what pods are counted for; `read` says what of a listed pod is kept. The position in the stream moves on when
the consumer asks for the next message, so a consumer that keeps a message until it is dealt with loses nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec
from urllib3.response import BaseHTTPResponse

from fargatecount.adapters.kubernetes.http import get, open_pool, translate_errors
from fargatecount.adapters.kubernetes.pods import FARGATE_PODS, PAGE_SIZE, PODS_PATH, KubeConnection, VersionExpiredError, read_pods
from fargatecount.clock import Clock, never
from fargatecount.eks.pod import Pod
from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.workload import Millis, Observation
from watcher.backoff import Backoff
from watcher.events import Bookmark, Change, Gone, Listed, Lost, Message, Opened, Seen, decode

__all__ = ["Bookmark", "Gone", "Listed", "Lost", "Message", "Opened", "Pace", "Seen", "list_and_watch", "watch", "watch_once"]


QUICK: Millis = 1000
"""A server or proxy that ends every watch within this must not be asked again without a pause."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """The stream's times and sizes."""

    page_size: int = PAGE_SIZE
    watch_seconds: tuple[float, float] = (240, 300)
    """How long the server keeps one watch, at random in between, so that many watchers do not come back together. It stays below the
    15 minutes that an EKS token lives and below the idle limits of load balancers."""
    silence: float = 15
    """Seconds beyond that after which a connection without a byte is given up: the server ends a watch by itself and on time."""
    relist_every: Millis = 600_000
    """A watch that lost an event without saying so is put right after ten minutes at most."""
    retries: int = 4
    """Reconnections in a row from the same version before a list is asked for: about 12 s of trouble, a server's restart."""


Read: TypeAlias = Callable[[Pod, Millis], Observation | None]
"""What a pod's object says, in a list that was asked for at that moment; None of one that is not counted."""


def watch(
    connection: KubeConnection,
    read: Read,
    *,
    clock: Clock,
    jitter: random.Random | None = None,
    pace: Pace = Pace(),  # noqa: B008 - frozen
    stop: Callable[[], bool] = never,
) -> Iterator[Message]:
    """Yield what happens to the Fargate pods of a cluster until `stop` says yes; errors come out as `Lost`, and are tried again."""
    jitter = jitter or random.Random()  # noqa: S311 - spreads requests, guards nothing
    backoff = Backoff(clock, jitter)
    while not stop():
        try:
            yield from list_and_watch(connection, read, clock=clock, jitter=jitter, pace=pace, stop=stop)
        except VersionExpiredError:
            backoff.wait()  # nothing is wrong, but all watchers of a server that lost its history are here now
        except FargatecountError as error:
            retry_in = backoff.next()
            yield Lost(error, clock.now(), retry_in)
            clock.sleep(retry_in)


def list_and_watch(
    connection: KubeConnection,
    read: Read,
    *,
    clock: Clock,
    jitter: random.Random,
    pace: Pace = Pace(),  # noqa: B008 - frozen
    stop: Callable[[], bool] = never,
) -> Iterator[Message]:
    """Yield a list and the changes after it; return when the next list is due.

    Raises:
        VersionExpiredError: the server forgot the position; only a new list helps.
        DeniedError, MisconfiguredError, UnavailableError, MalformedError: the cluster cannot be read, or not any more.
    """
    asked_at = clock.now()
    listed = read_pods(connection, lambda pod: (read(pod, asked_at), None if pod.spec.node_name else pod), page_size=pace.page_size)
    position = listed.version
    yield Listed(
        [seen for seen, _ in listed.pods if seen is not None],
        listed.version,
        asked_at,
        waiting=[pod for _, pod in listed.pods if pod is not None],
    )
    del listed
    due = asked_at + int(pace.relist_every * jitter.uniform(0.9, 1))
    backoff, failures = Backoff(clock, jitter), 0
    while (opened_at := clock.now()) < due and not stop():
        seconds = max(1.0, min(jitter.uniform(*pace.watch_seconds), (due - opened_at) / 1000))
        try:
            for message in watch_once(connection, position, seconds=seconds, silence=pace.silence, clock=clock):
                yield message
                if not isinstance(message, Opened):
                    position, failures = message.version, 0
            quick = clock.now() - opened_at < QUICK
            failures = failures if quick else 0
        except VersionExpiredError:
            raise
        except UnavailableError:
            failures, quick = failures + 1, True
            if failures > pace.retries:
                raise
        if quick and not stop():
            backoff.wait()


def watch_once(connection: KubeConnection, position: int, *, seconds: float, silence: float, clock: Clock) -> Iterator[Opened | Change]:
    """Yield the changes after `position` until the server ends the watch, which it does after `seconds`.

    Raises:
        VersionExpiredError: the server no longer remembers `position`.
        DeniedError, MisconfiguredError, UnavailableError, MalformedError: the watch was refused, or broke.
    """
    query = {
        **FARGATE_PODS,
        "watch": "true",
        # Without bookmarks a position would age while other pods change, until the server has forgotten it.
        "allowWatchBookmarks": "true",
        "resourceVersion": str(position),
        "timeoutSeconds": str(round(seconds)),
    }
    with open_pool(connection) as pool:
        response = get(pool, connection, PODS_PATH, query, read_timeout=seconds + silence, stream=True)
        try:
            yield Opened(clock.now())
            for line in _lines(response, connection):
                yield decode(line, connection, clock.now())
        finally:
            response.close()


def _lines(response: BaseHTTPResponse, connection: KubeConnection) -> Iterator[bytes]:
    """Yield each complete line as soon as it is there."""
    rest = b""
    with translate_errors(connection):
        chunks = response.read_chunked() if response.chunked else iter(lambda: response.read1(2**16), b"")
    while True:
        with translate_errors(connection):  # not around the yield: an error of the consumer is not the connection's
            chunk = next(chunks, b"")
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        yield from filter(None, lines)
