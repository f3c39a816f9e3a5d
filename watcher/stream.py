"""The Fargate pods of one cluster as a stream that never ends: a complete list, then every change, and a new list when it is due.

Three functions, three lifetimes: `watch_once` is one connection, `list_and_watch` is one list and the changes after it, `watch` is endless.
None of them depends on what pods are counted for; `read` reduces a listed pod to what is kept. The position in the stream moves on when
the consumer asks for the next message, so a consumer that keeps a message until it is processed loses nothing.

The server decides nothing about memory or time here: a line has a largest size, a watch ends even if the server does not end it, and so the
next list comes when it is due.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec
from urllib3.response import BaseHTTPResponse

from fargatecount.adapters.kubernetes.http import CHUNK, get, translate_errors
from fargatecount.adapters.kubernetes.pods import FARGATE_PODS, PAGE_SIZE, PODS_PATH, KubeConnection, VersionExpiredError, read_pods
from fargatecount.adapters.kubernetes.pool import open_pool
from fargatecount.clock import Clock, never
from fargatecount.eks.pod import Pod
from fargatecount.errors import FargatecountError, MalformedError, UnavailableError
from fargatecount.workload import Millis, Observation
from watcher.backoff import Backoff
from watcher.events import Bookmark, Change, Gone, Listed, Lost, Message, Opened, Seen, decode

__all__ = ["Bookmark", "Gone", "Listed", "Lost", "Message", "Opened", "Seen", "WatchTiming", "list_and_watch", "watch", "watch_once"]

log = logging.getLogger(__name__)

SHORT_WATCH: Millis = 1000
"""A server or proxy that ends every watch within this time must not be asked again without a pause."""
MAX_LINE = 16 * 2**20
"""Bytes of a line at most. etcd takes objects of 1.5 MiB (`--max-request-bytes`), and JSON escapes make up to six times as much of it."""


class WatchTiming(msgspec.Struct, frozen=True, kw_only=True):
    """The stream's times and sizes."""

    page_size: int = PAGE_SIZE
    watch_seconds: tuple[float, float] = (240, 300)
    """Seconds for which the server keeps one watch, at random in between, so that many watchers do not reconnect together. Below the 15
    minutes that an EKS token lives, and below the idle limits of load balancers."""
    grace: float = 15
    """Seconds after which a watch is ended here that the server has not ended by then. Half of them if it still sends lines."""
    relist_every: Millis = 600_000
    """A list corrects a watch that lost an event silently, after ten minutes at most."""
    retries: int = 4
    """Reconnections in a row from the same version before a new list: about 12 s of trouble, a server's restart."""


Read: TypeAlias = Callable[[Pod, Millis], Observation | None]
"""Returns what is kept of a listed pod, given the moment of the request; None for a pod that is not counted."""


def watch(
    connection: KubeConnection,
    read: Read,
    *,
    clock: Clock,
    jitter: random.Random | None = None,
    timing: WatchTiming = WatchTiming(),  # noqa: B008 - frozen
    stop: Callable[[], bool] = never,
) -> Iterator[Message]:
    """Yield every change of a cluster's Fargate pods until `stop` returns true.

    An error is yielded as `Lost`, and the stream tries again.
    """
    jitter = jitter or random.Random()  # noqa: S311 - spreads requests, guards nothing
    backoff = Backoff(clock, jitter)
    while not stop():
        try:
            yield from list_and_watch(connection, read, clock=clock, jitter=jitter, timing=timing, stop=stop)
        except VersionExpiredError:
            backoff.wait()  # no fault, but all watchers of a server that lost its history reconnect now
            continue
        except FargatecountError as failure:
            error = failure
        except Exception as defect:
            # A stream that ended here leaves its cluster readable with stale counts until the next discovery.
            log.exception("%s: the stream failed; please report this text", connection)
            error = MalformedError(f"{connection}: {type(defect).__name__}: {str(defect)[:200]}", remedy="please report this text")
        else:
            continue
        retry_in = backoff.next()
        yield Lost(error, clock.now(), retry_in)
        clock.sleep(retry_in)


