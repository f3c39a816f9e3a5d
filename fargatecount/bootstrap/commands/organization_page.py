"""Bootstrap of the live page of an organization."""

from __future__ import annotations

from fargatecount.adapters.page_server import PageServer
from fargatecount.bootstrap.commands.organization import Hub
from fargatecount.organization.page.document import OrganizationPage, organization_page
from fargatecount.organization.page.render import html
from fargatecount.organization.selection import ScopeSelection
from fargatecount.workload import Millis

REFRESH: Millis = 5_000
"""Milliseconds between two requests of the browser: a member reports at most every five seconds."""


def organization_server(hub: Hub, selection: ScopeSelection, *, port: int) -> PageServer[OrganizationPage]:
    """Return a listening server of the page; the first one is read already, so that an error is raised at once.

    Raises:
        MisconfiguredError: the port is taken, or there is no such hub, or nothing of that name in it.
        DeniedError, UnavailableError: AWS refused or did not answer.
    """

    def look() -> OrganizationPage:
        return organization_page(hub.read(selection), hub.thresholds, refresh_ms=REFRESH)

    server = PageServer(look, port, html=html)
    try:
        server.look()
    except BaseException:
        server.server_close()
        raise
    return server
