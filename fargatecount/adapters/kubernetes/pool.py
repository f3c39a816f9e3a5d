"""Connections to a Kubernetes API server: TLS against the cluster's own CA, and a deadline for each answer.

Uses urllib3 alone, because botocore brings it everywhere; the official client costs the Lambda 75 MB, and every pod a typed model. Works
with urllib3 2 and, if the host is a name as EKS's are, with 1.26, which the Lambda runtime may bring.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3

from fargatecount.errors import MisconfiguredError

# The kernel finds a peer that vanished (an expired NAT entry, a dead node) after 30 + 3 * 10 s of silence.
KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 30, 10, 3


@dataclass(frozen=True, slots=True)
class KubeConnection:
    """How to reach the API server of one cluster."""

    host: str
    """`https://name[:port]`."""
    ca: bytes | None
    """PEM of the CA that signed the server's certificate; None for the system's own CAs."""
    token: Callable[[], str]
    """Returns a bearer token that is valid now.

    Called before every request. May raise DeniedError, MisconfiguredError or UnavailableError.
    """
    name: str = ""
    """The cluster's name in messages."""
    server_name: str | None = None
    """The name in the server's certificate, where a tunnel makes it differ from the host's."""

    def __str__(self) -> str:
        return f"{self.name} ({self.host})" if self.name else self.host


class _Deadline:
    """The moment at which the answer being read must be complete, for all sockets of a pool."""

    def __init__(self) -> None:
        self._at = float("inf")

    def set(self, seconds: float) -> None:
        """Set the deadline `seconds` from now."""
        self._at = time.monotonic() + seconds

    def bounded(self, idle: float | None) -> float | None:
        """Return the seconds that one read may take, of at most `idle`.

        Raises:
            TimeoutError: the deadline is over.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer is not complete in time")
        return left if idle is None else min(idle, left)


class KubePool(urllib3.HTTPSConnectionPool):
    """TLS connections to one API server, opened on demand, and the deadline of the answer being read."""

    def __init__(self, host: str, deadline: _Deadline, **options: Any) -> None:
        super().__init__(host, **options)
        self.deadline = deadline


def open_pool(connection: KubeConnection) -> KubePool:
    """Return a pool for the connection; nothing is sent yet.

    Raises:
        MisconfiguredError: the host or the CA is unusable.
    """
    try:
        parts = urlsplit(connection.host)
        port = parts.port or 443
    except ValueError:  # a port that is no number, brackets that do not match
        parts, port = urlsplit(""), 443
    if parts.scheme != "https" or not parts.hostname:
        raise MisconfiguredError(
            f"API server {connection.host!r} is not an https URL", remedy="check the cluster's endpoint or the kubeconfig"
        )
    try:
        context = ssl.create_default_context(cadata=connection.ca.decode("ascii") if connection.ca else None)
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise MisconfiguredError(
            f"{connection}: the CA certificate is not PEM: {error}", remedy="check certificate-authority-data"
        ) from error
    # OpenSSL 3.6 and Python 3.13 refuse CAs without key usage, which older clusters have. The chain is checked all the same.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    deadline = _Deadline()
    context.sslsocket_class = _socket_class(deadline)
    return KubePool(
        parts.hostname,
        deadline,
        port=port,
        ssl_context=context,
        cert_reqs="CERT_REQUIRED",
        server_hostname=connection.server_name,
        retries=False,
        maxsize=1,
        socket_options=_keepalive(),
    )


def _socket_class(deadline: _Deadline) -> type[ssl.SSLSocket]:
    class BoundedSocket(ssl.SSLSocket):
        """A socket whose reads end at the deadline; a socket's own timeout begins again with each byte."""

        def recv_into(self, *arguments: Any, **options: Any) -> int:
            idle = self.gettimeout()
            self.settimeout(deadline.bounded(idle))
            try:
                return super().recv_into(*arguments, **options)
            finally:
                self.settimeout(idle)

    return BoundedSocket


def _keepalive() -> list[tuple[int, int, int]]:
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    named = {"TCP_KEEPIDLE": KEEPALIVE_IDLE, "TCP_KEEPINTVL": KEEPALIVE_INTERVAL, "TCP_KEEPCNT": KEEPALIVE_COUNT}
    # Not every system has all three; the read timeout covers for a missing one, later.
    options += [(socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in named.items() if hasattr(socket, name)]
    return options
