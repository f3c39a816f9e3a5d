"""The packaged functions under AWS's own runtime interface client: they start, work, fail, run out of time and die as on Lambda.

One thing differs from Lambda: the binary of msgspec in the zip is for arm64 and Python 3.13, so the tests use the one of their environment.
"""

from __future__ import annotations

import shutil
import signal
import socket
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.usage.status import scope_usage
from fargatecount.workload import Cluster, Kind, Scope
from local.process import REGION
from local.stack import Stack
from tests.package.artefact import Artefact
from tests.support.invocations import TICK, batch, body
from tests.support.lambda_runtime import Ending, ExecutionEnvironment, execution_environment
from tests.support.tables import create_table

pytest.importorskip("awslambdaric", reason="the runtime client has wheels for Linux only")

HERE = Scope("000000000000", REGION)
SECONDS = 60.0
"""Deadline of an invocation that is expected to end by itself."""
SHORT = 1.0
"""Deadline of an invocation that cannot end, because its process stands still."""
RETURNED = 12.0
"""Deadline of an invocation whose table never answers: long enough for one call to begin before the 5 s in reserve."""


class Function:
    """A function of the packaged template, with a table, a queue and a bucket of this test's own in the embedded AWS."""

    def __init__(self, name: str, code: Path, artefact: Artefact, stack: Stack, log: Path) -> None:
        (properties,) = (
            each for each in artefact.template.of_type("AWS::Lambda::Function").values() if each["FunctionName"].endswith(f"-{name}")
        )
        self.handler = properties["Handler"]
        self.arn = f"arn:aws:lambda:{REGION}:{HERE.account}:function:{properties['FunctionName']}"
        self.cluster = Cluster(HERE, Kind.ECS, f"cluster-{uuid4().hex[:8]}")
        self.clock = SystemClock()
        self.log = log
        self._code = code
        bucket = f"reports-{uuid4().hex[:8]}"
        stack.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        made = {
            "Table": create_table(stack.client("dynamodb")),
            "ReportsBucket": bucket,
            "DeadLetters": stack.client("sqs").create_queue(QueueName=f"dead-letters-{uuid4().hex[:8]}")["QueueUrl"],
        }
        variables = properties["Environment"]["Variables"]
        self.environment = {name: made[value["Ref"]] if isinstance(value, dict) else str(value) for name, value in variables.items()}
        self.environment |= stack.environment()

    def start(self, **changed: str) -> AbstractContextManager[ExecutionEnvironment]:
        """Start a process of it, with some variables changed."""
        return execution_environment(self._code, self.handler, self.environment | changed, self.log)

    def event(self) -> Mapping[str, Any]:
        """A task of this test's cluster that runs."""
        return batch(body(self, cluster=self.cluster))

    def held(self) -> int:
        """The number of workloads that the ledger holds."""
        ledger = DynamoLedger(self.environment["FARGATECOUNT_TABLE"], REGION)
        return scope_usage(ledger, HERE, self.clock.now()).scope_total.held.count


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return an embedded AWS with nothing deployed."""
    with Stack(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="module")
def code(prod: Artefact, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the unpacked zip."""
    directory = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(prod.zip_file) as archive:
        archive.extractall(directory)
    shutil.rmtree(directory / "msgspec")
    return directory


