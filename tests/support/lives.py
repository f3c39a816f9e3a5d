"""Lives of tasks and pods that a script knows to the millisecond: what AWS says about them, and what a history must answer.

The answers are computed here from the lives alone, in plain Python and with decimal prices, so they share nothing with the code under test.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fargatecount.ecs.event import TaskSeen, decode_event
from fargatecount.eks.decode import decode_pod
from fargatecount.eks.workload import observe, observe_gone
from fargatecount.workload import Cluster, Kind, Observation, Scope, SourceRank
from tests.support.builders import NOW, SCOPE

SECRET = "hunter2-never-kept"
"""Planted wherever a task or a pod may carry a secret."""
WEB, BATCH, PODS = Cluster(SCOPE, Kind.ECS, "web"), Cluster(SCOPE, Kind.ECS, "batch"), Cluster(SCOPE, Kind.EKS, "pods")
LABEL = "example.com/team"
EPOCH = 1_700_000_000
DAY = 86_400_000
# eu-west-1 of the list: https://aws.amazon.com/fargate/pricing/, written apart from fargatecount.usage.price_list.
VCPU, GIB, ARM_VCPU, ARM_GIB = Decimal("0.04048"), Decimal("0.004445"), Decimal("0.03238"), Decimal("0.00356")
STORAGE = Decimal("0.000111")
SPOT = Decimal("0.32")


@dataclass(frozen=True, kw_only=True)
class Life:
    """One workload from its creation to its end, in milliseconds; a task without `pulled` or `started` never got so far."""

    cluster: Cluster
    id: str
    created: int
    pulling: int | None
    pulled: int | None
    started: int | None
    stopping: int
    stopped: int
    cpu: int
    memory: int
    storage: int = 20
    spot: bool = False
    arm: bool = False
    service: str
    owner: str
    code: str
    reason: str | None = None

    @property
    def is_pod(self) -> bool:
        return self.cluster.kind is Kind.EKS

    def phase_at(self, moment: int) -> str | None:
        """Return the phase at a moment; None before the creation and from the end on."""
        if not self.created <= moment < self.stopped:
            return None
        if moment >= self.stopping:
            return "stopping"
        if self.started is not None and moment >= self.started:
            return "running"
        if self.is_pod and (self.pulling is None or moment < self.pulling):
            return "waiting"
        return "pending"

    @property
    def billed_seconds(self) -> int:
        if self.pulling is None:
            return 0
        return max(60, -(-(self.stopped - self.pulling) // 1000))

    @property
    def hourly(self) -> Decimal:
        vcpu, gib = (ARM_VCPU, ARM_GIB) if self.arm else (VCPU, GIB)
        size = Decimal(self.cpu) / 1024 * vcpu + Decimal(self.memory) / 1024 * gib
        return size * (SPOT if self.spot else 1) + STORAGE * max(self.storage - 20, 0)

    def cost(self, begins: int, ends: int) -> Decimal:
        """Return the cost of the part within a period."""
        if self.pulling is None:
            return Decimal(0)
        until = self.pulling + self.billed_seconds * 1000
        return self.hourly * max(0, min(until, ends) - max(self.pulling, begins)) / 3_600_000

    @property
    def key(self) -> str:
        """The name of its service as the history shows it."""
        return f"{self.cluster.key} {self.service}"


def lives(tasks: int, pods: int, *, seed: int = 1, days: int = 3) -> list[Life]:
    """Return made-up lives within some days from `NOW` on: services, batches, Spot interruptions, failed launches, crashes."""
    chance = random.Random(seed)
    return [_task(chance, i, days) for i in range(tasks)] + [_pod(chance, i, days) for i in range(pods)]


def _times(chance: random.Random, days: int) -> tuple[int, int, int, int, int, int]:
    created = NOW + chance.randrange(days * DAY)
    pulling = created + chance.randrange(5_000, 30_000)
    pulled = pulling + chance.randrange(1_000, 60_000)
    started = pulled + chance.randrange(500, 20_000)
    # Some live for seconds, so that the billed minute matters; most for minutes to hours.
    stopping = started + int(chance.choice([1_000, 20_000, 600_000, 3_600_000, 20_000_000]) * (0.5 + chance.random()))
    return created, pulling, pulled, started, stopping, stopping + chance.randrange(1_000, 40_000)


def _task(chance: random.Random, number: int, days: int) -> Life:
    created, pulling, pulled, started, stopping, stopped = _times(chance, days)
    cpu, memory = chance.choice([(256, 512), (512, 1024), (1024, 2048), (2048, 8192)])
    spot = chance.random() < 0.3
    service = chance.choice(["service:shop", "service:search", "service:mail", "family:nightly", "family:report"])
    code, reason = chance.choice(
        [
            ("ServiceSchedulerInitiated", f"Scaling activity initiated by (deployment ecs-svc/{chance.randrange(10**15, 10**16)})"),
            ("EssentialContainerExited", "Essential container in task exited"),
            ("UserInitiated", "Task stopped by user"),
        ]
    )
    if spot and chance.random() < 0.4:
        code, reason = "SpotInterruption", "Your Spot Task was interrupted."
    life = Life(
        cluster=WEB if service.startswith("service:") else BATCH,
        id=f"{number:032x}",
        created=created,
        pulling=pulling,
        pulled=pulled,
        started=started,
        stopping=stopping,
        stopped=stopped,
        cpu=cpu,
        memory=memory,
        storage=chance.choice([20, 20, 20, 50]),
        spot=spot,
        arm=chance.random() < 0.2,
        service=service,
        owner=chance.choice(["payments", "search", "-"]),
        code=code,
        reason=reason,
    )
    if chance.random() < 0.05:  # a launch that fails before the image is pulled, as without a free address
        failed = replace(
            life, pulling=None, pulled=None, started=None, code="TaskFailedToStart", reason="Timeout waiting for network interface"
        )
        return replace(failed, stopping=created + 180_000, stopped=created + 190_000)
    return life


def _pod(chance: random.Random, number: int, days: int) -> Life:
    # The API server writes whole seconds.
    created, pulling, _, started, stopping, stopped = (each // 1000 * 1000 for each in _times(chance, days))
    return Life(
        cluster=PODS,
        id=f"00000000-0000-4000-8000-{number:012x}",
        created=created,
        pulling=pulling,
        pulled=None,
        started=max(started, pulling + 1000),
        stopping=max(stopping, started + 2000),
        stopped=max(stopped, stopping + 3000),
        cpu=256,
        memory=1024,
        service=chance.choice(["shop/web", "shop/worker"]),
        owner=chance.choice(["payments", "-"]),
        code=chance.choice(["Deleted", "Evicted"]),
    )


def iso(moment: int | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(life: Life, status: str, version: int, at: int) -> str:
    """Return a task event, with secrets wherever a task carries some."""
    scope = life.cluster.scope
    arn = f"arn:aws:ecs:{scope.region}:{scope.account}"
    name = life.service.partition(":")[2]
    ended = status == "STOPPED"
    container = {
        "name": "app",
        "lastStatus": status,
        "image": "app:1",
        "environment": [{"name": "PASSWORD", "value": SECRET}],
        "command": ["/app", f"--password={SECRET}"],
        **({"exitCode": 137, "reason": f'OutOfMemoryError: exec: "{SECRET}"'} if ended else {}),
    }
    detail: dict[str, Any] = {
        "taskArn": f"{arn}:task/{life.cluster.name}/{life.id}",
        "clusterArn": life.cluster.arn,
        "taskDefinitionArn": f"{arn}:task-definition/{name}:7",
        "version": version,
        "lastStatus": status,
        "desiredStatus": "STOPPED" if status in {"STOPPED", "STOPPING"} else "RUNNING",
        "launchType": "FARGATE",
        **({"capacityProviderName": "FARGATE_SPOT"} if life.spot else {}),
        "cpu": str(life.cpu),
        "memory": str(life.memory),
        "group": life.service,
        "platformVersion": "1.4.0",
        "availabilityZone": "eu-west-1a",
        "ephemeralStorage": {"sizeInGiB": life.storage},
        "attributes": [{"name": "ecs.cpu-architecture", "value": "arm64" if life.arm else "x86_64"}],
        "containers": [container],
        "overrides": {"containerOverrides": [{"name": "app", "environment": [{"name": "TOKEN", "value": SECRET}], "command": [SECRET]}]},
        "createdAt": iso(life.created),
        "updatedAt": iso(at),
    }
    if status != "PROVISIONING" and life.pulling is not None:
        detail |= {"pullStartedAt": iso(life.pulling), "pullStoppedAt": iso(life.pulled)}
    if status in {"RUNNING", "STOPPING", "STOPPED"} and life.started is not None:
        detail["startedAt"] = iso(life.started)
    if status in {"STOPPING", "STOPPED"}:
        why = f'{life.reason}: exec: "{SECRET}"' if life.code == "EssentialContainerExited" else life.reason
        detail |= {"stoppingAt": iso(life.stopping), "stopCode": life.code, "stoppedReason": why}
    if ended:
        detail["stoppedAt"] = iso(life.stopped)
    return json.dumps(
        {
            "version": "0",
            "source": "aws.ecs",
            "detail-type": "ECS Task State Change",
            "time": iso(at),
            "region": scope.region,
            "detail": detail,
        }
    )


def pod(life: Life, version: int, *, at: int) -> bytes:
    """Return a pod's object as it is at a moment, with secrets wherever a pod carries some."""
    namespace, owner = life.service.split("/")
    bound = life.pulling is not None and at >= life.pulling
    runs = life.started is not None and at >= life.started
    metadata: dict[str, Any] = {
        "name": f"{owner}-x",
        "namespace": namespace,
        "uid": life.id,
        "resourceVersion": str(version),
        "creationTimestamp": iso(life.created),
        "labels": {"eks.amazonaws.com/fargate-profile": "fp", **({} if life.owner == "-" else {LABEL: life.owner})},
        "annotations": {"CapacityProvisioned": "0.25vCPU 1GB", "note": SECRET},
        "ownerReferences": [{"kind": "StatefulSet", "name": owner, "controller": True}],
    }
    if at >= life.stopping:
        metadata |= {"deletionTimestamp": iso(life.stopping + 30_000), "deletionGracePeriodSeconds": 30}
    state: dict[str, Any] = {"running": {"startedAt": iso(life.started)}} if runs else {"waiting": {"reason": "ContainerCreating"}}
    if at >= life.stopped:
        state = {"terminated": {"exitCode": 143, "reason": "Error", "message": SECRET, "startedAt": iso(life.started)}}
    return json.dumps(
        {
            "metadata": metadata,
            "spec": {
                "schedulerName": "fargate-scheduler",
                **({"nodeName": "fargate-ip-10-0-0-1"} if bound else {}),
                "containers": [{"name": "app", "env": [{"name": "PASSWORD", "value": SECRET}], "args": [SECRET]}],
            },
            "status": {
                "phase": "Running" if runs else "Pending",
                **({"reason": life.code} if life.code == "Evicted" and at >= life.stopping else {}),
                **({"startTime": iso(life.pulling)} if bound else {}),
                "containerStatuses": [{"name": "app", "restartCount": 0, "state": state}],
            },
        }
    ).encode()


