"""The length of an SQS queue, which the publisher and the doctor report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from fargatecount.adapters.sqs.queue import IN_FLIGHT, WAITING, SqsQueue
from tests.support.builders import SCOPE

CREDENTIALS: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture
def sqs() -> Iterator[Any]:
    """Return a client of an SQS in this process."""
    with mock_aws():
        yield boto3.client("sqs", SCOPE.region, config=Config(retries={"total_max_attempts": 1}), **CREDENTIALS)


@pytest.fixture
def url(sqs: Any) -> str:
    """Return the URL of an empty queue."""
    return str(sqs.create_queue(QueueName="dead-letters")["QueueUrl"])


def test_an_empty_queue_has_length_0(sqs: Any, url: str) -> None:
    """0 is a number that SQS gave."""
    assert SqsQueue(sqs, url).depth() == 0


def test_received_messages_count_too(sqs: Any, url: str) -> None:
    """A message that a reader holds is a dead letter until it is deleted: `dead-letters list` must not end an alarm."""
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    (taken,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    assert SqsQueue(sqs, url).depth() == 3
    sqs.delete_message(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"])
    assert SqsQueue(sqs, url).depth() == 2


def test_a_queue_that_is_gone_has_no_length(sqs: Any, url: str) -> None:
    """Unknown, never 0."""
    sqs.delete_queue(QueueUrl=url)
    assert SqsQueue(sqs, url).depth() is None


@pytest.mark.parametrize("code", ["AccessDenied", "RequestThrottled", "ServiceUnavailable"])
def test_a_refused_read_has_no_length(sqs: Any, url: str, code: str) -> None:
    """Unknown, never 0."""
    with Stubber(sqs) as answers:
        answers.add_client_error("get_queue_attributes", code)
        assert SqsQueue(sqs, url).depth() is None


@pytest.mark.parametrize(
    ("attributes", "length"),
    [({}, None), ({WAITING: "2"}, 2), ({IN_FLIGHT: "1"}, 1), ({WAITING: "2", IN_FLIGHT: "1"}, 3)],
)
def test_an_attribute_that_is_missing_counts_nothing(sqs: Any, url: str, attributes: dict[str, str], length: int | None) -> None:
    """Without both, the length is unknown."""
    with Stubber(sqs) as answers:
        answers.add_response("get_queue_attributes", {"Attributes": attributes} if attributes else {})
        assert SqsQueue(sqs, url).depth() == length
