"""How many buckets a cluster should have: all events of one cluster, the real `ledger.record`, a simulated DynamoDB.

No emulator has DynamoDB's conflicts and throttling, and no real account is available, so this is a simulation; `simulated_table` describes
the model. The writers are those of serverless.yml: ten invocations at most, ten events each.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial

import msgspec

from benchmarks.lines import Bar, Figure, Line, Progress, percentile, short
from benchmarks.simulated_table import SimulatedTable
from benchmarks.simulation import START, SimulatedClock, Simulation
from fargatecount.ledger.record import record
from fargatecount.ledger.verify import VerifyResult, verify
from fargatecount.settings.environment import DEPLOYED_BUCKETS
from fargatecount.workload import Capacity, Cluster, Facts, Kind, Observation, Phase, Scope, SourceRank

BUCKETS = (1, 2, 4, 8, 16)
SEEDS = (1, 2, 3)
WRITERS = 10
BATCH = 10
EVENT_SECONDS = 0.0007
"""Processor time of the function per event; part `handler` measures it."""
VISIBILITY_SECONDS = 180.0
"""Seconds after which the queue delivers unfinished messages again."""
POLL_SECONDS = 0.001
DEADLINE_SECONDS = 25.0
"""The function's timeout of 30 s less its reserve, in seconds."""

CLUSTER = Cluster(Scope("123456789012", "eu-west-1"), Kind.ECS, "one")
STARTS = (Phase.PENDING, Phase.PENDING, Phase.PENDING, Phase.RUNNING)
STOPS = (Phase.STOPPING, Phase.STOPPING, Phase.STOPPING, Phase.GONE)

Arrival = tuple[float, Observation]


class Load(msgspec.Struct, frozen=True):
    """Events and the moments of their arrival."""

    name: str
    arrivals: list[Arrival]
    bar: float
    """Seconds: the 99th percentile, or the time to drain a load that arrives at once."""
    before: list[Observation] = []
    """What the ledger contains before."""
    at_once: bool = False


class Run(msgspec.Struct, frozen=True):
    """The result of a load."""

    drained: float
    """Seconds from the first arrival to the last acknowledgement."""
    p50: float
    """Seconds from an event's arrival in the queue to its acknowledgement."""
    p99: float
    conflicts: float
    """Per event."""
    throttled: float
    """Per event."""
    units: float
    """Write units per event, refused transactions included."""
    returned: int
    """Events that a function could not finish in its time."""


def loads() -> list[Load]:
    """Return what Fargate can produce: 40 launches/s sustained and 200 in a burst, of four events each; and 3,500 tasks that stop."""
    return [
        Load("160 events/s for 30 s", _lives(tasks=1200, over=30.0, apart=2.0), bar=2.0),
        Load("800 events/s for 5 s", _lives(tasks=1000, over=5.0, apart=0.5), bar=2.0),
        Load("14,000 stops at once", _storm(3500), bar=60.0, before=[_said(i, Phase.RUNNING, 4) for i in range(3500)], at_once=True),
    ]


def simulate(load: Load, buckets: int, seed: int = 1) -> Run:
    """Let ten functions drain a queue into a table with this number of buckets.

    Raises:
        AssertionError: at the end a counter is not the sum of its rows.
    """
    simulation = Simulation()
    table, clock = SimulatedTable(buckets, simulation, seed), SimulatedClock(simulation)
    table.preload(load.before)
    queue = _Queue(load.arrivals)
    latencies: list[float] = []

    def write(jitter: random.Random) -> None:
        while queue.has_more:
            batch = queue.receive(simulation.now)
            if not batch:
                simulation.sleep(queue.quiet_for(simulation.now))
                continue
            deadline = partial(_is_over, simulation, simulation.now + DEADLINE_SECONDS)
            simulation.sleep(EVENT_SECONDS * len(batch))
            done = record([seen for _, seen in batch], table, clock, stop=deadline, jitter=jitter)
            for arrival, outcome in zip(batch, done.outcomes, strict=True):
                if outcome is None:
                    queue.put_back(arrival, simulation.now)
                else:
                    latencies.append(simulation.now - arrival[0])

    simulation.run([partial(write, random.Random(f"{seed}/{number}")) for number in range(WRITERS)])
    findings = list(verify(table, [CLUSTER], clock))
    assert {finding.verdict for finding in findings} == {VerifyResult.EQUAL}, findings
    assert len(latencies) == len(load.arrivals)
    events = len(load.arrivals)
    return Run(
        drained=simulation.now,
        p50=percentile(latencies, 50),
        p99=percentile(latencies, 99),
        conflicts=table.conflicts / events,
        throttled=table.throttled / events,
        units=table.units / events,
        returned=queue.returned,
    )


