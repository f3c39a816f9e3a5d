"""The pod API simulator: fake Kubernetes API servers for pods, one port each, on loopback with TLS.

Python code uses `PodApi`; `python -m local.kubernetes.api --cluster NAME …` serves several clusters from one process. It promises what a
client of pods may rely on with a real API server (one contract suite runs against both), and misbehaves on request (`PodFaults`).
"""

from __future__ import annotations

import base64
import logging
import secrets
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import click
import msgspec

from local.kubernetes import certificates
from local.kubernetes.cluster import PodCluster
from local.kubernetes.faults import PodFaultBoard
from local.kubernetes.requests import PodRequests
from local.kubernetes.tokens import MASTERS, User

log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
"""Seconds for the TLS handshake; on loopback it takes milliseconds."""
POLL_SECONDS = 0.02
"""Seconds between two checks whether the server has to stop."""


class _Server(ThreadingHTTPServer):
    """Accepts connections; TLS is agreed on in the thread of each, so that a silent client blocks no other."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, cluster: PodCluster, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), type("ClusterRequests", (PodRequests,), {"cluster": cluster}))

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Make the TLS handshake, then answer the requests of the connection."""
        request.settimeout(HANDSHAKE_SECONDS)
        with self._tls.wrap_socket(request, server_side=True) as secure:
            secure.settimeout(None)
            self._open.add(secure)
            try:
                super().finish_request(secure, client_address)
            finally:
                self._open.discard(secure)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the signature of socketserver
        """Log broken connections, which a simulator makes on purpose, at debug level only; any other error is a bug."""
        error = sys.exception()
        log.log(logging.DEBUG if isinstance(error, OSError) else logging.ERROR, "connection ended", exc_info=error)

    def break_connections(self) -> None:
        """Break every open connection as a crash does."""
        for connection in list(self._open):
            try:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:  # it ended in the meantime
                log.debug("connection was closed already")


class PodApi:
    """The API server of one simulated cluster; a context manager that serves from entry to exit."""

    def __init__(
        self,
        name: str = "simulated",
        *,
        port: int = 0,
        first_version: int = 1,
        tokens: Mapping[str, User] | None = None,
        aws_secrets: Mapping[str, str] | None = None,
        seed: int | None = None,
    ) -> None:
        """Prepare a cluster without pods.

        `port` 0 is any free one. `first_version` lets a recreated cluster begin lower than its predecessor ended. `aws_secrets` (access key
        to secret key, by default test/test) verify the EKS tokens. `seed` makes the uids of the pods reproducible.
        """
        self.cluster = PodCluster(name, first_version=first_version, secrets=aws_secrets, seed=seed)
        self.admin_token = secrets.token_urlsafe()
        for token, user in {self.admin_token: User("admin", frozenset({MASTERS})), **(tokens or {})}.items():
            self.cluster.tokens.add(token, user)
        self.ca, self._tls = certificates.make(name)
        self._port = port
        self._server: _Server | None = None

    @property
    def name(self) -> str:
        """The name of the cluster."""
        return self.cluster.name

    @property
    def host(self) -> str:
        """The URL of the server, such as `https://127.0.0.1:40123`; it stays the same over a restart."""
        return f"https://127.0.0.1:{self._port}"

    @property
    def faults(self) -> PodFaultBoard:
        """The current faults."""
        return self.cluster.faults

    def start(self) -> None:
        """Start to serve, on the previous port if there was one."""
        self.cluster.stopping.clear()
        self._server = _Server(self._port, self.cluster, self._tls)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), name=f"pod-api-{self.name}", daemon=True).start()

    def stop(self) -> None:
        """Stop serving, and break all connections; the pods stay."""
        if self._server is None:
            return
        self.cluster.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self.cluster.drop_watches()
        self._server.break_connections()
        self._server = None

    def restart(self) -> None:
        """Break all connections, lose the history as a real server loses its watch cache, and serve again."""
        self.stop()
        self.cluster.history.compact()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


@click.command()
@click.option("--cluster", "names", multiple=True, required=True, help="Name of a cluster to simulate; repeat for several.")
@click.option("--first-version", default=1, show_default=True, help="The version at which the clusters begin.")
def main(names: tuple[str, ...], first_version: int) -> None:
    """Serve until SIGTERM or SIGINT; what a client needs of each cluster is printed as one line of JSON once all answer.

    The line maps each name to `endpoint`, `certificate_authority` (base64 of PEM, as EKS DescribeCluster gives it) and `admin_token`.
    """
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with ExitStack() as running:
        served = [running.enter_context(PodApi(name, first_version=first_version)) for name in names]
        ready = {
            api.name: {
                "endpoint": api.host,
                "certificate_authority": base64.b64encode(api.ca.encode()).decode(),
                "admin_token": api.admin_token,
            }
            for api in served
        }
        click.echo(msgspec.json.encode(ready).decode())
        done.wait()


if __name__ == "__main__":
    main()
