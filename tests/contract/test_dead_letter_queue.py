"""The contract of a queue of dead letters, in memory and in SQS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, cast

import boto3
import pytest
from moto import mock_aws

from fargatecount.adapters.memory.dead_letter_queue import MemoryQueue
from fargatecount.adapters.sqs.dead_letter_queues import BATCH_BYTES, SqsDeadLetterQueue, SqsTaskQueue, _batches
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.errors import UnavailableError
from fargatecount.ingest.dead_letter import DeadLetter
from fargatecount.ingest.replay import DeadLetterQueue, TaskQueue
from tests.support.builders import SCOPE

CREDENTIALS: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Box(Protocol):
    """A queue with both of its ends."""

    box: DeadLetterQueue
    tasks: TaskQueue

    def put(self, body: str, attributes: Mapping[str, str]) -> str:
        """Send one message with attributes; return its id."""
        ...


class InMemory:
    def __init__(self) -> None:
        self.box = self.tasks = queue = MemoryQueue(SystemClock())
        self.put = queue.put


class InSqs:
    def __init__(self) -> None:
        self.sqs: Any = boto3.client("sqs", SCOPE.region, **CREDENTIALS)
        self.url = self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        self.box = SqsDeadLetterQueue(self.sqs, self.url, holds_stream_failures=False)
        self.tasks = SqsTaskQueue(self.sqs, self.url)

    def put(self, body: str, attributes: Mapping[str, str]) -> str:
        told = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        return str(self.sqs.send_message(QueueUrl=self.url, MessageBody=body, MessageAttributes=told)["MessageId"])


@pytest.fixture
def in_sqs() -> Iterator[InSqs]:
    with mock_aws():
        yield InSqs()


@pytest.fixture(params=["memory", "sqs"])
def stage(request: pytest.FixtureRequest) -> Box:
    made: Box = cast("Box", InMemory()) if request.param == "memory" else request.getfixturevalue("in_sqs")
    return made


def drained(box: DeadLetterQueue) -> list[DeadLetter]:
    found: list[DeadLetter] = []
    while batch := box.receive():
        assert len(batch) <= 10
        found += batch
    return found


def test_a_letter_is_what_was_sent(stage: Box) -> None:
    """A letter has its body, attributes, id and time of sending."""
    before = SystemClock().now()
    message_id = stage.put("a body", {"reason": "because", "source": "handler"})
    (letter,) = drained(stage.box)
    assert (letter.id, letter.body, letter.attributes) == (message_id, "a body", {"reason": "because", "source": "handler"})
    assert before - 1000 <= letter.sent_at <= SystemClock().now()
    assert (letter.received, bool(letter.receipt)) == (1, True)


def test_all_that_is_there_can_be_had_once(stage: Box) -> None:
    """A receive returns ten letters at most, and a letter in flight is returned to no other reader."""
    stage.tasks.send([str(number) for number in range(23)])
    assert {letter.body for letter in drained(stage.box)} == {str(number) for number in range(23)}
    assert drained(stage.box) == []


def test_what_is_put_back_can_be_had_at_once(stage: Box) -> None:
    """A released letter returns with its id and its age, and one more receive."""
    stage.tasks.send([str(number) for number in range(12)])
    first = drained(stage.box)
    stage.box.release(first)
    second = drained(stage.box)
    assert {(letter.id, letter.sent_at) for letter in second} == {(letter.id, letter.sent_at) for letter in first}
    assert {letter.received for letter in second} == {2}


def test_what_is_deleted_is_gone(stage: Box) -> None:
    """Only the deleted letters are gone once the rest is released."""
    stage.tasks.send(["stays", "goes"])
    letters = {letter.body: letter for letter in drained(stage.box)}
    stage.box.delete([letters["goes"]])
    stage.box.release(letters.values())
    assert [letter.body for letter in drained(stage.box)] == ["stays"]


def test_nothing_to_do_is_done(stage: Box) -> None:
    """No letters cause no request and no error."""
    stage.box.release([])
    stage.box.delete([])
    stage.tasks.send([])
    assert drained(stage.box) == []


def test_large_messages_go_in_several_requests() -> None:
    """A request has at most ten messages and 256 KiB; a larger message goes alone."""
    large, small = "x" * (BATCH_BYTES - 10), "y" * 10
    assert list(_batches([small, large, small, large + small + "z"])) == [[small, large], [small], [large + small + "z"]]
    assert [len(batch) for batch in _batches([small] * 21)] == [10, 10, 1]
    assert [len(batch) for batch in _batches(["ü" * (BATCH_BYTES // 4)] * 3)] == [2, 1]


def test_what_sqs_does_not_take_is_an_error(in_sqs: InSqs) -> None:
    """A receipt that SQS does not know and a queue that does not exist are errors."""
    stranger = DeadLetter(id="x", receipt="no-such-receipt", body="", sent_at=0, received=1)
    with pytest.raises(UnavailableError):
        in_sqs.box.delete([stranger])
    in_sqs.sqs.delete_queue(QueueUrl=in_sqs.url)
    with pytest.raises(UnavailableError, match="dead-letters"):
        in_sqs.box.receive()
    with pytest.raises(UnavailableError, match="dead-letters"):
        in_sqs.tasks.send(["x"])
    in_sqs.box.release([stranger])
