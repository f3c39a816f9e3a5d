"""EventBridge: accepts events of AWS's own sources, and forgets events that were delivered.

The emulator refuses `PutEvents` with the source `aws.ecs`, as AWS does; but here the emulator is AWS, and tests and demos put task events
in ECS's place: duplicated, late, in any order. It also keeps every event forever, in a log without a reader: a stop storm is 30 MB.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from ministack.services import eventbridge


def apply() -> None:
    """Let PutEvents take sources that begin with `aws.`, and forget events once they are dispatched."""
    put_events = eventbridge._put_events
    put_events.__defaults__ = (True,)  # its parameter allow_aws_source, meant for the emulator's own emitters
    eventbridge._events_log_list = _no_log


def _no_log() -> deque[Any]:
    return deque(maxlen=0)
