"""The live page on the loopback interface: the file at `/`, and its document at `/page.json`.

Only browsers on this machine can connect, and only under this server's own address: a foreign name that resolves to 127.0.0.1 arrives as
the Host header and is refused (https://en.wikipedia.org/wiki/DNS_rebinding).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from sys import exc_info
from typing import Any

import msgspec

from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.report.page.document import Page
from fargatecount.report.page.render import html

LOOPBACK = "127.0.0.1"
POLL = 0.05
"""Seconds until a server in a thread notices its shutdown."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""No other site may frame, embed or read the page. The policy of the page itself is in the file."""


class PageServer(ThreadingHTTPServer):
    """Serves the page that `look` returns. It listens once it is constructed; `serve_forever` answers."""

    daemon_threads = True  # a browser that keeps its connection open does not delay the shutdown

    def __init__(self, look: Callable[[], Page], port: int = 0) -> None:
        """Listen on `port`, or on a free one.

        Raises:
            MisconfiguredError: the port is taken or not permitted.
        """
        # One thread calls `look`, which is not safe for two at once; connections to AWS belong to a thread.
        self._looking = ThreadPoolExecutor(1, thread_name_prefix="look")
        self._look = look
        try:
            super().__init__((LOOPBACK, port), _Answer)
        except (OSError, OverflowError) as error:
            raise MisconfiguredError(
                f"cannot listen on {LOOPBACK}:{port}: {error}", remedy="choose another --port, or none for a free one"
            ) from error

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def look(self) -> Page:
        """Return the page as of now; raises what `look` raises."""
        return self._looking.submit(self._look).result()

    def is_meant(self, host: str | None) -> bool:
        """Return whether the Host header of a request names this server."""
        return host in {f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost")}

    def server_close(self) -> None:
        """Stop listening."""
        super().server_close()
        self._looking.shutdown(wait=False, cancel_futures=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a browser that closed its connection during an answer."""
        if not isinstance(exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(look: Callable[[], Page], port: int = 0) -> Iterator[str]:
    """Serve in a thread while the context is open; yield the address. Raises as PageServer does."""
    with PageServer(look, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL,), name="live page", daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


class _Answer(BaseHTTPRequestHandler):
    server: PageServer
    server_version = "fargatecount"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer one request."""
        if not self.server.is_meant(self.headers.get("Host")):
            self._send(
                HTTPStatus.FORBIDDEN, "text/plain", b"this is the live page of fargatecount, which answers only under its own address\n"
            )
        elif self.path == "/":
            self._page("text/html", lambda page: html(page).encode())
        elif self.path == "/page.json":
            self._page("application/json", msgspec.json.encode)
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"only / and /page.json exist here\n")

    do_HEAD = do_GET  # noqa: N815

    def _page(self, kind: str, encode: Callable[[Page], bytes]) -> None:
        try:
            body = encode(self.server.look())
        except FargatecountError as error:
            trouble = msgspec.json.encode({"error": str(error), "remedy": error.remedy})
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, "application/json", trouble)
        else:
            self._send(HTTPStatus.OK, kind, body)

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - http.server's name
        """Log nothing: there is a request every few seconds."""
