"""Requests and responses of HTTP, as far as the exporter needs them; a socket or a Lambda function URL carries them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"

SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""No other site may frame, embed or read what is served. The policy of the page itself is in the file."""


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request; it has no body, because everything here is only read."""

    method: str
    path: str
    """With its query, as it was sent."""
    headers: Mapping[str, str] = {}
    """By name in lower case; the last one of a name that was sent twice."""
    client: str = ""
    """Address of the client."""


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One response."""

    status: int = 200
    kind: str = TEXT
    """Content type."""
    body: bytes = b""
    headers: Mapping[str, str] = {}
    """Beside the content type and `SAFE`."""


def plain_response(status: int, text: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return a response of one line of text."""
    return HttpResponse(status=status, body=f"{text}\n".encode(), headers=headers or {})
