"""SQS queues that lose no message and stay fast when they are long.

The emulator deletes messages by building a new list while other threads append to the old one: a message that arrives in that instant is
gone. And each receive reads the whole queue several times. Here messages leave the list in place, and a receive stops as soon as it has
enough. Receiving from FIFO queues is unchanged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any, Final

from ministack.core import responses
from ministack.services import sqs

from local.aws.message_list import Message, Queue, in_place, remove

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
DEFAULT_RETENTION_SECONDS: Final = 345600


def apply() -> None:
    """Replace how messages are selected, expire, move to the dead letters, and are deleted."""
    collect, sweep, expire = sqs._collect_msgs, sqs._dlq_sweep, sqs._expire_retained

    def collect_quickly(queue: Queue, most: int, visibility: int) -> list[Message]:
        return list(collect(queue, most, visibility)) if queue["is_fifo"] else _collect(queue["messages"], most, visibility, time.time())

    def sweep_if_needed(queue: Queue) -> None:
        if queue["attributes"].get("RedrivePolicy") and any(message.get("receive_count") for message in queue["messages"]):
            in_place(queue, sweep)

    def expire_if_needed(queue: Queue) -> None:
        retention = int(queue["attributes"].get("MessageRetentionPeriod", DEFAULT_RETENTION_SECONDS))
        oldest = next(iter(queue["messages"]), None)
        if oldest is not None and oldest.get("sent_at", time.time()) <= time.time() - retention:
            in_place(queue, expire)

    sqs._collect_msgs, sqs._dlq_sweep, sqs._expire_retained = collect_quickly, sweep_if_needed, expire_if_needed
    sqs._delete_messages_for_esm = delete
    sqs._HANDLERS["DeleteMessage"] = _delete_message(sqs._HANDLERS["DeleteMessage"])
    sqs._HANDLERS["DeleteMessageBatch"] = _delete_message_batch


def delete(queue_url: str, handles: Collection[str]) -> int:
    """Delete the messages with these receipt handles; return how many there were."""
    with sqs._queues_lock:
        return remove(sqs._get_q(queue_url)["messages"], handles)


def _collect(messages: list[Message], most: int, visibility: int, now: float) -> list[Message]:
    collected: list[Message] = []
    for message in messages:
        if message.get("visible_at", 0.0) > now:
            continue
        sqs._ensure_msg_fields(message)
        message.update(receipt_handle=responses.new_uuid(), visible_at=now + visibility, receive_count=message["receive_count"] + 1)
        message["first_receive_at"] = message["first_receive_at"] or now
        collected.append(message)
        if len(collected) == most:
            break
    return collected


def _delete_message(refuse: Callable[[Message, str], Any]) -> Callable[[Message, str], Any]:
    """Return DeleteMessage; a request without a message to delete goes to the emulator's own handler."""

    def call(data: Message, queue_url: str) -> Any:
        handle = data.get("ReceiptHandle")
        return {} if handle and delete(data.get("QueueUrl", queue_url), [handle]) else refuse(data, queue_url)

    return call


def _delete_message_batch(data: Message, queue_url: str) -> Message:
    entries = data.get("Entries", [])
    sqs._validate_batch_entries(entries, "DeleteMessageBatchRequestEntry")
    answer: dict[str, list[Message]] = {"Successful": [], "Failed": []}
    for entry in entries:
        if delete(data.get("QueueUrl", queue_url), [entry.get("ReceiptHandle", "")]):
            answer["Successful"].append({"Id": entry["Id"]})
        else:
            error = {"Code": "ReceiptHandleIsInvalid", "Message": "The input receipt handle is invalid.", "SenderFault": True}
            answer["Failed"].append({"Id": entry["Id"], **error})
    return answer
