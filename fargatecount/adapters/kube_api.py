"""Listing the Fargate pods of a cluster: paged, of one version, complete or not at all.

Owns the list request of the Kubernetes API (https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks).
Pages are decoded one by one, so that never more than one is held as text. What a pod means is decided in `fargatecount.pods`;
watching goes on in `watcher.stream`.
"""

from __future__ import annotations

import msgspec

from fargatecount.adapters.kube_http import Connection, VersionExpired, get, open_pool, translated
from fargatecount.errors import Malformed, Unavailable
from fargatecount.pod import Pod, whole_version

__all__ = ["FARGATE_PODS", "PODS_PATH", "Connection", "PodList", "VersionExpired", "list_pods"]

PODS_PATH = "/api/v1/pods"
FARGATE_PODS = {"fieldSelector": "spec.schedulerName=fargate-scheduler"}
"""EKS's admission webhook gives this scheduler to every pod that a Fargate profile selects, and it never changes afterwards; a selector on
the phase would hide pods that have completed and are still billed."""

PAGE_SIZE = 500
"""Pods a page, as kubectl asks: about 4 MB of text, so a few dozen requests for the largest clusters and little memory."""
READ_TIMEOUT = 30.0
"""Seconds without a byte; a page is built in well under a second, and the server itself gives up after 60."""
RESTARTS = 3
"""How often a list begins anew when the server forgets its version between two pages: that takes minutes, so twice is already odd."""


class PodList(msgspec.Struct, frozen=True):
    """Every Fargate pod of the cluster at one version."""

    pods: list[Pod]
    version: int


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct):
    metadata: _ListMetadata
    items: list[Pod] | None = None


_PAGE = msgspec.json.Decoder(_Page)


def list_pods(connection: Connection, *, page_size: int = PAGE_SIZE, read_timeout: float = READ_TIMEOUT) -> PodList:
    """Return all Fargate pods, read consistently (no resourceVersion is given, so the answer is the newest there is).

    Raises:
        Denied: the cluster does not know the identity, or does not let it list pods.
        Misconfigured: this is no Kubernetes API server, or not the one its CA belongs to.
        Unavailable: it did not answer, or not completely.
        Malformed: an answer could not be understood.
    """
    for attempt in range(RESTARTS):
        try:
            return _list_once(connection, page_size, read_timeout)
        except VersionExpired:
            if attempt == RESTARTS - 1:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _list_once(connection: Connection, page_size: int, read_timeout: float) -> PodList:
    pods: list[Pod] = []
    version: int | None = None
    query = {**FARGATE_PODS, "limit": str(page_size)}
    with open_pool(connection) as pool:
        while True:
            response = get(pool, connection, PODS_PATH, query, read_timeout=read_timeout, stream=False)
            with translated(connection):
                body = response.data
            page = _decode(connection, body)
            of_page = whole_version(page.metadata.resource_version)
            if version is not None and of_page != version:
                raise VersionExpired(f"{connection}: the list moved from version {version} to {of_page} between two pages")
            version = of_page
            for pod in page.items or ():
                whole_version(pod.metadata.resource_version)  # a pod that cannot be ordered must not come as far as the ledger
                pods.append(pod)
            if not page.metadata.continue_:
                return PodList(pods, version)
            query["continue"] = page.metadata.continue_


def _decode(connection: Connection, body: bytes) -> _Page:
    try:
        return _PAGE.decode(body)
    except msgspec.ValidationError as error:
        raise Malformed(f"{connection}: a page of pods cannot be understood: {error}") from error
    except msgspec.DecodeError as error:
        raise Unavailable(f"{connection}: a page of pods was cut short: {error}") from error
