"""The live page on the loopback interface: the file at `/`, and its document at `/page.json`.

Only programs on this machine can connect, and only under this server's own address: `exporter.access` says why.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

import msgspec

from fargatecount.adapters.http_server import BoundedServer, serving_in_thread
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.errors import FargatecountError
from fargatecount.exporter.answer import PAGE, PAGE_DATA, Gate, trouble
from fargatecount.exporter.http import HTML, JSON, HttpRequest, HttpResponse, plain_response
from fargatecount.report.page.document import Page
from fargatecount.report.page.render import html

T = TypeVar("T", bound=msgspec.Struct)


class PageServer(BoundedServer, Generic[T]):
    """Serves the page that `look` returns. It listens once it is constructed; `serve_forever` answers."""

    def __init__(self, look: Callable[[], T], port: int = 0, *, html: Callable[[T], str]) -> None:
        """Listen on `port`, or on a free one; `html` makes the file of a document.

        Raises:
            MisconfiguredError: the port is taken or not permitted.
        """
        self._look = look
        self._html = html
        super().__init__(Gate(SystemClock()).reply, self._page, port=port)

    def look(self) -> T:
        """Return the page as of now; raises what `look` raises."""
        return self._turns.submit(self._look).result()

    def _page(self, request: HttpRequest) -> HttpResponse:
        try:
            if request.path == PAGE:
                return HttpResponse(kind=HTML, body=self._html(self._look()).encode(errors="replace"))
            if request.path == PAGE_DATA:
                return HttpResponse(kind=JSON, body=msgspec.json.encode(self._look()))
        except FargatecountError as error:
            return trouble(error)
        return plain_response(404, f"only {PAGE} and {PAGE_DATA} exist here")


def serving(look: Callable[[], Page], port: int = 0) -> AbstractContextManager[str]:
    """Serve the page of a scope in a thread while the context is open; it yields the address. Raises as PageServer does."""
    return serving_in_thread(PageServer(look, port, html=html))
