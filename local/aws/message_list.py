"""The list of messages of an emulated queue, changed in place.

Pure. Senders append to the list at any time, from other threads: code that replaces the list loses messages that arrived meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

Message = dict[str, Any]
Queue = dict[str, Any]


def remove(messages: list[Message], handles: Collection[str]) -> int:
    """Remove the messages with these receipt handles from the list, which stays the same list; return how many there were."""
    removed = 0
    index = 0
    # Received messages are the oldest: the search ends near the front.
    while removed < len(handles) and index < len(messages):
        if messages[index].get("receipt_handle") in handles:
            del messages[index]
            removed += 1
        else:
            index += 1
    return removed


def in_place(queue: Queue, change: Callable[[Queue], None]) -> None:
    """Let the emulator drop messages from a copy of the queue, then drop the same ones from the real list."""
    messages = queue["messages"]
    copy = {**queue, "messages": list(messages)}
    seen = len(copy["messages"])
    change(copy)
    kept = {id(message) for message in copy["messages"]}
    for index in reversed(range(seen if len(kept) < seen else 0)):  # what arrived meanwhile is behind
        if id(messages[index]) not in kept:
            del messages[index]
