"""One HTTP connection to a simulated cluster: its user, its routes, and its answers.

What a route does is `pod_requests`'.
"""

from __future__ import annotations

import logging
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar, Final, TypeAlias

import msgspec
import yaml

from local.kubernetes.cluster import PodCluster
from local.kubernetes.refusal import RefusalError, bad_request
from local.kubernetes.tokens import User

log = logging.getLogger(__name__)

JSON: Final = "application/json"

Route: TypeAlias = tuple[str, re.Pattern[str], str]
"""Method, pattern of the path, name of the method that answers; the pattern's groups become its arguments."""


class PodConnection(BaseHTTPRequestHandler):
    """Reads requests, finds their routes and sends answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    routes: ClassVar[Sequence[Route]]
    cluster: PodCluster
    """Set by the server, which makes a subclass for its cluster."""
    user: User
    query: Mapping[str, str]

    def handle_any(self) -> None:
        """Answer one request, whatever its method."""
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.user = self.cluster.tokens.user(self.headers.get("Authorization"))
            self.cluster.stopping.wait(self.cluster.faults_of(self.user).settings.slow_seconds)
            for method, pattern, name in self.routes:
                if method == self.command and (match := pattern.fullmatch(url.path)):
                    getattr(self, name)(body, **match.groupdict())
                    return
            raise RefusalError(404, "NotFound", "the server could not find the requested resource")
        except RefusalError as refusal:
            self.answer(refusal.status, refusal.code)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any  # noqa: N815 - the names that http.server calls

    def read(self, body: bytes) -> dict[str, Any]:
        """Return the body as an object; nothing is an empty one.

        Raises:
            RefusalError: 400.
        """
        try:
            # A server-side apply is sent as YAML, of which JSON is a part.
            data = yaml.safe_load(body) if "yaml" in self.headers.get_content_type() else msgspec.json.decode(body or b"{}")
        except (yaml.YAMLError, msgspec.DecodeError) as error:
            raise bad_request(f"the body cannot be read: {error}") from error
        if not isinstance(data, dict):
            raise bad_request("the body is not an object")
        return data

    def answer(self, data: bytes | Mapping[str, Any], code: int = 200, content_type: str = JSON) -> None:
        """Send an answer."""
        body = data if isinstance(data, bytes) else msgspec.json.encode(data)
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in http.server
        """Log no requests, except while debugging."""
        log.debug(format, *args)
