"""Every question of the history has the same answer from three engines: DuckDB, the embedded Athena, and DataFusion.

The embedded Athena runs DuckDB behind Athena's API: it proves the API, the Glue tables and the saved queries, but not the dialect. For that
each text is parsed as Trino's, which is Athena's, by sqlglot, and run by DataFusion, an engine that shares no code with DuckDB.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from fargatecount.adapters.athena_history import AthenaHistory
from fargatecount.adapters.duckdb_history import TYPES, DuckDbHistory
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.errors import UnavailableError
from fargatecount.history.objects import LIVING, decode, encode, folder
from fargatecount.history.queries import KEYS, PARTS, Question, Span, saved_query, sql_of
from fargatecount.history.record import COLUMNS, LifecycleRecord, State
from fargatecount.history.span_texts import SPAN_QUERIES
from fargatecount.history.texts import QUERIES
from local.stack import Stack
from tests.support.builders import NOW, SCOPE
from tests.support.fakes import FakeClock
from tests.support.history_world import archived, living, recorded
from tests.support.lives import DAY, lives
from tools.athena import TARGET

duckdb = pytest.importorskip("duckdb", reason="the extra `history` is not installed")
datafusion = pytest.importorskip("datafusion", reason="datafusion is not installed")
sqlglot = pytest.importorskip("sqlglot", reason="sqlglot is not installed")
pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

MIDDLE = NOW + 2 * DAY
QUESTIONS = [
    Question(
        query=query, begins=MIDDLE - 1 if query == "at" else NOW, ends=MIDDLE - 1 if query == "at" else MIDDLE, by=by, clusters=clusters
    )
    for query in QUERIES
    for by in ("service", "owner", "revision")
    for clusters in ((), ("w*", "EKS-pods"))
] + [
    Question(query="cost", begins=NOW, ends=MIDDLE, by="cluster", spans=(Span("a", NOW, NOW + DAY), Span("it's b", NOW + DAY, MIDDLE))),
    Question(query="stops", begins=MIDDLE + DAY, ends=MIDDLE + 2 * DAY, by="zone"),
    *(
        Question(query=query, begins=NOW, ends=MIDDLE, by=PARTS, spans=(Span("0", NOW, NOW + DAY), Span("1", NOW + DAY, MIDDLE)))
        for query in SPAN_QUERIES
    ),
]


class Data:
    """Half a story: what has ended by its middle in the bucket, twice at places, and what lives then."""

    def __init__(self) -> None:
        ledger = recorded(lives(150, 30, days=3), FakeClock(), until=MIDDLE, chance=random.Random(5))
        self.store = archived(ledger.stream, now=MIDDLE)
        for each in self.store.objects(SCOPE)[:2]:
            self.store.write(each.key.replace(".jsonl", "-again.jsonl"), self.store.stored[each.key])
        self.living = [each for each in living(ledger, MIDDLE) if each.state is State.LIVING]

    @property
    def ended(self) -> list[LifecycleRecord]:
        return [record for each in self.store.objects(SCOPE) for record in decode(self.store.stored[each.key])]


@pytest.fixture(scope="module")
def data() -> Data:
    return Data()


@pytest.fixture(scope="module")
def by_duckdb(data: Data, tmp_path_factory: pytest.TempPathFactory) -> DuckDbHistory:
    return DuckDbHistory(data.store, SCOPE, tmp_path_factory.mktemp("cache"), lambda: data.living)


@pytest.fixture(scope="module")
def by_athena(data: Data, embedded_aws: Stack) -> AthenaHistory:
    """Return the embedded Athena over the tables of infra/athena.yml."""
    s3, glue, athena = (embedded_aws.client(name) for name in ("s3", "glue", "athena"))
    s3.create_bucket(Bucket="history-engines", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for key, body in data.store.stored.items():
        s3.put_object(Bucket="history-engines", Key=key, Body=body)
    s3.put_object(Bucket="history-engines", Key=f"{folder(SCOPE, root=LIVING)}living.jsonl.gz", Body=encode(data.living))
    glue.create_database(DatabaseInput={"Name": "history_engines"})
    for resource in ("HistoryTable", "LivingTable"):
        glue.create_table(DatabaseName="history_engines", TableInput=table_input(resource, "history-engines"))
    athena.create_work_group(
        Name="history-engines", Configuration={"ResultConfiguration": {"OutputLocation": "s3://history-engines/athena/"}}
    )
    return AthenaHistory(athena, "history-engines", "history_engines", SystemClock())


def table_input(resource: str, bucket: str) -> dict[str, Any]:
    """Return the table of the template as CloudFormation hands it to Glue."""
    values = {"${ReportsBucket}": bucket, "${!": "${", "AWS::AccountId": SCOPE.account, "AWS::Region": SCOPE.region}

    def resolved(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) <= {"Ref", "Fn::Sub"}:
                return resolved(str(next(iter(value.values()))))
            return {key: resolved(each) for key, each in value.items()}
        if isinstance(value, list):
            return [resolved(each) for each in value]
        if isinstance(value, str):
            for name, text in values.items():
                value = value.replace(name, text)
        return value

    found: dict[str, Any] = resolved(yaml.load(TARGET.read_text(), _Loader)["Resources"][resource]["Properties"]["TableInput"])
    return found


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix == "Ref" else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    return {name: loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else None}


_Loader.add_multi_constructor("!", _function)


class DataFusion:
    """DataFusion over the records in memory."""

    def __init__(self, data: Data) -> None:
        kinds = {"VARCHAR": pyarrow.string(), "BIGINT": pyarrow.int64(), "DOUBLE": pyarrow.float64(), "BOOLEAN": pyarrow.bool_()}
        schema = pyarrow.schema([(name, kinds[TYPES[name]]) for name in COLUMNS])
        self._context = datafusion.SessionContext()
        for name, records in (("ended", data.ended), ("living", data.living)):
            table = pyarrow.Table.from_pylist([msgspec.to_builtins(each) for each in records], schema)
            self._context.register_record_batches(name, [table.to_batches()])

    def rows(self, question: Question) -> Sequence[Sequence[Any]]:
        batches = self._context.sql(sql_of(question, ended="ended", living="living")).collect()
        return [list(row.values()) for batch in batches for row in batch.to_pylist()]


@pytest.fixture(scope="module")
def by_datafusion(data: Data) -> DataFusion:
    return DataFusion(data)


def plain(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Return rows with amounts rounded: threads add doubles in any order. Equal amounts may then stand in any order too."""
    return sorted((tuple(round(each, 6) if isinstance(each, float) else each for each in row) for row in rows), key=str)


