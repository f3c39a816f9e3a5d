"""Queues of the emulator: nothing that arrives meanwhile is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.message_list import in_place, remove
from local.process import CHECKOUT, environment
from tests.local.account import Account, client


def message(number: int, handle: str | None = None) -> dict[str, Any]:
    """Return a message as the emulator keeps it."""
    return {"id": number, "receipt_handle": handle}


def test_messages_leave_the_list_in_place() -> None:
    """Deleting changes the list that senders append to, instead of replacing it."""
    messages = [message(1, "a"), message(2), message(3, "b")]
    assert remove(messages, {"a", "b"}) == 2
    assert messages == [message(2)]


def test_a_handle_of_nobody_deletes_nothing() -> None:
    """A receipt handle that no message has is counted as none."""
    messages = [message(1)]
    assert remove(messages, {"a"}) == 0
    assert messages == [message(1)]


IN_PLACE = """
from ministack.services import sqs
from local.patches import queues
queues.apply()
messages = [{"receipt_handle": "a"}, {"receipt_handle": None}]
sqs._queues["a-queue"] = queue = {"messages": messages, "attributes": {}, "is_fifo": False}
sqs._delete_messages_for_esm("a-queue", {"a"})
assert queue["messages"] is messages and len(messages) == 1, queue
"""


def test_an_event_source_mapping_deletes_in_place(tmp_path: Path) -> None:
    """What the emulator calls after a batch leaves the list that senders append to."""
    outcome = subprocess.run(
        [sys.executable, "-c", IN_PLACE], cwd=CHECKOUT, env=environment(0, tmp_path), capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr


def test_what_arrives_during_a_sweep_stays() -> None:
    """A message that arrives while the emulator sorts out old ones is still there after it."""
    queue: dict[str, Any] = {"messages": [message(1), message(2)]}

    def sweep(copy: dict[str, Any]) -> None:
        queue["messages"].append(message(3))
        copy["messages"] = copy["messages"][1:]

    in_place(queue, sweep)
    assert queue["messages"] == [message(2), message(3)]


def test_a_received_message_hides_until_it_is_deleted(account: Account) -> None:
    """A message is received once within its visibility timeout, and is gone once deleted."""
    sqs, queue = client(account.stack, "sqs"), account.queue("one")
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    [received] = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"]
    assert received["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=received["ReceiptHandle"])
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_wrong_receipt_handle_is_refused(account: Account) -> None:
    """DeleteMessage of a handle that was never given out is an error."""
    with pytest.raises(ClientError, match="receipt handle"):
        client(account.stack, "sqs").delete_message(QueueUrl=account.queue("two"), ReceiptHandle="nonsense")


def test_a_batch_of_deletions_tells_which_failed(account: Account) -> None:
    """DeleteMessageBatch answers for each entry."""
    sqs, queue = client(account.stack, "sqs"), account.queue("three")
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    [received] = sqs.receive_message(QueueUrl=queue)["Messages"]
    entries = [{"Id": "good", "ReceiptHandle": received["ReceiptHandle"]}, {"Id": "bad", "ReceiptHandle": "nonsense"}]
    answer = sqs.delete_message_batch(QueueUrl=queue, Entries=entries)
    assert [one["Id"] for one in answer["Successful"]] == ["good"]
    assert [one["Id"] for one in answer["Failed"]] == ["bad"]


def test_a_message_received_too_often_is_a_dead_letter(account: Account) -> None:
    """After maxReceiveCount receipts the message is in the dead-letter queue."""
    sqs, queue, dead_letters = client(account.stack, "sqs"), account.queue("four"), account.queue("dead")
    redrive = f'{{"deadLetterTargetArn": "{account.queue_arn(dead_letters)}", "maxReceiveCount": 2}}'
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "0"})
    sqs.send_message(QueueUrl=queue, MessageBody="poison")
    for _ in range(3):
        sqs.receive_message(QueueUrl=queue)
    assert [one["Body"] for one in sqs.receive_message(QueueUrl=dead_letters)["Messages"]] == ["poison"]