def observations(life: Life) -> Iterator[Observation]:
    """Yield what is seen of a life, in order: the events of a task, or the changes of a pod."""
    if life.is_pod:
        moments = [life.created, life.pulling, life.started, life.stopping]
        for version, at in enumerate((each for each in moments if each is not None), start=1):
            found = decode_pod(pod(life, version, at=at))
            seen = observe(found, life.cluster, epoch=EPOCH, source=SourceRank.EVENT, at=at, owner_label=LABEL)
            assert seen is not None
            yield seen
        last = decode_pod(pod(life, 9, at=life.stopped))
        yield observe_gone(last, life.cluster, epoch=EPOCH, at=life.stopped, owner_label=LABEL)
        return
    steps: list[tuple[str, int | None]] = [("PROVISIONING", life.created), ("ACTIVATING", life.pulling), ("RUNNING", life.started)]
    steps += [("STOPPING", life.stopping), ("STOPPED", life.stopped)]
    for version, (status, when) in enumerate(steps, start=1):
        if when is not None:
            event_ = decode_event(event(life, status, version, when), NOW)
            assert isinstance(event_, TaskSeen)
            yield event_.observation


def truth_at(every: Iterable[Life], moment: int) -> dict[str, Counter[str]]:
    """Return the phases of each service at a moment."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for life in every:
        phase = life.phase_at(moment)
        if phase is not None:
            found[life.key][phase] += 1
    return dict(found)


def nearest_rank(values: Sequence[int], percent: int) -> int:
    """Return a percentile by nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]


def elsewhere(life: Life) -> Life:
    """Return the same life in another scope."""
    return replace(life, cluster=Cluster(Scope("999999999999", "us-east-1"), life.cluster.kind, life.cluster.name))