def list_and_watch(
    connection: KubeConnection,
    read: Read,
    *,
    clock: Clock,
    jitter: random.Random,
    timing: WatchTiming = WatchTiming(),  # noqa: B008 - frozen
    stop: Callable[[], bool] = never,
) -> Iterator[Message]:
    """Yield a list and the changes after it; return when the next list is due.

    Raises:
        VersionExpiredError: the server forgot the position; only a new list helps.
        DeniedError, MisconfiguredError, UnavailableError, MalformedError: the cluster cannot be read, or no longer.
    """
    requested_at = clock.now()
    listed = _list(connection, read, requested_at, timing.page_size)
    position = listed.version
    yield listed
    del listed
    due = requested_at + int(timing.relist_every * jitter.uniform(0.9, 1))
    backoff, failures = Backoff(clock, jitter), 0
    while (opened_at := clock.now()) < due and not stop():
        seconds = max(1.0, min(jitter.uniform(*timing.watch_seconds), (due - opened_at) / 1000))
        try:
            for message in watch_once(connection, position, seconds=seconds, grace=timing.grace, clock=clock):
                yield message
                if not isinstance(message, Opened):
                    position, failures = message.version, 0
            short = clock.now() - opened_at < SHORT_WATCH
            failures = failures if short else 0
        except VersionExpiredError:
            raise
        except UnavailableError:
            failures, short = failures + 1, True
            if failures > timing.retries:
                raise
        if short and not stop():
            backoff.wait()


def _list(connection: KubeConnection, read: Read, requested_at: Millis, page_size: int) -> Listed:
    def take(pod: Pod) -> tuple[Observation | None, Pod | None, bool]:
        return read(pod, requested_at), None if pod.spec.node_name else pod, bool(pod.unread)

    listed = read_pods(connection, take, page_size=page_size)
    return Listed(
        [seen for seen, _, _ in listed.pods if seen is not None],
        listed.version,
        requested_at,
        waiting=[pod for _, pod, _ in listed.pods if pod is not None],
        malformed=sum(is_malformed for _, _, is_malformed in listed.pods),
    )


def watch_once(connection: KubeConnection, position: int, *, seconds: float, grace: float, clock: Clock) -> Iterator[Opened | Change]:
    """Yield the changes after `position` until the server ends the watch, which it does after `seconds`; if it does not, return soon after.

    Raises:
        VersionExpiredError: the server no longer has `position`.
        DeniedError, MisconfiguredError, UnavailableError, MalformedError: the watch was refused, or broke.
    """
    query = {
        **FARGATE_PODS,
        "watch": "true",
        # Without bookmarks a position ages while other pods change, until the server has forgotten it.
        "allowWatchBookmarks": "true",
        "resourceVersion": str(position),
        "timeoutSeconds": str(round(seconds)),
    }
    with open_pool(connection) as pool:
        response = get(pool, connection, PODS_PATH, query, read_timeout=seconds + grace, total=seconds + grace)
        overdue = clock.now() + int((seconds + grace / 2) * 1000)
        try:
            yield Opened(clock.now())
            for line in _lines(response, connection):
                yield decode(line, connection, clock.now())
                if clock.now() >= overdue:  # it goes on sending lines: nothing is lost, and the next watch starts from the last one
                    return
        finally:
            response.close()


def _lines(response: BaseHTTPResponse, connection: KubeConnection) -> Iterator[bytes]:
    """Yield each complete line as soon as it has arrived.

    Raises:
        MalformedError: a line has more than `MAX_LINE` bytes.
        UnavailableError: the connection broke, or the server sends no complete line in time.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        with translate_errors(connection):  # not around the yield: an error of the consumer is not the connection's
            chunk = response.read1(CHUNK)
        if not chunk:
            return
        first, *others = chunk.split(b"\n")
        parts.append(first)
        size += len(first)
        if size > MAX_LINE:
            raise MalformedError(f"{connection}: a line of the watch has more than {MAX_LINE} bytes")
        if not others:
            continue
        *complete, rest = others
        yield from filter(None, (b"".join(parts), *complete))
        parts, size = [rest], len(rest)
