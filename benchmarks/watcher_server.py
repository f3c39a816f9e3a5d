"""`python -m benchmarks.watcher_server PODS`: an API server with prepared answers, so that only its clients use processor time.

Serves lists in pages of the two requested sizes, and a watch with one change of each pod; over TLS, without authentication.
Prints its port and its CA as one line of JSON and serves until it is killed.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from benchmarks.watcher_pods import OFFICIAL_PAGE, events, page
from fargatecount.adapters.kubernetes.pods import PAGE_SIZE
from local.kubernetes import certificates


def main(pods: int) -> None:
    """Serve."""
    pages = {(limit, start): page(pods, limit, start) for limit in (OFFICIAL_PAGE, PAGE_SIZE) for start in range(0, pods, limit)}
    changes = list(events(pods))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            if "watch" in query:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                with suppress(OSError):  # the client has seen enough
                    for change in changes:  # each in its own chunk, as the API server flushes
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(change), change))
                    self.wfile.write(b"0\r\n\r\n")
            else:
                body = pages[int(query["limit"][0]), int(query.get("continue", ["0"])[0])]
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            """Say nothing."""

    ca, tls = certificates.make("benchmark")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    sys.stdout.write(json.dumps({"port": server.server_address[1], "ca": ca}) + "\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
