"""From an event to the counter, on the embedded AWS with the real deployment: rule, queue, function, table.

The emulator refuses every transaction that meets another one on an item, as DynamoDB does. Latency is measured by this process's
own clock alone: from the moment at which an event was due on the bus, whether or not the bus was ready for it, to the end of the
first consistent read of its counter that shows it. Tasks are spread over so many counters that the events of one counter are 0.8 s
apart or more; the n-th change of a counter is taken to be the n-th event that was sent to it.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.earlier_service import earlier_service
from benchmarks.handler import PER_BUCKET
from benchmarks.lines import Bar, Figure, Line, Progress, percentile
from benchmarks.storm import starts, starts_line, storm, storm_line
from fargatecount.ledger.store import Bucket, Counter, bucket_of
from fargatecount.ledger.verify import VerifyResult
from fargatecount.workload import HELD, Phase, WorkloadKey
from local.process import CHECKOUT
from local.stack import Stack
from local.traffic import PUT_EVENTS_BATCH, Life, lives, put
from tests.e2e.deployment import Deployed
from tests.support.deadline import eventually

RATE = 40
"""Launches a second, on demand and Spot together, of four events each
(https://docs.aws.amazon.com/AmazonECS/latest/userguide/throttling.html)."""
APART = 2.0
"""Seconds between the events of a task, about what Fargate takes for each step."""
RAMP = 3 * APART
"""Seconds until tasks are in all four steps and the rate is reached; the functions have started by then too."""
SUSTAINED = 24.0
"""Seconds that are measured."""
CLUSTERS = tuple(f"shop-{i}" for i in range(4))
TICK = 0.02
"""Seconds between two checks for due events, and between two reads of the counters."""
DRAIN = 30.0
P50, P99 = 0.5, 2.0

Series = tuple[Bucket, bool]
"""A counter, and which of its values is read: running, or held."""


class Due(msgspec.Struct, frozen=True):
    """An event to be sent."""

    at: float
    entry: dict[str, Any]
    moves: Series | None
    """The value that shows that it was counted; None if it moves no counter."""


def measure(progress: Progress) -> list[Line]:
    """Return the event path's lines."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        with Stack(home / "today") as stack:
            deployed = _deployed(stack, CHECKOUT, progress)
            progress(f"{4 * RATE} events/s for {RAMP + SUSTAINED:.0f} s")
            lines = _steady(deployed)
            started, stopped = starts(deployed, progress), storm(deployed, progress)
        with Stack(home / "earlier") as stack:
            deployed = _deployed(stack, earlier_service(home / "service"), progress)
            started_before, stopped_before = starts(deployed, progress), storm(deployed, progress)
    return [*lines, starts_line(started, started_before), storm_line(stopped, stopped_before)]


def _deployed(stack: Stack, service: Path, progress: Progress) -> Deployed:
    progress("deploying" if service == CHECKOUT else f"deploying {PER_BUCKET}")
    stack.deploy(service)
    stack.controls.set(transaction_conflicts=1.0)
    deployed = Deployed(stack)
    # The first event writes the number of buckets into the table.
    first = Life(task_id="f" * 32, cluster="first", memory=512, states=("RUNNING",))
    put(stack.client("events"), deployed.entries(first))
    eventually(lambda: deployed.ledger.clusters(deployed.scope), "the first event is counted", DRAIN)
    return deployed


def _steady(deployed: Deployed) -> list[Line]:
    due = _schedule(deployed)
    sampler = _Sampler(deployed, {one.moves[0] for one in due if one.moves})
    with sampler:
        start, sent = _send(deployed, due)
        sampler.wait_for(sum(one.moves is not None for one in due), DRAIN)
    expected: dict[Series, list[float]] = defaultdict(list)
    for one in due:
        if one.moves:
            expected[one.moves].append(one.at)
    latencies: list[tuple[float, float]] = []
    for series, moments in expected.items():
        shown = sampler.shown[series]
        if len(shown) != len(moments):
            raise RuntimeError(f"{series} shows {len(shown)} of {len(moments)} events")
        latencies += [(at, seen - start - at) for at, seen in zip(sorted(moments), shown, strict=True)]
    wrong = [finding for finding in deployed.verify(*CLUSTERS) if finding.verdict is not VerifyResult.EQUAL]
    if wrong:
        raise RuntimeError(f"counters are not the sum of their rows: {wrong}")
    kept = [(at, latency) for at, latency in latencies if RAMP <= at < RAMP + SUSTAINED]
    thirds = [[latency for at, latency in kept if int((at - RAMP) * 3 / SUSTAINED) == third] for third in range(3)]
    what = f"event to counter at {sent:.0f} events/s"
    how = f"{len(kept)} events that moved a counter in {SUSTAINED:.0f} s; counters read every {sampler.every * 1000:.0f} ms"
    return [
        Line(what=f"{what}: p50", figure=_of_all(thirds, 50), bar=Bar(P50), note=how),
        Line(what=f"{what}: p99", figure=_of_all(thirds, 99), bar=Bar(P99)),
    ]


def _of_all(thirds: list[list[float]], percent: float) -> Figure:
    """Return the percentile of all events, which is the promise; the spread is that of the thirds of the time.

    The thirds' median would hide a bad third: a percentile of eight good seconds says nothing about the next eight.
    """
    parts = [percentile(third, percent) for third in thirds]
    return Figure(percentile([latency for third in thirds for latency in third], percent), min(parts), max(parts), "s", len(parts))


def _schedule(deployed: Deployed) -> list[Due]:
    dice = random.Random(1)
    due = []
    tasks: list[Life] = lives(int(RATE * (RAMP + SUSTAINED)), clusters=CLUSTERS)
    buckets = deployed.ledger.buckets
    for number, life in enumerate(tasks):
        bucket = bucket_of(WorkloadKey(deployed.cluster(life.cluster), life.task_id), buckets)
        at = number / RATE + dice.uniform(0, 1 / RATE)
        # The first makes it held, the last makes it running; those between change the row alone.
        for entry, moves in zip(deployed.entries(life), [(bucket, False), None, None, (bucket, True)], strict=True):
            due.append(Due(at, entry, moves))
            at += APART
    return sorted(due, key=lambda one: one.at)


def _send(deployed: Deployed, due: list[Due]) -> tuple[float, float]:
    """Send every event to the bus when it is due; return the start, and the sustained events a second."""
    bus = deployed.stack.client("events")
    pause = threading.Event()
    start = time.perf_counter()
    position = 0
    while position < len(due):
        now = time.perf_counter() - start
        batch: list[dict[str, Any]] = []
        while position < len(due) and due[position].at <= now and len(batch) < PUT_EVENTS_BATCH:
            batch.append(due[position].entry)
            position += 1
        if batch:
            answer = bus.put_events(Entries=batch)
            assert answer["FailedEntryCount"] == 0, answer
        if len(batch) < PUT_EVENTS_BATCH:
            pause.wait(TICK)
    return start, sum(RAMP <= one.at < RAMP + SUSTAINED for one in due) / SUSTAINED


class _Sampler:
    """Reads all counters repeatedly, and records when each showed one more."""

    def __init__(self, deployed: Deployed, buckets: set[Bucket]) -> None:
        self._ledger = deployed.ledger
        self._buckets = sorted(buckets)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._looks = 0
        self._began = time.perf_counter()
        self.shown: dict[Series, list[float]] = defaultdict(list)

    @property
    def every(self) -> float:
        """Seconds between two reads."""
        return (time.perf_counter() - self._began) / max(self._looks, 1)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def wait_for(self, events: int, within: float) -> None:
        """Wait until the counters show this number of events, or time is up."""
        end = time.perf_counter() + within
        while sum(map(len, self.shown.values())) < events and time.perf_counter() < end:
            self._over.wait(TICK)

    def _sample(self) -> None:
        while not self._over.wait(TICK):
            counters: list[Counter] = list(self._ledger.read_counters(self._buckets))
            seen = time.perf_counter()
            self._looks += 1
            for bucket, counter in zip(self._buckets, counters, strict=True):
                for series, phases in (((bucket, False), HELD), ((bucket, True), (Phase.RUNNING,))):
                    moments = self.shown[series]
                    moments += [seen] * (counter.counts.tally(phases=phases).count - len(moments))