def measure(progress: Progress) -> list[Line]:
    """Return a line per load and number of buckets; the baseline is a single bucket."""
    lines = []
    for load in loads():
        runs: dict[int, list[Run]] = {}
        for buckets in BUCKETS:
            progress(f"{load.name}, {buckets} {'buckets' if buckets > 1 else 'bucket'}")
            runs[buckets] = [simulate(load, buckets, seed) for seed in SEEDS]
        single = _figure(load, runs[1])
        lines += [_line(load, buckets, found, single) for buckets, found in runs.items()]
    return lines


def _figure(load: Load, runs: Sequence[Run]) -> Figure:
    return Figure.of([run.drained if load.at_once else run.p99 for run in runs], "s")


def _line(load: Load, buckets: int, runs: Sequence[Run], single: Figure) -> Line:
    run = runs[0]
    more = "" if load.at_once else f"drained in {short(run.drained)} s, p50 {short(run.p50)} s, "
    lost = f", {run.returned} returned to the queue" if run.returned else ""
    return Line(
        what=f"{load.name}, {buckets} {'buckets' if buckets > 1 else 'bucket'}: {'drained' if load.at_once else 'p99'}",
        figure=_figure(load, runs),
        baseline=single if buckets > 1 else None,
        baseline_is="1 bucket",
        bar=Bar(load.bar) if buckets == DEPLOYED_BUCKETS else None,
        note=f"{more}{short(run.conflicts)} conflicts, {short(run.throttled)} throttles and {short(run.units)} write units per event{lost}",
    )


def _is_over(simulation: Simulation, until: float) -> bool:
    return simulation.now > until


class _Queue:
    """The task queue: delivers arrived messages in batches, and returned ones again after the visibility timeout."""

    def __init__(self, arrivals: Iterable[Arrival]) -> None:
        self._to_come = deque(sorted(arrivals, key=lambda arrival: arrival[0]))
        self._hidden: deque[tuple[float, Arrival]] = deque()
        self.returned = 0

    @property
    def has_more(self) -> bool:
        """Whether a message remains to be received."""
        return bool(self._to_come or self._hidden)

    def receive(self, now: float) -> list[Arrival]:
        """Receive the arrived messages, one batch at most."""
        while self._hidden and self._hidden[0][0] <= now:
            self._to_come.appendleft(self._hidden.popleft()[1])
        batch: list[Arrival] = []
        while len(batch) < BATCH and self._to_come and self._to_come[0][0] <= now:
            batch.append(self._to_come.popleft())
        return batch

    def put_back(self, arrival: Arrival, now: float) -> None:
        """Deliver it again later."""
        self.returned += 1
        self._hidden.append((now + VISIBILITY_SECONDS, arrival))

    def quiet_for(self, now: float) -> float:
        """Seconds until a message can be received."""
        moments = [self._to_come[0][0]] if self._to_come else []
        moments += [self._hidden[0][0]] if self._hidden else []
        return max(min(moments, default=now) - now, POLL_SECONDS)


def _said(task: int, phase: Phase, version: int) -> Observation:
    return Observation(
        cluster=CLUSTER,
        workload_id=f"{task:032x}",
        version=version,
        source=SourceRank.EVENT,
        phase=phase,
        observed_at=round(START * 1000),
        facts=Facts(cpu=256, memory=512, capacity=Capacity.ON_DEMAND),
    )


def _lives(*, tasks: int, over: float, apart: float) -> list[Arrival]:
    dice = random.Random(1)
    arrivals = []
    for task in range(tasks):
        at = dice.uniform(0, over)
        for position, phase in enumerate(STARTS):
            arrivals.append((at, _said(task, phase, position + 1)))
            at += dice.uniform(apart / 2, apart * 3 / 2)
    return arrivals


def _storm(tasks: int) -> list[Arrival]:
    stops = [(0.0, _said(task, phase, position + 5)) for task in range(tasks) for position, phase in enumerate(STOPS)]
    random.Random(1).shuffle(stops)
    return stops
