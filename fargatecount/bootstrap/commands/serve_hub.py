"""Bootstrap of `fargatecount serve --organization`: the server over the hub of an organization."""

from __future__ import annotations

from fargatecount.adapters.http_server import BoundedServer
from fargatecount.adapters.hub_pages import HubPages
from fargatecount.adapters.tls import tls_context
from fargatecount.bootstrap.commands.organization import Hub
from fargatecount.bootstrap.commands.serve import ServeOptions
from fargatecount.exporter.answer import Gate
from fargatecount.organization.selection import ScopeSelection
from fargatecount.workload import Millis


def hub_server(hub: Hub, listen: ServeOptions, *, every: Millis) -> BoundedServer:
    """Return a listening server, which reads the hub at most once in `every`.

    Raises:
        MisconfiguredError: the port is taken, the TLS files do not fit, or there is no such hub.
        DeniedError, UnavailableError: AWS refused or did not answer.
    """
    tls = tls_context(listen.certificate, listen.key) if listen.certificate and listen.key else None
    clock = hub.connection.clock
    pages = HubPages(lambda: hub.read(ScopeSelection()), clock, thresholds=hub.thresholds, every=every)
    gate = Gate(clock, names=listen.names, token=listen.token)
    return BoundedServer(gate.reply, pages.answer, address=listen.address, port=listen.port, tls=tls)
