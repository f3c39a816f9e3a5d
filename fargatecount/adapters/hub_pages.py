"""The exporter's answers over a hub: the live page of the organization, its document, and the organization as JSON.

The hub's table is read at most once in a period, however many ask. One thread at a time calls `answer`.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.exporter.answer import PAGE, PAGE_DATA, trouble
from fargatecount.exporter.http import HTML, JSON, HttpRequest, HttpResponse, plain_response
from fargatecount.exporter.shared_reads import SharedReads
from fargatecount.organization.page.document import organization_page
from fargatecount.organization.page.render import html
from fargatecount.organization.view import OrganizationDocument
from fargatecount.quotas.thresholds import QuotaThresholds
from fargatecount.workload import Millis

ORGANIZATION = "/api/v1/organization"


class HubPages:
    """Answers the requests that a `Gate` let through."""

    def __init__(self, read: Callable[[], OrganizationDocument], clock: Clock, *, thresholds: QuotaThresholds, every: Millis) -> None:
        self._read = read
        self._thresholds = thresholds
        self._every = every
        self._reads = SharedReads(clock, every)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the answer; never raises."""
        makers = {PAGE: (HTML, self._page), PAGE_DATA: (JSON, self._data), ORGANIZATION: (JSON, self._organization)}
        if request.path not in makers:
            return plain_response(HTTPStatus.NOT_FOUND, f"only {', '.join(makers)} and /healthz exist here")
        kind, make = makers[request.path]
        self._reads.begin()
        try:
            return HttpResponse(kind=kind, body=self._reads.get(request.path, make))
        except FargatecountError as error:
            return trouble(error)

    def _page(self) -> bytes:
        return html(organization_page(self._document(), self._thresholds, refresh_ms=self._every)).encode(errors="replace")

    def _data(self) -> bytes:
        return msgspec.json.encode(organization_page(self._document(), self._thresholds, refresh_ms=self._every))

    def _organization(self) -> bytes:
        return msgspec.json.encode(self._document())

    def _document(self) -> OrganizationDocument:
        return self._reads.get("organization", self._read)
