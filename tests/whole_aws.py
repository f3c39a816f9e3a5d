"""STS and EKS behind HTTP, as boto3 speaks to them, beside the fake ECS of `aws_server`: an AWS for processes that moto cannot reach."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.aws_server import Quotas, serving
from tests.builders import SCOPE
from tests.fake_ecs import FakeEcs

CALLER = f"arn:aws:iam::{SCOPE.account}:user/ann"
WHO = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    f"<Arn>{CALLER}</Arn><UserId>ann</UserId><Account>{SCOPE.account}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@contextmanager
def whole_aws(ecs: FakeEcs) -> Iterator[dict[str, str]]:
    """Serve an account with these ECS clusters and no EKS cluster; yield the environment of somebody in it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(WHO, "text/xml")

        def do_GET(self) -> None:
            self._answer('{"clusters": []}', "application/json")

        def _answer(self, text: str, kind: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        with serving(ecs, Quotas()) as url:
            rest = f"http://127.0.0.1:{server.server_address[1]}"
            yield {
                "AWS_ENDPOINT_URL_ECS": url,
                "AWS_ENDPOINT_URL_SERVICE_QUOTAS": url,
                "AWS_ENDPOINT_URL_STS": rest,
                "AWS_ENDPOINT_URL_EKS": rest,
            }
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
