"""A server on a port of this machine that answers as the test says: for programs that make their own clients."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import NamedTuple

POLL = 0.01
"""Seconds between two looks at whether it is to end, which a test waits for."""
LAST = 5
"""Seconds for the requests that are under way when it ends."""


class Request(NamedTuple):
    """What was asked."""

    method: str
    path: str
    headers: Message
    body: bytes


class Reply(NamedTuple):
    """What is answered."""

    body: str
    kind: str
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})


@contextmanager
def answering(answer: Callable[[Request], Reply]) -> Iterator[str]:
    """Serve on a free port of the loopback interface, each request in a thread of its own; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            if self.headers.get("Expect") == "100-continue":  # boto3 waits a second for it before it sends what it stores on S3
                self.send_response_only(100)
                self.end_headers()
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = answer(Request(self.command, self.path, self.headers, body))
            encoded = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Type": reply.kind, "Content-Length": str(len(encoded))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                with suppress(ConnectionError):  # the client is gone
                    self.wfile.write(encoded)

        do_GET = do_POST = do_PUT = do_HEAD = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": POLL}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(LAST)
