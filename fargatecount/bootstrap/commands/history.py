"""Bootstrap of `fargatecount history`: the bucket, the ledger for what is fresh, and the engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

from fargatecount.adapters.athena_history import AthenaHistory
from fargatecount.adapters.duckdb_history import DuckDbHistory, cache_folder
from fargatecount.adapters.s3.history import S3History
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.errors import MisconfiguredError
from fargatecount.history.answers import Engine
from fargatecount.history.coverage import Coverage
from fargatecount.history.record import LifecycleRecord, record_of
from fargatecount.ledger.queries import rows_of
from fargatecount.workload import Phase, Scope

DUCKDB, ATHENA = "duckdb", "athena"


@dataclass(frozen=True)
class HistoryPorts:
    """What a question needs."""

    scope: Scope
    engine: Engine
    coverage: Coverage | None
    is_fresh: bool
    """Whether the engine knows what lives now, and what has ended since the last maintenance; Athena knows the bucket only."""


def history_ports(connection: Connection, engine: str, progress: Callable[[str], None], *, several: bool = False) -> HistoryPorts:
    """Build the ports of a question, or of `several` about the same moment, for which the rows are read once.

    Raises:
        MisconfiguredError: there is no such deployment, or the engine is not there.
        DeniedError, UnavailableError: AWS refused or did not answer.
    """
    scope = connection.scope()
    store = S3History(connection.client("s3"), connection.reports_bucket())
    coverage = store.coverage(scope)
    if engine == ATHENA:
        outputs = connection.outputs()
        if "AthenaWorkGroup" not in outputs:
            raise MisconfiguredError(
                f"stack {connection.stack} has no tables of Athena", remedy="deploy with the setting athena=true, or leave out --engine"
            )
        athena = AthenaHistory(
            connection.client("athena"), outputs["AthenaWorkGroup"], outputs["AthenaDatabase"], connection.clock, progress
        )
        return HistoryPorts(scope, athena, coverage, is_fresh=False)
    fresh = partial(_fresh, connection, scope)
    rows = cache(lambda: list(fresh())) if several else fresh
    made = DuckDbHistory(store, scope, cache_folder(dict(os.environ)), rows, progress=progress)
    return HistoryPorts(scope, made, coverage, is_fresh=True)


def _fresh(connection: Connection, scope: Scope) -> Iterator[LifecycleRecord]:
    """Yield the records of all rows: what lives, and what has ended within the last three days."""
    ledger, prices, now = connection.ledger(), connection.prices, connection.clock.now()
    for state in ledger.clusters(scope):
        for workload_id, row in rows_of(ledger, state.cluster).items():
            record = record_of(state.cluster, workload_id, row, prices, now)
            if record is not None and row.phase is not Phase.WAITING:
                yield record
