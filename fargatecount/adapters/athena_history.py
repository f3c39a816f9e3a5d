"""Athena as the engine of the history: the same SQL over the same objects, run by AWS.

https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html. An answer comes as text; its columns have types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.clock import Clock
from fargatecount.errors import UnavailableError
from fargatecount.history.queries import Question, sql_of

POLL = 0.5
"""Seconds between two looks at a query: the fastest take one or two."""
PATIENCE = 600.0
"""Seconds that a query may take; Athena itself allows 30 minutes, and ten million records take seconds."""
DONE = "SUCCEEDED"
OVER = frozenset({DONE, "FAILED", "CANCELLED"})

_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("bigint", "integer", "int", "smallint", "tinyint"), int),
    **dict.fromkeys(("double", "float", "real", "decimal"), float),
    "boolean": lambda text: text.lower() == "true",
}
"""By the type of a column (https://docs.aws.amazon.com/athena/latest/ug/data-types.html); everything else stays text."""


class AthenaHistory:
    """The history through a boto3 client `athena`, in a workgroup that says where answers are written."""

    def __init__(self, client: Any, workgroup: str, database: str, clock: Clock, progress: Callable[[str], None] = lambda _: None) -> None:
        self._client = client
        self._workgroup = workgroup
        self._database = database
        self._clock = clock
        self._progress = progress

    def rows(self, question: Question) -> Sequence[Sequence[Any]]:
        """Return the rows of the answer.

        Raises:
            DeniedError: Athena, Glue or S3 refused.
            UnavailableError: Athena did not answer, or the query failed or took too long.
        """
        text = sql_of(question, ended="ended", living="living")
        with aws_errors("asking Athena", remedy="allow athena:StartQueryExecution and what it needs: docs/history.md"):
            started = self._client.start_query_execution(
                QueryString=text, WorkGroup=self._workgroup, QueryExecutionContext={"Database": self._database}
            )["QueryExecutionId"]
        try:
            self._wait(started)
        except BaseException:
            # Ctrl-C or a lost connection: a query that no caller waits for should not go on reading.
            with aws_errors("stopping a query of Athena"):
                self._client.stop_query_execution(QueryExecutionId=started)
            raise
        return self._read(started)

    def _wait(self, query: str) -> None:
        waited = 0.0
        while True:
            with aws_errors("waiting for Athena"):
                execution = self._client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            status = execution["Status"]
            if status["State"] in OVER:
                break
            if waited >= PATIENCE:
                raise UnavailableError(f"Athena has not answered query {query} after {PATIENCE:.0f} s", remedy="ask for a shorter period")
            self._clock.sleep(POLL)
            waited += POLL
        if status["State"] != DONE:
            raise UnavailableError(
                f"Athena: query {query} {status['State'].lower()}: {status.get('StateChangeReason', 'without a reason')}"
            )
        scanned = execution.get("Statistics", {}).get("DataScannedInBytes", 0)
        self._progress(f"Athena read {scanned / 1e6:,.1f} MB")

    def _read(self, query: str) -> list[list[Any]]:
        found: list[list[Any]] = []
        with aws_errors("reading Athena's answer"):
            pages = list(self._client.get_paginator("get_query_results").paginate(QueryExecutionId=query))
        types = [column["Type"] for column in pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
        for number, page in enumerate(pages):
            rows = page["ResultSet"]["Rows"]
            # The first row of the first page is the names of the columns.
            found += [_typed(row["Data"], types) for row in (rows[1:] if number == 0 else rows)]
        return found


def _typed(cells: Sequence[dict[str, str]], types: Sequence[str]) -> list[Any]:
    texts = [cell.get("VarCharValue") for cell in cells]
    return [None if text is None else _READERS.get(kind, str)(text) for text, kind in zip(texts, types, strict=True)]
