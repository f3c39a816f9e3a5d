"""An AWS that refuses every call with one code, in whichever protocol it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def refusing(code: str, *, status: int = 403) -> Iterator[str]:
    """Serve on a free port of the loopback interface; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def _refuse(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            error = f"<Error><Code>{code}</Code><Message>told</Message></Error>"
            body = error if "/s3/" in self.headers.get("Authorization", "") else f"<ErrorResponse>{error}</ErrorResponse>"
            kind = "text/xml"
            if "X-Amz-Target" in self.headers or self.path.startswith("/clusters"):
                body, kind = json.dumps({"__type": code, "message": "told"}), "application/x-amz-json-1.0"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("x-amzn-errortype", code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PUT = do_HEAD = _refuse  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
