"""The HTTP server of `/metrics`: answers from the last reading, so that a scrape never reaches the metadata endpoint."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from taskstats.exposition import CONTENT_TYPE, State, exposition

TIMEOUT = 10.0
"""Seconds that a client may stay silent: a thread is kept for each."""


class MetricsServer:
    """Serves the state that `read` returns, from a thread of its own."""

    def __init__(self, read: Callable[[], State], host: str, port: int) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = TIMEOUT

            def do_GET(self) -> None:
                found = self.path == "/metrics"
                body = exposition(read()).encode() if found else b"there is /metrics\n"
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", CONTENT_TYPE if found else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
                """Log nothing: stdout and stderr are the log that is paid for."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)

    @property
    def port(self) -> int:
        """The port in use; useful if 0 was requested."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Start answering."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
