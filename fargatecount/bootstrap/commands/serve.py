"""Bootstrap of `fargatecount serve`: the exporter over the deployment's table, and its server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import fargatecount
from fargatecount.adapters.dynamodb.launches import DynamoLaunches, DynamoLaunchQuotas
from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.adapters.dynamodb.published import DynamoPublishState
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.adapters.http_server import BoundedServer
from fargatecount.adapters.memory.reports import MemoryReports
from fargatecount.adapters.sqs.queue import SqsQueue
from fargatecount.adapters.tls import tls_context
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.commands.report import report_store
from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.exporter.answer import Exporter, Gate
from fargatecount.exporter.push import Pusher, Receiver
from fargatecount.exporter.snapshot import ExporterOptions, ExporterPorts, SharedTable
from fargatecount.metrics.publish import Queue
from fargatecount.reconcile.store import ReportStore
from fargatecount.report.page.gather import Sources
from fargatecount.report.page.live import Live
from fargatecount.workload import Millis

LAST_PUSH = 2.0
"""Seconds for a push that is under way at the end."""


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """Where the exporter listens, and which requests it answers."""

    address: str
    port: int
    names: tuple[str, ...] = ()
    token: str | None = None
    certificate: Path | None = None
    key: Path | None = None
    otlp: str | None = None
    """URL of an OTLP receiver; None: nothing is pushed."""


@contextmanager
def exporter_server(
    connection: Connection, listen: ServeOptions, options: ExporterOptions, *, length: Millis, report: Callable[[str], None]
) -> Iterator[BoundedServer]:
    """Yield a listening server, and push to a receiver meanwhile; `length` is how far back its page goes.

    `report` gets each new trouble of the receiver, and an empty text when it is over.

    Raises:
        MisconfiguredError: the port is taken, the TLS files do not fit, the extra `otlp` is missing, or there is no such deployment.
        DeniedError, UnavailableError: AWS refused or did not answer.
    """
    tls = tls_context(listen.certificate, listen.key) if listen.certificate and listen.key else None
    exporter = exporter_of(connection, options, length=length)
    gate = Gate(connection.clock, names=listen.names, token=listen.token)
    receiver = _receiver(listen.otlp) if listen.otlp else None
    with BoundedServer(gate.reply, exporter.answer, address=listen.address, port=listen.port, tls=tls) as server, ExitStack() as pushing:
        if receiver is not None:
            pusher = Pusher(lambda: server.in_turn(exporter.sample_set), receiver, report)
            pushing.enter_context(repeated(pusher.push, options.every / 1000))
        yield server


def _receiver(url: str) -> Receiver:
    try:
        from fargatecount.adapters.otlp import OtlpReceiver  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MisconfiguredError(f"--otlp needs the package {error.name}", remedy="pip install 'fargatecount[otlp]'") from error
    return OtlpReceiver(url, fargatecount.__version__)


@contextmanager
def repeated(function: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call a function at once and then every so many seconds, in a thread, while the context lasts."""
    over = threading.Event()

    def run() -> None:
        while True:
            function()
            if over.wait(seconds):
                return

    thread = threading.Thread(target=run, name="push", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(LAST_PUSH)


def exporter_of(connection: Connection, options: ExporterOptions, *, length: Millis) -> Exporter:
    """Return the exporter of a deployment; errors as for `exporter_server`."""
    ledger = connection.ledger()
    reports = _reports(connection)
    ports = ExporterPorts(
        reader=ledger,
        quotas=DynamoQuotas(ledger.items),
        refusals=DynamoRefusals(ledger.items),
        mutes=DynamoMutes(ledger.items),
        launches=DynamoLaunches(ledger.items),
        launch_quotas=DynamoLaunchQuotas(ledger.items),
        state=DynamoPublishState(ledger.items),
        reports=reports,
        dead_letters=_dead_letters(connection),
        clock=connection.clock,
    )
    table = SharedTable(ports, options)
    sources = Sources(
        scope=connection.scope(),
        reader=table.reader,
        quotas=table.quotas,
        reports=reports or MemoryReports(),
        mutes=ports.mutes,
        metrics=None,  # each read of CloudWatch costs, and a page that stays open for a year would pay for it
        prices=options.publish.prices,
        thresholds=options.thresholds,
    )
    look = Live(sources, connection.clock, length, refresh=options.every).look
    return Exporter(table, options, connection.clock, version=fargatecount.__version__, look=look)


def _reports(connection: Connection) -> ReportStore | None:
    """Return the reports; None where the deployment does not name its bucket, because counters are good without reports."""
    with suppress(FargatecountError):
        return report_store(connection)
    return None


def _dead_letters(connection: Connection) -> Queue | None:
    with suppress(FargatecountError):
        url = connection.queue_url("DEAD_LETTERS_URL")
        return SqsQueue(connection.client("sqs"), url) if url else None
    return None
