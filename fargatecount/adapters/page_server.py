"""The live page on this machine's loopback interface: the file at `/`, and its document at `/page.json`.

Nobody but this machine's own browsers can connect, and of these only pages of ours may ask: a name of somebody else's that resolves to
127.0.0.1 comes with that name as its Host, and is refused (https://en.wikipedia.org/wiki/DNS_rebinding).
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
"""Seconds until a server in a thread notices that it is to end."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""No other site may frame, embed or read what is here; what the page itself may do is said in the file."""


class PageServer(ThreadingHTTPServer):
    """Serves what `look` returns. It listens from its making; `serve_forever` answers."""

    daemon_threads = True  # a browser that keeps its connection open keeps nobody from leaving

    def __init__(self, look: Callable[[], Page], port: int = 0) -> None:
        """Listen on `port`, or on a free one.

        Raises:
            MisconfiguredError: the port is taken, or not to be had.
        """
        # One thread looks, one at a time: what is behind `look` is not for two at once, and connections to AWS belong to a thread.
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
        """Where it is."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def look(self) -> Page:
        """Return the page as of now; raises what the look raises."""
        return self._looking.submit(self._look).result()

    def is_meant(self, host: str | None) -> bool:
        """Say whether a request's Host names this server."""
        return host in {f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost")}

    def server_close(self) -> None:
        """Stop listening."""
        super().server_close()
        self._looking.shutdown(wait=False, cancel_futures=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away in the middle of an answer."""
        if not isinstance(exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(look: Callable[[], Page], port: int = 0) -> Iterator[str]:
    """Serve in a thread of its own for as long as the context lasts; yield the address. Raises as PageServer does."""
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
            self._send(HTTPStatus.FORBIDDEN, "text/plain", b"this is the live page of fargatecount, which goes by its own address only\n")
        elif self.path == "/":
            self._page("text/html", lambda page: html(page).encode())
        elif self.path == "/page.json":
            self._page("application/json", msgspec.json.encode)
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"there is nothing here but / and /page.json\n")

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
        """Say nothing: a request every few seconds is no news."""
