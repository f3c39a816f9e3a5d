"""The fake ECS and Fargate's quotas behind HTTP, as boto3 speaks to them: for tests of whole programs, which make their own clients."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.exceptions import ClientError

from tests.fake_ecs import FakeEcs


class Quotas:
    """Fargate's two vCPU quotas, each applied or not; the defaults are AWS's own."""

    def __init__(self) -> None:
        self.applied: dict[str, float] = {"L-3032A538": 4000.0}
        self.defaults: dict[str, float] = {"L-3032A538": 6.0, "L-36FBB829": 6.0}

    def get_service_quota(self, **asked: str) -> dict[str, Any]:
        """Answer GetServiceQuota."""
        return self._value(self.applied, **asked)

    def get_aws_default_service_quota(self, **asked: str) -> dict[str, Any]:
        """Answer GetAWSDefaultServiceQuota."""
        return self._value(self.defaults, **asked)

    def _value(self, values: dict[str, float], *, ServiceCode: str, QuotaCode: str) -> dict[str, Any]:  # noqa: N803 - AWS's spelling
        if ServiceCode != "fargate" or QuotaCode not in values:
            raise ClientError({"Error": {"Code": "NoSuchResourceException", "Message": f"no {ServiceCode} {QuotaCode}"}}, "GetServiceQuota")
        return {"Quota": {"QuotaCode": QuotaCode, "Value": values[QuotaCode]}}


@contextmanager
def serving(ecs: FakeEcs, quotas: Quotas) -> Iterator[str]:
    """Serve them on a free port of the loopback interface; yield the URL."""
    services: dict[str, Any] = {"AmazonEC2ContainerServiceV20141113": ecs, "ServiceQuotasV20190624": quotas}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service, _, operation = self.headers["X-Amz-Target"].partition(".")
            arguments = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            name = re.sub(r"(?<=[a-z])([A-Z])|(?<=S)([A-Z])(?=[a-z])", r"_\1\2", operation).lower()
            try:
                status, answer = 200, getattr(services[service], name)(**arguments)
            except ClientError as error:
                said = error.response["Error"]
                status, answer = 400, {"__type": said["Code"], "message": said["Message"]}
            body = json.dumps(answer, default=datetime.timestamp).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

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
