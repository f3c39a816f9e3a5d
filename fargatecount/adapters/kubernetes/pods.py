"""Listing the Fargate pods of a cluster: paged, of one version, complete or not at all.

Owns the list request of the Kubernetes API (https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks).
Never more than one page is in memory, as text or as pods: `read_pods` keeps what its caller takes of each pod, a few hundred bytes of its
8 KB. `fargatecount.eks.workload` decides what a pod means; `watcher.stream` watches.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import msgspec

from fargatecount.adapters.kubernetes.http import (
    AnswerTooLargeError,
    VersionExpiredError,
    get,
    read_body,
)
from fargatecount.adapters.kubernetes.pool import KubeConnection, KubePool, open_pool
from fargatecount.eks.decode import UNREADABLE, decode_pod
from fargatecount.eks.pod import Pod, whole_version
from fargatecount.errors import MalformedError, UnavailableError

__all__ = ["FARGATE_PODS", "PODS_PATH", "KubeConnection", "PodList", "VersionExpiredError", "list_pods", "read_pods"]

log = logging.getLogger(__name__)

T = TypeVar("T")

PODS_PATH = "/api/v1/pods"
FARGATE_PODS = {"fieldSelector": "spec.schedulerName=fargate-scheduler"}
"""EKS's admission webhook gives this scheduler to every pod that a Fargate profile selects, and it never changes afterwards. A selector on
the phase hides pods that have completed and are still billed."""

PAGE_SIZE = 250
"""Pods per page: about 2 MB of text, which is the memory that reading a list takes, and 20 requests for 5,000 pods. kubectl asks for
500."""
PAGE_BYTES = 32 * 2**20
"""Bytes of a page at most; a larger one is asked for again with fewer pods. Users make pods of up to 1.5 MiB (etcd's limit), so a page of
250 can take a function's whole memory. One pod, escaped as JSON, has up to 9 MiB."""
READ_TIMEOUT = 30.0
"""Seconds without a byte; a page is built in well under a second, and the server itself gives up after 60."""
PAGE_SECONDS = 90.0
"""Seconds for a whole page: the server's own 60 (`--request-timeout`) and half as much for the way."""
LIST_SECONDS = 900.0
"""Seconds for a whole list: no server keeps a version for paging longer than 15 minutes."""
RESTARTS = 3
"""Attempts if the server forgets the list's version between two pages. It keeps one for minutes, so a second attempt is already rare."""


class PodList(msgspec.Struct, Generic[T], frozen=True):
    """Every Fargate pod of the cluster at one version, or what was taken of each."""

    pods: list[T]
    version: int


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct):
    metadata: _ListMetadata
    items: list[Pod] | None = None


class _RawPage(msgspec.Struct):
    metadata: _ListMetadata
    items: list[msgspec.Raw] | None = None


_PAGE = msgspec.json.Decoder(_Page)
_RAW_PAGE = msgspec.json.Decoder(_RawPage)


def list_pods(connection: KubeConnection, *, page_size: int = PAGE_SIZE, read_timeout: float = READ_TIMEOUT) -> PodList[Pod]:
    """Return all Fargate pods, read consistently (the request names no resourceVersion, so the answer is the newest).

    Raises:
        DeniedError: the cluster does not know the identity, or does not let it list pods.
        MisconfiguredError: the host is not a Kubernetes API server, or its certificate is from another CA.
        UnavailableError: it did not answer, or not completely.
        MalformedError: an answer cannot be decoded.
    """
    return read_pods(connection, lambda pod: pod, page_size=page_size, read_timeout=read_timeout)


def read_pods(
    connection: KubeConnection, take: Callable[[Pod], T], *, page_size: int = PAGE_SIZE, read_timeout: float = READ_TIMEOUT
) -> PodList[T]:
    """Return what `take` returns for every Fargate pod; the pods themselves are dropped page by page. Otherwise as `list_pods`."""
    for attempt in range(RESTARTS):
        try:
            return _read_once(connection, take, page_size, read_timeout)
        except VersionExpiredError:
            if attempt == RESTARTS - 1:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _read_once(connection: KubeConnection, take: Callable[[Pod], T], page_size: int, read_timeout: float) -> PodList[T]:
    found: list[T] = []
    version: int | None = None
    query = {**FARGATE_PODS, "limit": str(page_size)}
    ends_at = time.monotonic() + LIST_SECONDS
    with open_pool(connection) as pool:
        while True:
            if time.monotonic() > ends_at:
                raise UnavailableError(f"{connection}: the list of pods is not complete after {LIST_SECONDS:.0f} s")
            page = _page(pool, connection, query, read_timeout)
            page_version = whole_version(page.metadata.resource_version)
            if version is not None and page_version != version:
                raise VersionExpiredError(f"{connection}: the list moved from version {version} to {page_version} between two pages")
            version = page_version
            found += [take(_ordered(pod)) for pod in page.items or ()]
            query["continue"] = page.metadata.continue_
            del page  # it is not needed beside the next one
            if not query["continue"]:
                return PodList(found, version)


def _ordered(pod: Pod) -> Pod:
    whole_version(pod.metadata.resource_version)  # a pod without an order must not reach the ledger
    return pod


def _page(pool: KubePool, connection: KubeConnection, query: dict[str, str], read_timeout: float) -> _Page:
    """Return the next page, with fewer pods than asked for if they are too large together."""
    while True:
        try:
            return _decode(connection, _page_text(pool, connection, query, read_timeout))
        except AnswerTooLargeError:
            limit = int(query["limit"])
            if limit == 1:
                raise
            query["limit"] = str(max(limit // 8, 1))  # 250, 31, 3, 1


def _page_text(pool: KubePool, connection: KubeConnection, query: Mapping[str, str], read_timeout: float) -> bytes:
    response = get(pool, connection, PODS_PATH, query, read_timeout=read_timeout, total=PAGE_SECONDS)
    return read_body(response, connection, PAGE_BYTES)


def _decode(connection: KubeConnection, body: bytes) -> _Page:
    try:
        return _PAGE.decode(body)
    except UNREADABLE:  # one pod, or all of it
        return _decode_one_by_one(connection, body)


def _decode_one_by_one(connection: KubeConnection, body: bytes) -> _Page:
    try:
        page = _RAW_PAGE.decode(body)
        pods = [decode_pod(item) for item in page.items or ()]
    except MalformedError as error:
        raise MalformedError(f"{connection}: a page of pods: {error}") from error
    except msgspec.ValidationError as error:
        raise MalformedError(f"{connection}: a page of pods cannot be decoded: {error}") from error
    except msgspec.DecodeError as error:
        raise UnavailableError(f"{connection}: a page of pods is cut or damaged: {error}") from error
    except UNREADABLE as error:
        raise MalformedError(f"{connection}: a page of pods cannot be decoded: {error}") from error
    for pod in pods:
        if pod.unread:
            log.warning("%s: %s", connection, unread_notice(pod))
    return _Page(page.metadata, pods)


def unread_notice(pod: Pod) -> str:
    """Return what to log about a pod of which only identity and phase could be decoded."""
    return f"pod {pod.metadata.namespace}/{pod.metadata.name} is counted without size and owner, which cannot be decoded: {pod.unread}"
