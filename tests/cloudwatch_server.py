"""CloudWatch and EventBridge on a port of this machine, for programs that make their client themselves: it keeps or denies what is put."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class CloudWatch:
    """What was asked of it."""

    def __init__(self, *, denies: bool) -> None:
        self.denies = denies
        self.requests: list[dict[str, Any]] = []

    @property
    def metrics(self) -> dict[str, float]:
        """Name and newest value of each metric that was put without dimensions."""
        return {
            datum["MetricName"]: datum["Value"]
            for request in self.requests
            for datum in request["MetricData"]
            if not datum.get("Dimensions")
        }


@contextmanager
def cloudwatch(*, denies: bool = False) -> Iterator[tuple[CloudWatch, str]]:
    """Yield a CloudWatch and its URL."""
    service = CloudWatch(denies=denies)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = json.loads(body)
            service.requests.append(request)
            # EventBridge answers for each event, CloudWatch not at all.
            taken = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in request["Entries"]]} if "Entries" in request else {}
            answer = b'{"__type": "AccessDeniedException", "message": "not you"}' if service.denies else json.dumps(taken).encode()
            self.send_response(400 if service.denies else 200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
