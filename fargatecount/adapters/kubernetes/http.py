"""One GET to a Kubernetes API server: TLS against the cluster's own CA, a bearer token, and what a refusal means.

urllib3 alone, because botocore brings it everywhere; the official client would cost the Lambda 75 MB and every pod a typed model.
Works with urllib3 2 and, where the host is a name as EKS's are, with 1.26: the Lambda runtime has its own.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, SSLError

from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, ReasonCode, UnavailableError

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse  # urllib3 1.26 does not have the name

CONNECT_TIMEOUT = 5.0
"""Seconds; an API server that can be reached answers in milliseconds, one that is private and out of reach never does."""
ERROR_BODY = 4096
"""Bytes of an error that are read: a Status is a few hundred, a proxy's HTML page is cut."""
MESSAGE_LENGTH = 256
"""Characters of it that are passed on: the reason is at the front, and logs must not carry whole bodies."""

# A peer that vanished without a word (a NAT entry that expired, a node that died) is found by the kernel after 30 + 3 * 10 s of silence.
KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 30, 10, 3


@dataclass(frozen=True, slots=True)
class KubeConnection:
    """How one cluster's API server is reached."""

    host: str
    """`https://name[:port]`."""
    ca: bytes | None
    """PEM of the CA that signed the server's certificate; None for the system's own CAs."""
    token: Callable[[], str]
    """Returns a bearer token that is valid now.

    Asked before every request. May raise DeniedError, MisconfiguredError or UnavailableError.
    """
    name: str = ""
    """What messages call the cluster."""
    server_name: str | None = None
    """The name in the server's certificate, where a tunnel makes it differ from the host's."""

    def __str__(self) -> str:
        return f"{self.name} ({self.host})" if self.name else self.host


class VersionExpiredError(UnavailableError):
    """410: the API server no longer remembers this version, so only a new list can tell what happened since."""


class KubeStatus(msgspec.Struct):
    """A Status object: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/."""

    message: str = ""
    reason: str = ""
    code: int = 0


def open_pool(connection: KubeConnection) -> urllib3.HTTPSConnectionPool:
    """Return a pool that opens TLS connections to the API server on demand.

    Raises:
        MisconfiguredError: the host or the CA makes no sense.
    """
    parts = urlsplit(connection.host)
    if parts.scheme != "https" or not parts.hostname:
        raise MisconfiguredError(
            f"API server {connection.host!r} is not an https URL", remedy="check the cluster's endpoint or the kubeconfig"
        )
    try:
        context = ssl.create_default_context(cadata=connection.ca.decode("ascii") if connection.ca else None)
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise MisconfiguredError(
            f"{connection}: the CA certificate is no PEM: {error}", remedy="check certificate-authority-data"
        ) from error
    # OpenSSL 3.6 and Python 3.13 refuse CAs without key usage, which older clusters have: the chain is checked all the same.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    return urllib3.HTTPSConnectionPool(
        parts.hostname,
        parts.port or 443,
        ssl_context=context,
        cert_reqs="CERT_REQUIRED",
        server_hostname=connection.server_name,
        retries=False,
        maxsize=1,
        socket_options=_keepalive(),
    )


def get(
    pool: urllib3.HTTPSConnectionPool, connection: KubeConnection, path: str, query: Mapping[str, str], *, read_timeout: float, stream: bool
) -> BaseHTTPResponse:
    """Return the answer 200; with `stream` its body has not been read yet. `read_timeout` is seconds without a byte.

    Raises:
        VersionExpiredError: 410.
        DeniedError: 401 or 403.
        MisconfiguredError: 404, 400, or a certificate of another CA.
        UnavailableError: anything else.
    """
    headers = {"Authorization": f"Bearer {connection.token()}", "Accept": "application/json", "User-Agent": "fargatecount"}
    prefix = urlsplit(connection.host).path.rstrip("/")
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
        if response.status != 200:  # noqa: PLR2004 - the one status that carries an answer
            body = response.read(ERROR_BODY)
            response.close()
            raise refusal(connection, response.status, told_in(body))
        if not stream:
            response.read(cache_content=True)
    return response


def refusal(connection: KubeConnection, status: int, told: str) -> FargatecountError:
    """Say what an HTTP status, or the code of a Status object in a stream, means for the caller."""
    text = f"{connection}: {status} {told[:MESSAGE_LENGTH]}".rstrip()
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


def told_in(body: bytes) -> str:
    """Return what an error's body says: the message of a Status object, or whatever else it is."""
    try:
        return msgspec.json.decode(body, type=KubeStatus).message
    except msgspec.MsgspecError:
        return body.decode("utf-8", "replace")


class translate_errors:  # noqa: N801 - a context manager, used like a function
    """Turns what urllib3 raises into our errors."""

    def __init__(self, connection: KubeConnection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise MisconfiguredError(
                f"{self._connection}: {error}", remedy="the CA is not this server's: was the cluster recreated, or is a proxy in between?"
            ) from error
        if isinstance(error, (HTTPError, OSError)):
            raise UnavailableError(
                f"{self._connection}: {error}",
                remedy="check that this network reaches the cluster's endpoint (private, or limited by CIDR?)",
            ) from error


def _keepalive() -> list[tuple[int, int, int]]:
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    named = {"TCP_KEEPIDLE": KEEPALIVE_IDLE, "TCP_KEEPINTVL": KEEPALIVE_INTERVAL, "TCP_KEEPCNT": KEEPALIVE_COUNT}
    # Not every system has all three; what it lacks, the read timeout does later.
    options += [(socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in named.items() if hasattr(socket, name)]
    return options
