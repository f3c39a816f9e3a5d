"""Task events by the thousand: whole lives of made-up tasks, put on the event bus in ECS's form, with the disorder of the real one.

For tests and benchmarks that want exact numbers: what the counters must say in the end is known from the lives alone. Nothing here touches
the ECS API, so a reconcile would find none of these tasks; whole deployments are driven through RunTask instead.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import msgspec

PUT_EVENTS_BATCH: Final = 10
"""Entries of one PutEvents call: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""

START: Final = ("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING")
STOP: Final = ("DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED")


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One task: where it belongs, what it is, and through which states it goes."""

    task_id: str
    cluster: str
    cpu: int = 256
    memory: int = 512
    spot: bool = False
    group: str = "service:shop"
    states: tuple[str, ...] = START
    first_version: int = 1

    @property
    def running(self) -> bool:
        """Whether it runs when all is over."""
        return self.states[-1] == "RUNNING"


def lives(
    number: int,
    *,
    clusters: Sequence[str],
    seed: int = 1,
    states: tuple[str, ...] = START,
    spot_share: float = 0.2,
    stop_share: float = 0.0,
) -> list[Life]:
    """Return tasks spread over the clusters; `stop_share` of them go on to stop."""
    dice = random.Random(seed)
    result = []
    for i in range(number):
        stops = dice.random() < stop_share
        result.append(
            Life(
                task_id=f"{dice.getrandbits(128):032x}",
                cluster=clusters[i % len(clusters)],
                cpu=dice.choice((256, 512, 1024)),
                memory=2048,
                spot=dice.random() < spot_share,
                group=f"service:shop-{i % 7}" if i % 3 else f"family:job-{i % 5}",
                states=(*states, *STOP) if stops else states,
            )
        )
    return result


def events(life: Life, *, account: str, region: str) -> list[dict[str, Any]]:
    """Return the events of one life in order, as entries of PutEvents."""
    cluster_arn = f"arn:aws:ecs:{region}:{account}:cluster/{life.cluster}"
    task_arn = f"arn:aws:ecs:{region}:{account}:task/{life.cluster}/{life.task_id}"
    entries = []
    for position, status in enumerate(life.states):
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")  # noqa: TID251 - an event carries real time
        detail = {
            "taskArn": task_arn,
            "clusterArn": cluster_arn,
            "lastStatus": status,
            "desiredStatus": "STOPPED" if status in STOP else "RUNNING",
            "version": life.first_version + position,
            "launchType": "FARGATE",
            "cpu": str(life.cpu),
            "memory": str(life.memory),
            "group": life.group,
            "createdAt": now,
            "updatedAt": now,
            "platformVersion": "1.4.0",
            "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            "containers": [{"name": "app", "lastStatus": status}],
            **({"capacityProviderName": "FARGATE_SPOT"} if life.spot else {}),
            **({"startedAt": now} if status == "RUNNING" else {}),
        }
        entries.append(
            {
                "Source": "aws.ecs",
                "DetailType": "ECS Task State Change",
                "Resources": [task_arn],
                "Detail": json.dumps(detail, separators=(",", ":")),
            }
        )
    return entries


def disordered(entries: Iterable[dict[str, Any]], *, duplicates: float = 0.1, seed: int = 1) -> list[dict[str, Any]]:
    """Return the entries shuffled, that fraction of them a second time.

    It is what an at-least-once bus without order may do at its worst.
    """
    dice = random.Random(seed)
    once = list(entries)
    twice = once + dice.sample(once, round(len(once) * duplicates))
    dice.shuffle(twice)
    return twice


def put(bus: Any, entries: Iterable[dict[str, Any]], *, threads: int = 4) -> int:
    """Put the entries on the default event bus; return how many it took.

    Raises:
        RuntimeError: the bus refused an entry.
    """

    def send(batch: list[dict[str, Any]]) -> int:
        answer = bus.put_events(Entries=batch)
        if answer["FailedEntryCount"]:
            raise RuntimeError(f"the event bus refused {answer['FailedEntryCount']} of {len(batch)} entries: {answer['Entries'][:2]}")
        return len(batch)

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(send, _batches(entries, PUT_EVENTS_BATCH)))


def _batches(entries: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    rest = iter(entries)
    while batch := list(islice(rest, size)):
        yield batch
