"""The pods of one cluster that Fargate does not take: kept in the refusal log, with Fargate's reason, for as long as they wait.

The reconciler leaves a watched cluster alone, so only the watcher reports them. A write that fails is tried again a minute later and holds
up no event: a waiting pod holds no capacity, and no counter depends on it.
"""

from __future__ import annotations

import logging

import msgspec

from fargatecount.clock import Clock
from fargatecount.eks.refusals import refused_pod
from fargatecount.errors import FargatecountError
from fargatecount.refusals.log import RefusalLog, remember, window_of
from fargatecount.refusals.refusal import Refusal
from fargatecount.workload import Cluster, Millis
from watcher.events import Gone, Listed, Message, Seen

log = logging.getLogger(__name__)

NEXT_TRY: Millis = 60_000
"""A table that refuses this write refuses all writes, which the writer already logs every few seconds."""


class PendingPods:
    """The waiting pods of one cluster, as its stream reports them."""

    def __init__(self, cluster: Cluster, *, refusals: RefusalLog, clock: Clock) -> None:
        self._cluster = cluster
        self._refusals = refusals
        self._clock = clock
        self._pods: dict[str, Refusal] = {}
        self._has_changed = False
        self._window: Millis | None = None
        self._not_before: Millis = 0

    def apply(self, message: Message) -> None:
        """Update the waiting pods from a message."""
        now = self._clock.now()
        if isinstance(message, Listed):
            before = self._pods
            self._pods = {
                pod.metadata.uid: refusal for pod in message.waiting if (refusal := refused_pod(pod, self._cluster, now)) is not None
            }
            self._has_changed |= any(uid not in before or before[uid].reason != one.reason for uid, one in self._pods.items())
        elif isinstance(message, Gone):
            self._pods.pop(message.pod.metadata.uid, None)
        elif isinstance(message, Seen):
            uid = message.pod.metadata.uid
            refusal = refused_pod(message.pod, self._cluster, now)
            previous = self._pods.pop(uid, None)
            if refusal is not None:
                self._pods[uid] = refusal
                self._has_changed |= previous is None or previous.reason != refusal.reason

    def flush(self) -> None:
        """Write what is new, and in each window of the log all that still wait."""
        now = self._clock.now()
        window = window_of(now)
        if not self._pods or not (self._has_changed or window != self._window) or now < self._not_before:
            return
        try:
            remember(self._refusals, [msgspec.structs.replace(one, at=max(window, one.at)) for one in self._pods.values()])
        except FargatecountError as error:
            log.warning("%s: %d waiting pods could not be written to the refusal log: %s", self._cluster.key, len(self._pods), error)
            self._not_before = now + NEXT_TRY
            return
        self._has_changed, self._window = False, window
