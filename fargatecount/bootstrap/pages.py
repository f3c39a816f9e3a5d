"""What the page is gathered from, for people and for the schedule; and the live page, for whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fargatecount.adapters.page_server import PageServer, serving
from fargatecount.bootstrap.connection import Connection
from fargatecount.report.page.document import Page
from fargatecount.report.page.gather import Sources
from fargatecount.report.page.live import Live
from fargatecount.timestamps import HOUR
from fargatecount.workload import Millis


def sources(connection: Connection) -> Sources:
    """Return whom a page asks, as a person reaches it; errors as for `Connection.ledger`."""
    ledger = connection.ledger()
    return Sources(
        scope=connection.scope(),
        reader=ledger,
        quotas=connection.quotas(ledger),
        reports=connection.reports(),
        metrics=connection.history(),
        prices=connection.terms.prices,
        marks=connection.levels.marks,
    )


def live_server(connection: Connection, *, port: int = 0, length: Millis = HOUR) -> PageServer:
    """Return a server of the live page, which listens already; the first look is done, so that trouble is told at once.

    Raises:
        MisconfiguredError: the port is taken, or there is no such deployment.
        DeniedError, UnavailableError: AWS could not be asked.
    """
    server = PageServer(_look(connection, length), port)
    try:
        server.look()
    except BaseException:
        server.server_close()
        raise
    return server


@contextmanager
def live(connection: Connection, *, port: int = 0, length: Millis = HOUR) -> Iterator[str]:
    """Serve the live page in a thread for as long as the context lasts; yield its address. Raises as `live_server` does."""
    with serving(_look(connection, length), port) as url:
        yield url


def _look(connection: Connection, length: Millis) -> Callable[[], Page]:
    return Live(sources(connection), connection.clock, length).look
