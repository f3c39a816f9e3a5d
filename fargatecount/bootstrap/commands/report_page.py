"""Bootstrap of the page of `fargatecount report`: its sources, and the server of the live page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fargatecount.adapters.cloudwatch.history import CloudWatchHistory
from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.page_server import PageServer, serving
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.commands.history import DUCKDB, history_ports
from fargatecount.bootstrap.commands.report import report_store
from fargatecount.errors import FargatecountError
from fargatecount.report.page.document import Page
from fargatecount.report.page.gather import Sources
from fargatecount.report.page.live import Live
from fargatecount.report.page.past import Past, past_of, without
from fargatecount.report.page.render import html
from fargatecount.timestamps import HOUR
from fargatecount.usage.prices import label
from fargatecount.workload import Millis


def page_sources(connection: Connection, progress: Callable[[str], None] = lambda _: None) -> Sources:
    """Return the sources of a page; errors as for `Connection.ledger`."""
    ledger = connection.ledger()
    names = connection.metric_names
    return Sources(
        scope=connection.scope(),
        reader=ledger,
        quotas=DynamoQuotas(ledger.items),
        reports=report_store(connection),
        mutes=DynamoMutes(ledger.items),
        metrics=CloudWatchHistory(connection.client("cloudwatch"), namespace=names.namespace, prefix=names.metric_prefix),
        prices=connection.prices,
        thresholds=connection.levels.thresholds,
        past=lambda begins, ends: _past(connection, begins, ends, progress),
    )


def _past(connection: Connection, begins: Millis, ends: Millis, progress: Callable[[str], None]) -> Past:
    now = connection.clock.now()
    try:
        ports = history_ports(connection, DUCKDB, progress, several=True)
    except FargatecountError as error:
        return without(begins, ends, now, error)
    return past_of(ports.engine, ports.coverage, begins, ends, now=now, prices=label(connection.prices))


def live_server(connection: Connection, *, port: int = 0, length: Millis = HOUR) -> PageServer[Page]:
    """Return a listening server of the live page; the first page is gathered already, so that an error is raised at once.

    Raises:
        MisconfiguredError: the port is taken, or there is no such deployment.
        DeniedError, UnavailableError: AWS refused or did not answer.
    """
    server = PageServer(_look(connection, length), port, html=html)
    try:
        server.look()
    except BaseException:
        server.server_close()
        raise
    return server


@contextmanager
def live(connection: Connection, *, port: int = 0, length: Millis = HOUR) -> Iterator[str]:
    """Serve the live page in a thread while the context lasts; yield its address. Raises as `live_server` does."""
    with serving(_look(connection, length), port) as url:
        yield url


def _look(connection: Connection, length: Millis) -> Callable[[], Page]:
    return Live(page_sources(connection), connection.clock, length).look
