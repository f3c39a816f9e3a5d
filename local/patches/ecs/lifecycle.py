"""The life of the tasks: one thread moves them from status to status, in order, and sends EventBridge an event of each change.

Promise: every version of a task is published once and in order, whatever the API calls in between, unless the settings in force say that
events are lost or delivered twice. Tasks move as fast as they can, except out of a status named in `hold_tasks_at`.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from ministack.core import responses
from ministack.services import ecs, eventbridge

from local.aws.ecs.event import DETAIL_TYPE, SOURCE, detail_of
from local.aws.ecs.task import STOPPING, Record, ask_to_stop, changed, move_to, next_status
from local.faults import FaultBoard

# How soon a task leaves a status that is no longer held.
HELD_AGAIN_SECONDS: Final = 0.05

SPOT_REASON: Final = "Your Spot Task was interrupted."

_log = logging.getLogger(__name__)


class Lifecycle:
    """The queue of the next changes of tasks, and the thread that makes them."""

    def __init__(self, faults: FaultBoard) -> None:
        self._faults = faults
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._held: deque[Record] = deque()
        self._to_tend: set[tuple[str, str, str, str]] = set()
        # A task is changed by API calls and by the thread.
        self.lock = threading.RLock()

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run_for_ever, name="task-lifecycle", daemon=True).start()

    def begin(self, record: Record) -> None:
        """Publish a new task as it is, then move it to its next status."""
        self._publish(record)
        self._work.put(partial(self._step, record))

    def stop(self, record: Record, *, code: str, reason: str) -> None:
        """Stop a task, unless it is stopping already; when this returns, it is DEACTIVATING."""
        with self.lock:
            if record["lastStatus"] in STOPPING:
                return
            if record["desiredStatus"] == "RUNNING":  # else a Spot interruption came first, and stays the reason
                ask_to_stop(record, code=code, reason=reason)
            self._move(record, "DEACTIVATING")

    def interrupt(self, record: Record) -> None:
        """Take back a Spot task's capacity: a notice while it still runs, then it stops."""
        with self.lock:
            if record["desiredStatus"] == "STOPPED":
                return
            ask_to_stop(record, code="SpotInterruption", reason=SPOT_REASON)
            changed(record, time.time())
            self._publish(record)
            self._work.put(partial(self._step, record))

    def _step(self, record: Record) -> None:
        with self.lock:
            status = next_status(record)
            if status is None:
                return
            if record["lastStatus"] in self._faults.settings.hold_tasks_at:
                self._held.append(record)
                return
            self._move(record, status)

    def _move(self, record: Record, status: str) -> None:
        move_to(record, status, time.time())
        self._publish(record)
        self._work.put(partial(self._step, record))
        if status in ("RUNNING", "DEACTIVATING") and record["group"].startswith("service:"):
            self._tend(record)

    def _publish(self, record: Record) -> None:
        detail = detail_of(record)
        if self._faults.hits("drop_task_events", self._faults.settings.drop_task_events):
            self._faults.note_dropped({key: detail[key] for key in ("taskArn", "clusterArn", "version", "lastStatus")})
            return
        copies = 1 + self._faults.hits("duplicate_task_events", self._faults.settings.duplicate_task_events)
        entry = {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Resources": [detail["taskArn"]], "Detail": json.dumps(detail)}
        account, region = _home(record)
        for _ in range(copies):
            self._work.put(partial(_put_event, account, region, entry))

    def _tend(self, record: Record) -> None:
        """Have the service looked after soon: once, however many of its tasks change until then."""
        account, region = _home(record)
        service = (account, region, record["clusterArn"].rpartition("/")[2], record["group"].partition(":")[2])
        if service not in self._to_tend:
            self._to_tend.add(service)
            self._work.put(partial(self._tend_service, service))

    def _tend_service(self, service: tuple[str, str, str, str]) -> None:
        """Keep the service at its desired count: replace what stopped, finish a rollout whose tasks run."""
        account, region, cluster, name = service
        with responses.request_scope(account, region), self.lock:
            self._to_tend.discard(service)
            ecs._reconcile_service_tasks(cluster, f"{cluster}/{name}")

    def _run_for_ever(self) -> None:
        while True:
            try:
                work = self._work.get(timeout=HELD_AGAIN_SECONDS if self._held else None)
            except queue.Empty:
                held, self._held = self._held, deque()
                for record in held:
                    self._step(record)
                continue
            try:
                work()
            except Exception:  # noqa: BLE001 - the other tasks live on
                _log.exception("a step in the life of a task failed")


def _put_event(account: str, region: str, entry: Mapping[str, object]) -> None:
    with responses.request_scope(account, region):
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _home(record: Record) -> tuple[str, str]:
    """Account and Region of the task, from its ARN."""
    _, _, _, region, account, _ = record["taskArn"].split(":", 5)
    return account, region
