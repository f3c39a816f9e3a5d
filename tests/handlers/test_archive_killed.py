"""The function `archive` as a process that dies in the middle of a batch: what Lambda then delivers again ends in the same history.

The process runs under AWS's runtime interface client and stores into a bucket of this test's own, which decides when it dies.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from fargatecount.adapters.duckdb_history import DuckDbHistory
from fargatecount.adapters.memory.history import MemoryHistory
from fargatecount.history.answers import CostLine, ask
from fargatecount.history.objects import decode
from fargatecount.history.queries import Question
from tests.support.builders import NOW, SCOPE
from tests.support.fakes import FakeClock
from tests.support.history_world import recorded
from tests.support.http_server import Reply, Request, answering
from tests.support.lambda_runtime import Ending, execution_environment
from tests.support.lives import DAY, lives

pytest.importorskip("awslambdaric", reason="the runtime client has wheels for Linux only")
pytest.importorskip("duckdb", reason="the extra `history` is not installed")

ROOT = Path(__file__).parents[2]
ARN = f"arn:aws:lambda:{SCOPE.region}:{SCOPE.account}:function:fargatecount-test-archive"
SECONDS = 60.0
"""Deadline of an invocation that is expected to end by itself."""
BUCKET = "reports-of-a-test"
LIVES = lives(40, 10, days=3)
SLOW_DOWN = Reply("<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>", "application/xml", 503)
"""https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList"""


class Bucket:
    """S3 with a memory, that can kill its caller and throttle; beside it a table without prices of its own."""

    def __init__(self) -> None:
        self.history = MemoryHistory()
        self.stored = 0
        self.kills_at: int | None = None
        """The stored object after which the caller dies instead of getting an answer."""
        self.caller = 0
        self.throttles = 0
        """How many of the next requests are refused."""

    def answer(self, request: Request) -> Reply:
        """Answer S3's PutObject and DynamoDB's GetItem."""
        if request.method != "PUT":
            return Reply("{}", "application/x-amz-json-1.0")
        if self.throttles:
            self.throttles -= 1
            return SLOW_DOWN
        self.history.write(unquote(request.path).removeprefix(f"/{BUCKET}/"), request.body)
        self.stored += 1
        if self.stored == self.kills_at:
            os.kill(self.caller, signal.SIGKILL)
        return Reply("", "application/xml", 200, {"ETag": '"1"'})


@pytest.fixture
def bucket() -> Bucket:
    """Return an empty bucket that serves."""
    return Bucket()


@pytest.fixture
def environment(bucket: Bucket) -> Iterator[dict[str, str]]:
    """Return the environment of the function before that bucket."""
    with answering(bucket.answer) as url:
        yield {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": SCOPE.region,
            "AWS_DEFAULT_REGION": SCOPE.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "FARGATECOUNT_TABLE": "table-of-a-test",
            "FARGATECOUNT_DEAD_LETTERS_URL": f"{url}/dead-letters",
            "FARGATECOUNT_REPORTS_BUCKET": BUCKET,
            "FARGATECOUNT_BUCKETS": "2",
        }


def test_a_batch_whose_process_is_killed_throttled_and_repeated_is_there_once(
    bucket: Bucket, environment: dict[str, str], tmp_path: Path
) -> None:
    """Killed when one of its objects was stored; then throttled, given twice, and given in halves: a reader sees each life once."""
    stream = recorded(LIVES, FakeClock()).stream
    event, halves = {"Records": stream}, ({"Records": stream[: len(stream) // 2]}, {"Records": stream[len(stream) // 2 :]})
    log = tmp_path / "function.log"
    with execution_environment(ROOT, "handlers.archive.handler", environment, log) as process:
        assert process.started().ending is Ending.READY
        bucket.caller, bucket.kills_at = process.process.pid, 1
        process.send(event, SECONDS, ARN)
        assert process.ended(SECONDS)[:2] == (Ending.EXIT, -signal.SIGKILL), log.read_text()
    left = {record.id for each in bucket.history.objects(SCOPE) for record in decode(bucket.history.stored[each.key])}
    assert 0 < len(left) < len(LIVES)
    with execution_environment(ROOT, "handlers.archive.handler", environment, log) as process:
        assert process.started().ending is Ending.READY
        bucket.throttles = 2
        for each in (event, event, *halves):
            assert process.invoke(each, SECONDS, ARN).ending is Ending.RESPONSE, log.read_text()
    assert bucket.throttles == 0

    whole = Question(query="cost", begins=NOW, ends=NOW + 30 * DAY, by="account")
    (line,) = ask(DuckDbHistory(bucket.history, SCOPE, tmp_path, list), whole, CostLine)
    assert line.workloads == sum(1 for life in LIVES if life.pulling is not None)
    assert line.cost == pytest.approx(float(sum(life.cost(NOW, NOW + 30 * DAY) for life in LIVES)), abs=1e-6)
    kept = [record.id for each in bucket.history.objects(SCOPE) for record in decode(bucket.history.stored[each.key])]
    assert set(kept) == {life.id for life in LIVES}
    assert len(kept) > len(LIVES)  # the halves are there twice in the bucket, and once to the reader
