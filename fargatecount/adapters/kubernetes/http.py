"""One request to a Kubernetes API server: a bearer token, a bounded answer, and an error for every refusal.

No answer is without bounds. `read_timeout` limits the silence between two bytes, `total` the whole answer, so that a server that sends a
byte a second forever holds nothing up; bodies have a largest size.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, SSLError

from fargatecount.adapters.kubernetes.pool import KubeConnection, KubePool
from fargatecount.adapters.request_log import LOG, line
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, ReasonCode, UnavailableError

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse  # urllib3 1.26 does not have the name

CONNECT_TIMEOUT = 5.0
"""Seconds; an API server within reach answers in milliseconds, a private one out of reach never does."""
ERROR_BODY = 4096
"""Bytes read of an error: a Status has a few hundred, and a proxy's HTML page is cut."""
MESSAGE_LENGTH = 256
"""Characters of an error that are passed on: the reason is at the front, and logs must not carry whole bodies."""
CHUNK = 2**16
"""Bytes read at a time."""


class VersionExpiredError(UnavailableError):
    """410: the API server no longer has this version, so only a new list can show what happened since."""


class UntrustedError(MisconfiguredError):
    """The server's certificate is of another CA than the one that is known: the cluster's CA was replaced, or the server is another."""


class AnswerTooLargeError(UnavailableError):
    """The answer is larger than the caller accepts."""


class KubeStatus(msgspec.Struct):
    """A Status object: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/."""

    message: str = ""
    reason: str = ""
    code: int = 0


_STATUS = msgspec.json.Decoder(KubeStatus)
"""Made at import, as `adapters.s3.reports` explains: clusters are read by several threads."""


def get(
    pool: KubePool, connection: KubeConnection, path: str, query: Mapping[str, str], *, read_timeout: float, total: float
) -> BaseHTTPResponse:
    """Return the response with status 200, its body unread. `read_timeout` is seconds without a byte, `total` seconds for the whole answer.

    Raises:
        VersionExpiredError: status 410.
        DeniedError: status 401 or 403.
        MisconfiguredError: status 404 or 400. UntrustedError: a certificate of another CA.
        UnavailableError: any other status, or no complete answer in time.
    """
    headers = {"Authorization": f"Bearer {connection.token()}", "Accept": "application/json", "User-Agent": "fargatecount"}
    prefix = urlsplit(connection.host).path.rstrip("/")
    pool.deadline.set(total)
    begun = time.monotonic()
    with translate_errors(connection):
        response = pool.request(
            "GET",
            prefix + path,
            fields=dict(query),
            headers=headers,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=read_timeout),
            redirect=False,
            preload_content=False,
        )
        LOG.info(
            "%s",
            line("kubernetes", f"GET {prefix}{path}", connection.name or connection.host, str(response.status), time.monotonic() - begun),
        )
        if response.status != 200:  # noqa: PLR2004 - the one status that carries an answer
            body = response.read(ERROR_BODY)
            response.close()
            raise error_for(connection, response.status, error_message(body))
    return response


def read_body(response: BaseHTTPResponse, connection: KubeConnection, limit: int) -> bytes:
    """Return the whole body of a response.

    Raises:
        AnswerTooLargeError: it has more than `limit` bytes.
        UnavailableError: it does not arrive completely in time.
    """
    parts: list[bytes] = []
    size = 0
    with translate_errors(connection):
        while part := response.read(CHUNK):
            parts.append(part)
            size += len(part)
            if size > limit:
                response.close()
                raise AnswerTooLargeError(f"{connection}: an answer has more than {limit} bytes")
    return b"".join(parts)


def error_for(connection: KubeConnection, status: int, message: str) -> FargatecountError:
    """Return the error for an HTTP status, or for the code of a Status object in a stream."""
    text = f"{connection}: {status} {message[:MESSAGE_LENGTH]}".rstrip()
    enroll = f"fargatecount eks enroll {connection.name or 'CLUSTER'}"
    if status == 410:  # noqa: PLR2004
        return VersionExpiredError(text)
    if status == 401:  # noqa: PLR2004
        return DeniedError(
            text, remedy=f"the cluster does not know this identity; give it an access entry: {enroll}", code=ReasonCode.NOT_ENROLLED
        )
    if status == 403:  # noqa: PLR2004
        return DeniedError(
            text, remedy=f"this identity may not list and watch pods in all namespaces; grant it: {enroll}", code=ReasonCode.NOT_ENROLLED
        )
    if status in {400, 404}:
        return MisconfiguredError(text, remedy="check that the host is the Kubernetes API server of the cluster")
    return UnavailableError(text)


def error_message(body: bytes) -> str:
    """Return the message of a Status object, or the body itself if it is something else."""
    try:
        return _STATUS.decode(body).message
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return body.decode("utf-8", "replace")


class translate_errors:  # noqa: N801 - a context manager, used like a function
    """Turns urllib3's exceptions into the project's errors."""

    def __init__(self, connection: KubeConnection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise UntrustedError(
                f"{self._connection}: {error}",
                remedy="another CA signed the server's certificate: check whether the cluster was recreated or a proxy is in between",
            ) from error
        if isinstance(error, (HTTPError, OSError)):
            raise UnavailableError(
                f"{self._connection}: {error}",
                remedy="check that this network reaches the cluster's endpoint (private, or limited by CIDR?)",
            ) from error
