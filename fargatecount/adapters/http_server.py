"""A small HTTP server that bounds everything that a client can take: connections, time, and bytes.

Python's own server, because it is enough for a handful of scrapers and browsers (docs/adr/0015-exporter.md). Its documentation warns that
it checks nothing (https://docs.python.org/3/library/http.server.html); these are the checks. One connection carries one request, so that
the number of connections bounds the requests under way.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from sys import exc_info
from time import monotonic
from typing import Any, BinaryIO

from fargatecount.errors import MisconfiguredError
from fargatecount.exporter.http import SAFE, HttpRequest, HttpResponse, plain_response

LOOPBACK = "127.0.0.1"
POLL = 0.05
"""Seconds until a server in a thread notices its shutdown, and between two checks of overdue connections."""
MAX_CONNECTIONS = 64
"""A scraper has one, a browser six. Above it a connection is closed at once."""
MAX_REQUEST_BYTES = 16_384
"""Request line and headers: twice what browsers and proxies send."""
REQUEST_SECONDS = 5.0
"""Until the whole request must have arrived, a byte at a time or not; the handshake of TLS included."""
CONNECTION_SECONDS = 60.0
"""Until the response must have been taken: a table that does not answer takes 20 s, the rest is for a slow reader."""

Respond = Callable[[HttpRequest], HttpResponse]


class BoundedServer(ThreadingHTTPServer):
    """Serves `answer`, one at a time; what `reply` returns needs no turn. It listens once constructed; `serve_forever` answers."""

    daemon_threads = True  # a browser that keeps its connection open does not delay the shutdown
    request_queue_size = 2 * MAX_CONNECTIONS

    def __init__(
        self,
        reply: Callable[[HttpRequest], HttpResponse | None],
        answer: Respond,
        *,
        address: str = LOOPBACK,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        request_seconds: float = REQUEST_SECONDS,
        connection_seconds: float = CONNECTION_SECONDS,
    ) -> None:
        """Listen at `address` on `port`, or on a free one.

        Raises:
            MisconfiguredError: the port is taken or not permitted, or this machine has no such address.
        """
        # One thread calls `answer`: what is behind it is not safe for two at once, and connections to AWS belong to a thread.
        self._turns = ThreadPoolExecutor(1, thread_name_prefix="answer")
        self._reply, self._answer, self._tls = reply, answer, tls
        self._replying = threading.Lock()
        self._open: dict[Any, float] = {}  # connection to the moment at which it is overdue
        self._open_lock = threading.Lock()
        self.request_seconds = request_seconds
        self._connection_seconds = connection_seconds
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._address = address
        try:
            super().__init__((address, port), _Connection)
        except (OSError, OverflowError) as error:
            self._turns.shutdown(wait=False)
            raise MisconfiguredError(
                f"cannot listen on {address}:{port}: {error}", remedy="choose another --port, or none for a free one"
            ) from error

    @property
    def url(self) -> str:
        """The address of `/`."""
        name = f"[{self._address}]" if ":" in self._address else self._address
        return f"{'https' if self._tls else 'http'}://{name}:{self.server_port}/"

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Return the response to one request."""
        with self._replying:
            reply = self._reply(request)
        return reply or self._turns.submit(self._answer, request).result()

    def in_turn(self, function: Callable[[], Any]) -> Any:
        """Return what a function returns that must not run beside `answer`; it waits for its turn."""
        return self._turns.submit(function).result()

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection; its handshake is left to its own thread."""
        connection, client = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, client

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - socketserver's signature
        """Return whether there is room for a connection."""
        with self._open_lock:
            if len(self._open) >= MAX_CONNECTIONS:
                return False
            self._open[request] = monotonic() + self.request_seconds
        return True

    def has_arrived(self, request: Any) -> None:
        """Give a connection the time for its response, because its request is complete."""
        with self._open_lock:
            if request in self._open:
                self._open[request] = monotonic() + self._connection_seconds

    def service_actions(self) -> None:
        """Close the connections that are overdue, whatever they are waiting for."""
        with self._open_lock:
            overdue = [each for each, until in self._open.items() if monotonic() > until]
        for each in overdue:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._open_lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening."""
        super().server_close()
        self._turns.shutdown(wait=False, cancel_futures=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that closed its connection, was too slow, or speaks no TLS."""
        if not isinstance(exc_info()[1], OSError | ValueError):  # ValueError: the sweep closed its file
            super().handle_error(request, client_address)


@contextmanager
def serving_in_thread(server: BoundedServer) -> Iterator[str]:
    """Serve in a thread while the context is open; yield the address."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL,), name="server", daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


class _TooLargeError(Exception):
    pass


class _Bounded:
    """The bytes of a connection, as many as a request may have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MAX_REQUEST_BYTES

    def readline(self, size: int = -1) -> bytes:
        line = self._file.readline(min(size if size >= 0 else self._left + 1, self._left + 1))
        self._left -= len(line)
        if self._left < 0:
            raise _TooLargeError
        if not line.endswith(b"\n"):
            # The client left, or was too slow; what has arrived is not a shorter request.
            raise ConnectionAbortedError("the request is not complete")
        return line

    def close(self) -> None:
        self._file.close()


class _Connection(BaseHTTPRequestHandler):
    server: BoundedServer
    server_version = "fargatecount"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self.server.request_seconds)
        self.rfile: Any = _Bounded(self.rfile)

    def handle(self) -> None:
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.do_handshake()
        try:
            self.raw_requestline = self.rfile.readline()
            if not self.parse_request():
                return
        except _TooLargeError:
            self.requestline, self.request_version, self.command = "", "HTTP/1.0", ""
            self._send(plain_response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"a request has at most {MAX_REQUEST_BYTES} bytes"))
            return
        self.server.has_arrived(self.connection)
        if self.headers.get("Transfer-Encoding") or self.headers.get("Content-Length", "0").strip() != "0":
            self._send(plain_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "no request here has a body"))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        client = str(self.client_address[0])
        self._send(self.server.respond(HttpRequest(method=self.command, path=self.path, headers=headers, client=client)))

    def _send(self, response: HttpResponse) -> None:
        self.send_response(response.status)
        own = {"Content-Type": response.kind, "Content-Length": str(len(response.body))}
        for name, value in {**SAFE, **response.headers, **own}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - http.server's name
        """Log nothing: there is a request every few seconds."""