@pytest.fixture
def function(request: pytest.FixtureRequest, code: Path, stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Function:
    """Return the function that the test names, else task_changed."""
    for name, value in stack.environment().items():
        monkeypatch.setenv(name, value)
    name, artefact = getattr(request, "param", "task_changed"), request.getfixturevalue("prod")
    return Function(name, code, artefact, stack, tmp_path / "function.log")


class Silent:
    """An AWS that accepts connections and never answers."""

    def __init__(self, listener: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.called = listener.accept
        """Waits for a call."""


@pytest.fixture
def silent() -> Iterator[Silent]:
    """Return an AWS that never answers."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        listener.settimeout(SECONDS)
        yield Silent(listener)


@pytest.mark.parametrize(
    ("function", "event", "answer"),
    [
        ("task_changed", None, {"batchItemFailures": []}),
        ("reconcile", {"now": True}, {"ran": True, "clusters_known": 0}),
        ("publish", TICK, {"armed": False, "looks": 1, "events": 0}),
    ],
    indirect=["function"],
)
def test_a_function_starts_cold_and_handles_its_event(function: Function, event: Mapping[str, Any] | None, answer: dict[str, Any]) -> None:
    """The process asks for an event, answers it, and asks for the next one."""
    with function.start() as process:
        assert process.started().ending is Ending.READY
        outcome = process.invoke(event or function.event(), SECONDS, function.arn)
        assert outcome.ending is Ending.RESPONSE, function.log.read_text()
        assert {name: outcome.report[name] for name in answer} == answer
        assert process.process.poll() is None


def test_a_batch_is_counted(function: Function) -> None:
    """A second delivery to the warm process changes nothing."""
    with function.start() as process:
        process.started()
        event = function.event()
        for _ in range(2):
            assert process.invoke(event, SECONDS, function.arn).ending is Ending.RESPONSE
            assert function.held() == 1


def test_an_error_of_the_handler_is_reported_and_the_process_lives_on(function: Function) -> None:
    """The report has the type and the message, which names the bad setting."""
    with function.start(FARGATECOUNT_BUCKETS="many") as process:
        process.started()
        for _ in range(2):
            outcome = process.invoke(function.event(), SECONDS, function.arn)
            assert (outcome.ending, outcome.report["errorType"]) == (Ending.ERROR, "MisconfiguredError")
            assert "FARGATECOUNT_BUCKETS is 'many'" in outcome.report["errorMessage"]


def test_a_handler_that_cannot_be_imported_fails_the_start(function: Function) -> None:
    """The runtime client reports an init error, and no event is taken."""
    function.handler = "handlers.no_such_module.handler"
    with function.start() as process:
        outcome = process.started()
        assert (outcome.ending, outcome.report["errorType"]) == (Ending.INIT_ERROR, "Runtime.ImportModuleError")


def test_a_batch_that_runs_out_of_time_is_counted_once_when_it_comes_again(function: Function) -> None:
    """At the deadline Lambda ends the process, which reports nothing; the queue then delivers the batch to another one."""
    event = function.event()
    with function.start() as process:
        process.started()
        process.process.send_signal(signal.SIGSTOP)
        assert process.invoke(event, SHORT, function.arn)[:2] == (Ending.TIMEOUT, None)
    with function.start() as process:
        process.started()
        assert process.invoke(event, SECONDS, function.arn).report == {"batchItemFailures": []}
    assert function.held() == 1


def test_a_batch_whose_process_dies_is_counted_once_when_it_comes_again(function: Function, silent: Silent) -> None:
    """A process that dies during a call to the table reports nothing; Lambda sees its exit code."""
    event = function.event()
    with function.start(AWS_ENDPOINT_URL=silent.url) as process:
        process.started()
        process.send(event, SECONDS, function.arn)
        connection, _ = silent.called()
        process.process.send_signal(signal.SIGKILL)
        assert process.ended(SECONDS)[:2] == (Ending.EXIT, -signal.SIGKILL)
        connection.close()
    with function.start() as process:
        process.started()
        assert process.invoke(event, SECONDS, function.arn).report == {"batchItemFailures": []}
    assert function.held() == 1


def test_a_batch_is_given_back_before_the_deadline(function: Function, silent: Silent) -> None:
    """While the table does not answer, the handler returns every message as failed in time, so that Lambda need not end the process."""
    with function.start(AWS_ENDPOINT_URL=silent.url) as process:
        process.started()
        outcome = process.invoke(function.event(), RETURNED, function.arn)
        assert (outcome.ending, outcome.report) == (Ending.RESPONSE, {"batchItemFailures": [{"itemIdentifier": "0"}]})
