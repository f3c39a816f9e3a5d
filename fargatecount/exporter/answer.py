"""Answers: what the exporter replies to one request.

Everything that is shown comes from one snapshot per period, and its text is made once per period too. One thread at a time calls `answer`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from http import HTTPStatus

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.exporter import openapi
from fargatecount.exporter.access import RequestRate, is_authorized, is_meant
from fargatecount.exporter.family import OPENMETRICS, PLAIN_TEXT, prefers_openmetrics, render
from fargatecount.exporter.http import HTML, JSON, HttpRequest, HttpResponse, plain_response
from fargatecount.exporter.push import SampleSet
from fargatecount.exporter.samples import samples
from fargatecount.exporter.shared_reads import SharedReads
from fargatecount.exporter.snapshot import ExporterOptions, SharedTable
from fargatecount.report.page.document import Page
from fargatecount.report.page.render import html
from fargatecount.usage.document import usage_document
from fargatecount.usage.prices import label

PAGE = "/"
PAGE_DATA = "/page.json"
METHODS = ("GET", "HEAD")
CHALLENGE = {"WWW-Authenticate": 'Basic realm="fargatecount", charset="UTF-8"'}
"""A browser then asks for a name and a password; the password is the token."""


class Gate:
    """Decides whether a request is answered at all."""

    def __init__(self, clock: Clock, *, names: Collection[str] = (), token: str | None = None, rate: RequestRate | None = None) -> None:
        self._clock = clock
        self._names = names
        self._token = token
        self._rate = rate or RequestRate()

    def reply(self, request: HttpRequest) -> HttpResponse | None:
        """Return the reply that needs no look at the table: a refusal, or the health; None if the request is to be answered."""
        if not is_meant(request.headers.get("host"), self._names):
            return plain_response(HTTPStatus.FORBIDDEN, "this is fargatecount, which answers only under its own address")
        if request.method not in METHODS:
            return plain_response(HTTPStatus.METHOD_NOT_ALLOWED, "everything here can only be read", {"Allow": ", ".join(METHODS)})
        if not self._rate.allows(request.client, self._clock.now()):
            return plain_response(HTTPStatus.TOO_MANY_REQUESTS, "too many requests", {"Retry-After": "1"})
        if request.path == openapi.HEALTH:
            return plain_response(
                HTTPStatus.OK, "ok"
            )  # it reveals nothing, a kubelet has no token, and a slow table is no reason to restart
        if self._token is not None and not is_authorized(request.headers.get("authorization"), self._token):
            return plain_response(HTTPStatus.UNAUTHORIZED, "a token is needed", CHALLENGE)
        return None


def trouble(error: FargatecountError) -> HttpResponse:
    """Return the answer of a table that could not be read, with its remedy."""
    body = msgspec.json.encode({"error": str(error), "remedy": error.remedy})
    return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, kind=JSON, body=body)


class Exporter:
    """Answers the requests that a `Gate` let through; for one thread at a time."""

    def __init__(
        self, table: SharedTable, options: ExporterOptions, clock: Clock, *, version: str, look: Callable[[], Page] | None
    ) -> None:
        self._table = table
        self._options = options
        self._version = version
        self._look = look
        self._texts = SharedReads(clock, options.every)
        self._texts_of = -1

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the answer; never raises."""
        path = request.path
        if path == openapi.METRICS:
            openmetrics = prefers_openmetrics(request.headers.get("accept"))
            return self._shared(OPENMETRICS if openmetrics else PLAIN_TEXT, lambda: self._metrics(openmetrics=openmetrics))
        if path == openapi.USAGE:
            return self._shared(JSON, self._usage)
        if path == openapi.DESCRIPTION:
            return HttpResponse(kind=JSON, body=msgspec.json.encode(openapi.description(self._version)))
        if self._look is not None and path == PAGE:
            return self._shared(HTML, lambda: html(self._page()).encode(errors="replace"))
        if self._look is not None and path == PAGE_DATA:
            return self._shared(JSON, lambda: msgspec.json.encode(self._page()), key=PAGE_DATA)
        return plain_response(HTTPStatus.NOT_FOUND, f"only {', '.join(self._paths())} exist here")

    def sample_set(self) -> SampleSet:
        """Return the samples of the present period, as `/metrics` shows them."""
        snapshot = self._table.snapshot()
        return SampleSet(snapshot.at, samples(snapshot, self._options, self._version))

    def _paths(self) -> list[str]:
        pages = [] if self._look is None else [PAGE, PAGE_DATA]
        return [*pages, openapi.METRICS, openapi.USAGE, openapi.DESCRIPTION, openapi.HEALTH]

    def _shared(self, kind: str, encode: Callable[[], bytes], *, key: str = "") -> HttpResponse:
        read_at = self._table.snapshot().at
        if read_at != self._texts_of:  # a text lives exactly as long as the snapshot that it was made of
            self._texts.forget()
            self._texts_of = read_at
        try:
            body = self._texts.get(key or kind, encode)
        except FargatecountError as error:
            return trouble(error)
        return HttpResponse(kind=kind, body=body)

    def _metrics(self, *, openmetrics: bool) -> bytes:
        return render(self.sample_set().samples, openmetrics=openmetrics)

    def _usage(self) -> bytes:
        snapshot = self._table.snapshot()
        if snapshot.error is not None:
            raise snapshot.error
        prices = label(self._options.publish.prices)
        return msgspec.json.encode(usage_document([scope.usage for scope in snapshot.scopes], snapshot.at, prices))

    def _page(self) -> Page:
        assert self._look is not None
        return self._texts.get("page", self._look)
