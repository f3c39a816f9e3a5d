"""One cluster's loop: write what its stream yields into the ledger, in small batches, through `record` like everything else.

The loop takes nothing more from the stream until the table has accepted the current batch, so an event is either committed or still here. A
complete list is written in the same way, with every row that it lacks as gone. Each turn updates `Health`; once a minute, and whenever it
changes, the loop notes in the registry whether the cluster can be read.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from fargatecount.adapters.kubernetes.pods import unread_notice
from fargatecount.clock import Clock
from fargatecount.eks.workload import observe, observe_gone
from fargatecount.errors import FargatecountError, MalformedError
from fargatecount.ledger.clusters import WATCHER, Readability
from fargatecount.ledger.listing import CLOCKS_AGREE, absences, epoch_of, news
from fargatecount.ledger.row import Row
from fargatecount.refusals.log import RefusalLog
from fargatecount.workload import Cluster, Millis, Observation, SourceRank
from watcher.events import Gone, Listed, Lost, Message, Opened, Seen
from watcher.health import Health
from watcher.pending_pods import PendingPods
from watcher.readability import ReadabilityState
from watcher.stream import Read
from watcher.writer import Table, Writer

log = logging.getLogger(__name__)

BATCH = 198
"""Messages: two full transactions. With more, the first of them only waits for the last."""
LINGER: Millis = 100
"""How long a batch waits for more. A starting pod changes four times within seconds, and changes that arrive together are one write."""
TURN = 1.0
"""Seconds that an idle loop waits before it checks the stop flag and its heartbeat."""
HEARTBEAT: Millis = 60_000
"""Readers of the cluster doubt it after three missing heartbeats (`clusters.FRESH_FOR`)."""


class Stream(Protocol):
    """The source of messages."""

    def take(self, timeout: float) -> Message | None:
        """Return the next message, or None if none arrives within `timeout` seconds."""
        ...


def pod_reader(cluster: Cluster, epoch: int, owner_label: str = "") -> Read:
    """Return the function that turns a listed pod of this cluster into an observation."""
    return lambda pod, at: observe(pod, cluster, epoch=epoch, source=SourceRank.API, at=at, owner_label=owner_label)


class Loop:
    """Writes one cluster's stream into the ledger until `stop` returns true."""

    def __init__(
        self,
        cluster: Cluster,
        epoch: int,
        *,
        stream: Stream,
        table: Table,
        refusals: RefusalLog,
        clock: Clock,
        health: Health,
        stop: Callable[[], bool],
        jitter: random.Random,
        owner_label: str = "",
    ) -> None:
        self._cluster, self._owner_label = cluster, owner_label
        self._epoch = epoch
        self._stream = stream
        self._table = table
        self._clock = clock
        self._health = health
        self._stop = stop
        self._writer = Writer(cluster, table=table, clock=clock, health=health, stop=stop, jitter=jitter)
        self._pending_pods = PendingPods(cluster, refusals=refusals, clock=clock)
        self._state = ReadabilityState()
        self._noted: Readability | None = None

    def run(self) -> None:
        """Turn until the loop is stopped; then write what has already arrived, and a last heartbeat.

        A defect ends the loop, and is noted first: without it the cluster counts as readable until its heartbeats are missed.
        """
        try:
            self._run()
        except Exception as defect:
            error = MalformedError(f"the watcher failed: {type(defect).__name__}: {str(defect)[:200]}", remedy="please report its log")
            self._state = self._state.after(Lost(error, self._clock.now(), 0))
            self._note(force=True)
            raise

    def _run(self) -> None:
        while not self._stop():
            self.turn(TURN)
        while self.turn(0):
            pass
        if not self._writer.is_out_of_time():
            self._note(force=True)

    def turn(self, timeout: float) -> bool:
        """Take what arrives within `timeout` seconds, commit it and note the state; return False if nothing came, or time was up."""
        self._health.tick(self._cluster)
        messages = self._gather(timeout)
        if not self._commit(messages):
            return False
        for message in messages:
            self._log(message)
            self._pending_pods.apply(message)
            self._state = self._state.after(message)
        self._pending_pods.flush()
        self._note()
        return bool(messages)

    def _gather(self, timeout: float) -> list[Message]:
        messages: list[Message] = []
        until = None
        while len(messages) < BATCH:
            left = timeout if until is None else max(until - self._clock.now(), 0) / 1000
            message = self._stream.take(left)
            if message is None:
                break
            until = until or self._clock.now() + LINGER
            messages.append(message)
            self._health.count_message(self._cluster, type(message).__name__.lower())
            if isinstance(message, Listed | Lost | Opened):  # the messages after it cannot share its write
                break
        return messages

    def _commit(self, messages: Iterable[Message]) -> bool:
        changes = [message for message in messages if isinstance(message, Seen | Gone)]
        if changes and not self._writer.write(list(self._observed(changes)), since=changes[0].at):
            return False
        # After the changes: versions order everything, and the list then has less to add.
        return all(self._commit_list(message) for message in messages if isinstance(message, Listed))

    def _observed(self, changes: Iterable[Seen | Gone]) -> Iterable[Observation]:
        for change in changes:
            try:
                seen = self._observation(change)
            except MalformedError as error:
                # Retried, it stays as it is and holds up every pod after it. The next list reads the pod again.
                log.warning("%s: a change is set aside: %s", self._cluster.key, error)
                self._health.count_malformed(self._cluster)
                continue
            if change.pod.unread:
                log.warning("%s: %s", self._cluster.key, unread_notice(change.pod))
                self._health.count_malformed(self._cluster)
            if seen is not None:
                yield seen

    def _observation(self, change: Seen | Gone) -> Observation | None:
        if isinstance(change, Gone):
            return observe_gone(change.pod, self._cluster, epoch=self._epoch, at=change.at, owner_label=self._owner_label)
        return observe(change.pod, self._cluster, epoch=self._epoch, source=SourceRank.EVENT, at=change.at, owner_label=self._owner_label)

    def _commit_list(self, listed: Listed) -> bool:
        by_bucket = self._writer.by_bucket(listed.pods)
        if by_bucket is None:
            return False
        # Of the whole cluster: while a rebuild moves rows, a row may still be in a bucket other than its own.
        present, changes = {seen.workload_id for seen in listed.pods}, 0
        for bucket, seen in by_bucket.items():
            rows = self._writer.rows(bucket)
            if rows is None:
                return False
            if self._begins_epoch(rows, seen, listed):
                return self._commit_list(listed)
            pods = [msgspec.structs.replace(pod, epoch=self._epoch) if pod.epoch != self._epoch else pod for pod in seen]
            gone = absences(rows, present, listed.version, self._cluster, epoch=self._epoch, at=listed.requested_at)
            observations = [*news(rows, pods), *gone]
            if not self._writer.write(observations):
                return False
            changes += len(observations)
        self._health.set_listed(self._cluster, len(listed.pods), listed.requested_at)
        self._health.count_malformed(self._cluster, listed.malformed)
        log.info("%s: listed %d pods, %d changes", self._cluster.key, len(listed.pods), changes)
        return True

    def _begins_epoch(self, rows: Mapping[str, Row], seen: Iterable[Observation], listed: Listed) -> bool:
        """Go on in the epoch to which a list belongs; return whether it is another one: the list then starts over."""
        before = listed.requested_at - CLOCKS_AGREE
        epoch = epoch_of(rows, listed.version, seen, epoch=self._epoch, requested_at=listed.requested_at, written_before=before)
        if epoch == self._epoch:
            return False
        log.warning(
            "%s: etcd was restored and counts its versions again, now at %d: going on in epoch %d", self._cluster.key, listed.version, epoch
        )
        self._epoch = epoch
        return True

    def _log(self, message: Message) -> None:
        if isinstance(message, Lost):
            log.warning("%s: %s; next try in %.1f s; %s", self._cluster.key, message.error, message.retry_in, message.error.remedy)
        elif isinstance(message, Opened) and self._state.trouble is not None:
            log.info("%s: can be read again", self._cluster.key)

    def _note(self, *, force: bool = False) -> None:
        now = self._clock.now()
        readability = self._state.readability(now)
        if readability is None or not (force or self._must_note(readability, now)):
            return
        self._health.set_readable(self._cluster, readability.readable)
        try:
            self._table.note(self._cluster, WATCHER, readability, epoch=self._epoch)
        except FargatecountError as error:
            log.warning("%s: the heartbeat could not be written: %s", self._cluster.key, error)
            return
        self._noted = readability

    def _must_note(self, readability: Readability, now: Millis) -> bool:
        before = self._noted
        return before is None or now - before.at >= HEARTBEAT or msgspec.structs.replace(before, at=now) != readability
