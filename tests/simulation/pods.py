"""An EKS cluster in simulated time: pods that live, a history that can be watched, a list, and an etcd that can be restored."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fargatecount.eks.pod import Pod
from fargatecount.eks.workload import observe
from fargatecount.errors import UnavailableError
from fargatecount.ledger.listing import epoch_of
from fargatecount.ledger.row import Row
from fargatecount.sources.snapshot import Snapshot, Statistics
from fargatecount.workload import Cluster, Kind, Millis, Observation, Phase, SourceRank
from tests.simulation.scheduler import ActorClock, Scheduler
from tests.support.builders import MINUTE
from tests.support.pods import ENDED, WAITS, pod
from watcher.events import Gone, Listed, Lost, Message, Opened, Seen

STAGES: tuple[Mapping[str, Any], ...] = (
    {"node": None, "phase": "Pending", "states": (), "size": None},
    {"phase": "Pending", "states": (WAITS,)},
    {},
    {"phase": "Succeeded", "states": (ENDED,)},
    {"deleting": True},
)
"""A pod waits, has a node, runs, finishes, is marked for deletion; any may be skipped."""
RELIST: Millis = 10 * MINUTE
"""As the watcher does."""


class SimulatedPods:
    """The API server of one cluster."""

    def __init__(self, cluster: Cluster, scheduler: Scheduler) -> None:
        self.cluster = cluster
        self.scheduler = scheduler
        self.version = 100
        self.epoch = scheduler.now // 1000
        self.pods: dict[str, Pod] = {}
        self.history: list[tuple[int, str, Pod]] = []
        self._kept: list[tuple[int, dict[str, Pod]]] = []
        self.restores = 0

    def change(self, name: str, stage: Mapping[str, Any]) -> None:
        """Write a pod."""
        self.version += 1
        self.pods[name] = pod(name, uid=f"uid-{name}", version=self.version, **stage)
        self.history.append((self.version, "seen", self.pods[name]))

    def delete(self, name: str) -> None:
        """Delete a pod's object."""
        self.version += 1
        gone = self.pods.pop(name)
        last = msgspec.structs.replace(gone.metadata, resource_version=str(self.version))
        self.history.append((self.version, "gone", msgspec.structs.replace(gone, metadata=last)))

    def keep(self) -> None:
        """Make a backup of etcd."""
        self._kept.append((self.version, dict(self.pods)))

    def restore(self) -> None:
        """Put etcd back to its last backup: versions begin again from there."""
        if self._kept:
            self.version, pods = self._kept.pop()
            self.pods = dict(pods)
            self.history.clear()
            self.restores += 1

    def observations(self, at: Millis) -> list[Observation]:
        """Return what a list says of every pod."""
        found = (observe(each, self.cluster, epoch=self.epoch, source=SourceRank.API, at=at) for each in self.pods.values())
        return [seen for seen in found if seen is not None]

    def living(self) -> dict[tuple[Cluster, str], Phase]:
        """Return the phase of every pod that exists."""
        return {(self.cluster, seen.workload_id): seen.phase for seen in self.observations(0)}


def live(api: SimulatedPods, name: str, chance: random.Random) -> None:
    """Let one pod live from now on; runs as an actor's code."""
    stages = [stage for stage in STAGES if chance.random() < 0.8] or [STAGES[2]]
    ends = chance.random() < 0.7
    restores = api.restores
    for stage in stages:
        if api.restores != restores:  # its controller makes another one in its place
            return
        api.change(name, stage)
        api.scheduler.sleep(round(chance.choice([1_000, 30_000, 6 * MINUTE, 50 * MINUTE]) * chance.uniform(0.2, 1.5)))
    if ends and api.restores == restores and name in api.pods:
        api.delete(name)


class SimulatedStream:
    """What the watcher's connection brings: a list, then every change, and a list again when that is due or the history is gone."""

    def __init__(self, api: SimulatedPods, chance: random.Random) -> None:
        self._api = api
        self._chance = chance
        self._position: int | None = None
        self._due: Millis = 0
        self._restores = 0
        self._opened = False

    def take(self, timeout: float) -> Message | None:
        """Return the next message, after a while; None where nothing happens within `timeout` seconds."""
        api, scheduler = self._api, self._api.scheduler
        now = ActorClock(scheduler).now()
        trouble = 0.0 if scheduler.calm else self._chance.random()
        if trouble > 0.99:
            self._position = None if trouble > 0.995 else self._position
            self._opened = False
            return Lost(UnavailableError("the watch broke"), now, 1.0)
        if self._position is None or scheduler.now >= self._due or self._restores != api.restores:
            requested_at = now
            scheduler.pause()
            listed = Listed(api.observations(requested_at), api.version, requested_at)
            self._position, self._due, self._restores = api.version, scheduler.now + RELIST, api.restores
            self._opened = False
            return listed
        if not self._opened:
            self._opened = True
            return Opened(now)
        for version, kind, changed in api.history:
            if version > self._position:
                self._position = version
                return Seen(changed, version, now) if kind == "seen" else Gone(changed, version, now)
        scheduler.sleep(max(round(timeout * 1000), 1))
        return None


class SimulatedEks:
    """All EKS clusters, as the reconciler lists their pods."""

    kind = Kind.EKS

    def __init__(self, apis: Sequence[SimulatedPods]) -> None:
        self._apis = {api.cluster: api for api in apis}

    def clusters(self) -> Sequence[Cluster]:
        """Return the clusters."""
        return list(self._apis)

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        """Return none: EKS has none."""
        assert set(clusters) <= set(self._apis)
        return {}

    def snapshot(self, cluster: Cluster, rows: Mapping[str, Row]) -> Snapshot:
        """Return all pods of a cluster, of one version; the answer takes its time to arrive."""
        api = self._apis[cluster]
        requested_at = ActorClock(api.scheduler).now()
        api.scheduler.pause()
        if not api.scheduler.calm and api.scheduler.chance.random() < 0.03:
            raise UnavailableError("the API server did not answer")
        observations, version, epoch = api.observations(requested_at), api.version, api.epoch
        api.scheduler.pause()
        epoch = epoch_of(rows, version, observations, epoch=epoch, requested_at=requested_at)
        observations = [msgspec.structs.replace(seen, epoch=epoch) for seen in observations]
        return Snapshot(cluster=cluster, requested_at=requested_at, observations=observations, absent_below=(epoch, version))