def named(question: Question) -> str:
    return f"{question.query} by {question.by}{' of some' if question.clusters else ''}{' in parts' if question.spans else ''}"


@pytest.mark.parametrize("question", QUESTIONS, ids=named)
def test_athena_and_duckdb_give_the_same_rows(question: Question, by_duckdb: DuckDbHistory, by_athena: AthenaHistory) -> None:
    """Through Athena's API and its Glue tables, row by row and type by type."""
    assert plain(by_athena.rows(question)) == plain(by_duckdb.rows(question))


@pytest.mark.parametrize("question", QUESTIONS, ids=named)
def test_an_unrelated_engine_gives_the_same_rows(question: Question, by_duckdb: DuckDbHistory, by_datafusion: DataFusion) -> None:
    """DataFusion shares no code with DuckDB: what both answer alike is no quirk of one."""
    found = plain(by_duckdb.rows(question))
    assert found or question.begins > MIDDLE
    assert plain(by_datafusion.rows(question)) == found


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("by", KEYS)
def test_each_text_is_one_of_trino(query: str, by: str) -> None:
    """Athena's engine 3 is Trino: sqlglot parses each question, and each saved query, as Trino, and writes it back the same."""
    question = Question(query=query, begins=NOW, ends=MIDDLE, by=by, clusters=("it's*",))
    for text in (sql_of(question, ended="ended", living="living"), saved_query(query, by)):
        tree = sqlglot.parse_one(text, read="trino")
        assert sqlglot.parse_one(tree.sql(dialect="trino"), read="trino") == tree
        unknown = [each.name for each in tree.find_all(sqlglot.exp.Anonymous)]
        assert set(map(str.lower, unknown)) <= {"to_unixtime"}


def test_a_query_that_fails_says_why(by_athena: AthenaHistory) -> None:
    """Athena's own reason is the message."""
    bad = Question(query="cost", begins=NOW, ends=MIDDLE, spans=(Span("a", NOW, MIDDLE),), clusters=("x",))
    broken = AthenaHistory(by_athena._client, "history-engines", "no_such_database", SystemClock())
    with pytest.raises(UnavailableError, match="Athena"):
        broken.rows(bad)


WITHOUT = """
import sys
sys.modules["duckdb"] = None  # as an import of a package that is not installed
from pathlib import Path
from fargatecount.adapters.duckdb_history import DuckDbHistory
from fargatecount.adapters.memory.history import MemoryHistory
from fargatecount.errors import MisconfiguredError
from fargatecount.workload import Scope
try:
    DuckDbHistory(MemoryHistory(), Scope("1", "r"), Path("."), list)
except MisconfiguredError as error:
    print(error.remedy)
"""


def test_without_duckdb_the_message_names_the_extra() -> None:
    """The library is an extra: who lacks it gets the command that installs it."""
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert "fargatecount[history]" in done.stdout


def test_a_full_or_forbidden_cache_is_named(tmp_path: Path, data: Data) -> None:
    """The remedy is another folder."""
    file = tmp_path / "file"
    file.write_text("no folder")
    with pytest.raises(UnavailableError, match="cache") as refused:
        DuckDbHistory(data.store, SCOPE, file, list).rows(QUESTIONS[0])
    assert "FARGATECOUNT_CACHE" in refused.value.remedy
