"""One cluster's loop: what its stream tells goes into the ledger, in small batches, through `record` like everything else.

Nothing more is taken from the stream until the table has taken the batch in hand: an event is either committed or still here. A complete
list goes the same way, with the rows that it lacks as gone. Every turn of the loop tells `Health` that it lives, and once a minute, or
when that changes, the registry whether the cluster can be read.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from fargatecount.clock import Clock
from fargatecount.eks.workload import observe, observe_gone
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import WATCHER, Readability
from fargatecount.ledger.listing import absences, news
from fargatecount.refusals.log import RefusalLog
from fargatecount.workload import Cluster, Millis, Observation, SourceRank
from watcher.events import Gone, Listed, Lost, Message, Opened, Seen
from watcher.health import Health
from watcher.pending_pods import Waiting
from watcher.readability import View
from watcher.stream import Read
from watcher.writer import Table, Writer

log = logging.getLogger(__name__)

BATCH = 198
"""Messages: two full transactions. More would only make the first of them wait for the last."""
LINGER: Millis = 100
"""How long a batch waits for company. A starting pod changes four times within seconds, and what comes together is written once."""
TURN = 1.0
"""Seconds that a quiet loop waits before it looks around: for the order to stop, and for its heartbeat."""
HEARTBEAT: Millis = 60_000
"""Three of them may be missed before the cluster's readers doubt it (`clusters.FRESH_FOR`)."""


class Stream(Protocol):
    """Where messages come from."""

    def take(self, timeout: float) -> Message | None:
        """Return the next message, or None if there is none within `timeout` seconds."""
        ...


def reading(cluster: Cluster, epoch: int) -> Read:
    """Return how a list of this cluster's pods is read."""
    return lambda pod, at: observe(pod, cluster, epoch=epoch, source=SourceRank.API, at=at)


class Loop:
    """Brings one cluster's stream into the ledger until `stop` says yes."""

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
    ) -> None:
        self._cluster = cluster
        self._epoch = epoch
        self._stream = stream
        self._table = table
        self._clock = clock
        self._health = health
        self._stop = stop
        self._writer = Writer(cluster, table=table, clock=clock, health=health, stop=stop, jitter=jitter)
        self._waiting = Waiting(cluster, refusals=refusals, clock=clock)
        self._view = View()
        self._noted: Readability | None = None

    def run(self) -> None:
        """Turn until told to stop; then write what has already come, and a last heartbeat."""
        while not self._stop():
            self.turn(TURN)
        while self.turn(0):
            pass
        if not self._writer.is_out_of_time():
            self._note(force=True)

    def turn(self, timeout: float) -> bool:
        """Take what is there within `timeout` seconds, commit it and tell how it stands; False if there was nothing, or no time for it."""
        self._health.tick(self._cluster)
        messages = self._gather(timeout)
        if not self._commit(messages):
            return False
        for message in messages:
            self._tell(message)
            self._waiting.hear(message)
            self._view = self._view.after(message)
        self._waiting.tell()
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
            self._health.came(self._cluster, type(message).__name__.lower())
            if isinstance(message, Listed | Lost | Opened):  # nothing that follows would be written together with these
                break
        return messages

    def _commit(self, messages: Iterable[Message]) -> bool:
        changes = [message for message in messages if isinstance(message, Seen | Gone)]
        if changes and not self._writer.write(list(self._observed(changes)), since=changes[0].at):
            return False
        # After the changes: versions put everything in order, and the list then finds less to say.
        return all(self._commit_list(message) for message in messages if isinstance(message, Listed))

    def _observed(self, changes: Iterable[Seen | Gone]) -> Iterable[Observation]:
        for change in changes:
            if isinstance(change, Gone):
                yield observe_gone(change.pod, self._cluster, epoch=self._epoch, at=change.at)
            else:
                seen = observe(change.pod, self._cluster, epoch=self._epoch, source=SourceRank.EVENT, at=change.at)
                if seen is not None:
                    yield seen

    def _commit_list(self, listed: Listed) -> bool:
        shares = self._writer.shares(listed.pods)
        if shares is None:
            return False
        # Of the whole cluster: while a rebuild moves rows, one may still lie in a bucket that is not its own.
        present, changes = {seen.workload_id for seen in listed.pods}, 0
        for bucket, seen in shares.items():
            rows = self._writer.rows(bucket)
            if rows is None:
                return False
            gone = absences(rows, present, listed.version, self._cluster, epoch=self._epoch, at=listed.asked_at)
            observations = [*news(rows, seen), *gone]
            if not self._writer.write(observations):
                return False
            changes += len(observations)
        self._health.listed(self._cluster, len(listed.pods), listed.asked_at)
        log.info("%s: listed %d pods, %d changes", self._cluster.key, len(listed.pods), changes)
        return True

    def _tell(self, message: Message) -> None:
        if isinstance(message, Lost):
            log.warning("%s: %s; next try in %.1f s; %s", self._cluster.key, message.error, message.retry_in, message.error.remedy)
        elif isinstance(message, Opened) and self._view.trouble is not None:
            log.info("%s: can be read again", self._cluster.key)

    def _note(self, *, force: bool = False) -> None:
        now = self._clock.now()
        told = self._view.judge(now)
        if told is None or not (force or self._is_news(told, now)):
            return
        self._health.judged(self._cluster, told.readable)
        try:
            self._table.note(self._cluster, WATCHER, told, epoch=self._epoch)
        except FargatecountError as error:
            log.warning("%s: the heartbeat could not be written: %s", self._cluster.key, error)
            return
        self._noted = told

    def _is_news(self, told: Readability, now: Millis) -> bool:
        before = self._noted
        if before is None or now - before.at >= HEARTBEAT:
            return True
        return msgspec.structs.replace(before, at=now) != told
