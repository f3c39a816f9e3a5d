"""Listing the Fargate pods of a cluster: paged, of one version, complete or not at all.

Owns the list request of the Kubernetes API (https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks).
Of the pages never more than one is held, as text or as pods: `read_pods` keeps what its caller takes of each pod, a few hundred bytes of
its 8 KB. What a pod means is decided in `fargatecount.eks.workload`; watching goes on in `watcher.stream`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import msgspec
from urllib3 import HTTPSConnectionPool

from fargatecount.adapters.kubernetes.http import KubeConnection, VersionExpiredError, get, open_pool, translate_errors
from fargatecount.eks.pod import Pod, whole_version
from fargatecount.errors import MalformedError, UnavailableError

__all__ = ["FARGATE_PODS", "PODS_PATH", "KubeConnection", "PodList", "VersionExpiredError", "list_pods", "read_pods"]

T = TypeVar("T")

PODS_PATH = "/api/v1/pods"
FARGATE_PODS = {"fieldSelector": "spec.schedulerName=fargate-scheduler"}
"""EKS's admission webhook gives this scheduler to every pod that a Fargate profile selects, and it never changes afterwards; a selector on
the phase would hide pods that have completed and are still billed."""

PAGE_SIZE = 250
"""Pods a page: about 2 MB of text, which is what reading a list takes of memory, and 20 requests for 5,000 pods. kubectl asks for 500."""
READ_TIMEOUT = 30.0
"""Seconds without a byte; a page is built in well under a second, and the server itself gives up after 60."""
RESTARTS = 3
"""How often a list begins anew when the server forgets its version between two pages: that takes minutes, so twice is already odd."""


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


_PAGE = msgspec.json.Decoder(_Page)


def list_pods(connection: KubeConnection, *, page_size: int = PAGE_SIZE, read_timeout: float = READ_TIMEOUT) -> PodList[Pod]:
    """Return all Fargate pods, read consistently (no resourceVersion is given, so the answer is the newest there is).

    Raises:
        DeniedError: the cluster does not know the identity, or does not let it list pods.
        MisconfiguredError: this is no Kubernetes API server, or not the one its CA belongs to.
        UnavailableError: it did not answer, or not completely.
        MalformedError: an answer could not be understood.
    """
    return read_pods(connection, lambda pod: pod, page_size=page_size, read_timeout=read_timeout)


def read_pods(
    connection: KubeConnection, taken: Callable[[Pod], T], *, page_size: int = PAGE_SIZE, read_timeout: float = READ_TIMEOUT
) -> PodList[T]:
    """Return what is taken of every Fargate pod; the pods themselves are dropped page by page. Otherwise as `list_pods`."""
    for attempt in range(RESTARTS):
        try:
            return _read_once(connection, taken, page_size, read_timeout)
        except VersionExpiredError:
            if attempt == RESTARTS - 1:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _read_once(connection: KubeConnection, taken: Callable[[Pod], T], page_size: int, read_timeout: float) -> PodList[T]:
    found: list[T] = []
    version: int | None = None
    query = {**FARGATE_PODS, "limit": str(page_size)}
    with open_pool(connection) as pool:
        while True:
            page = _page(pool, connection, query, read_timeout)
            of_page = whole_version(page.metadata.resource_version)
            if version is not None and of_page != version:
                raise VersionExpiredError(f"{connection}: the list moved from version {version} to {of_page} between two pages")
            version = of_page
            found += [taken(_in_order(pod)) for pod in page.items or ()]
            query["continue"] = page.metadata.continue_
            del page  # which would else be held beside the next one
            if not query["continue"]:
                return PodList(found, version)


def _in_order(pod: Pod) -> Pod:
    whole_version(pod.metadata.resource_version)  # a pod that cannot be ordered must not come as far as the ledger
    return pod


def _page(pool: HTTPSConnectionPool, connection: KubeConnection, query: Mapping[str, str], read_timeout: float) -> _Page:
    response = get(pool, connection, PODS_PATH, query, read_timeout=read_timeout, stream=False)
    with translate_errors(connection):
        return _decode(connection, response.data)


def _decode(connection: KubeConnection, body: bytes) -> _Page:
    try:
        return _PAGE.decode(body)
    except msgspec.ValidationError as error:
        raise MalformedError(f"{connection}: a page of pods cannot be understood: {error}") from error
    except msgspec.DecodeError as error:
        raise UnavailableError(f"{connection}: a page of pods was cut short: {error}") from error
