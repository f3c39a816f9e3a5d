"""How many buckets a cluster should have: all events of one cluster, the real `ledger.record`, a simulated DynamoDB.

No emulator has DynamoDB's conflicts and throttling, and no real account is available, so this is a simulation; `simulated_table` describes
the model. The writers are those of serverless.yml: ten invocations at most, ten events each.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec

from benchmarks.lines import Bar, Figure, Line, Progress, percentile, short
from benchmarks.loads import CLUSTER, Arrival, Load, loads
from benchmarks.per_bucket import record_per_bucket
from benchmarks.simulated_table import SimulatedTable
from benchmarks.simulation import SimulatedClock, Simulation
from fargatecount.ledger.contention import Contention
from fargatecount.ledger.record import Recorded, record
from fargatecount.ledger.verify import VerifyResult, verify
from fargatecount.settings.environment import DEPLOYED_BUCKETS

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


def simulate(load: Load, buckets: int, seed: int = 1, way: Callable[..., Recorded] = record) -> Run:
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
        contention = Contention()
        while queue.has_more:
            batch = queue.receive(simulation.now)
            if not batch:
                simulation.sleep(queue.quiet_for(simulation.now))
                continue
            deadline = partial(_is_over, simulation, simulation.now + DEADLINE_SECONDS)
            simulation.sleep(EVENT_SECONDS * len(batch))
            done = way([seen for _, seen in batch], table, clock, stop=deadline, jitter=jitter, contention=contention)
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
        progress(f"{load.name}, one transaction per bucket")
        lines.append(_beside(load, runs[DEPLOYED_BUCKETS], [simulate(load, DEPLOYED_BUCKETS, seed, record_per_bucket) for seed in SEEDS]))
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


def _beside(load: Load, ours: Sequence[Run], per_bucket: Sequence[Run]) -> Line:
    conflicts = " and ".join(short(runs[0].conflicts) for runs in (ours, per_bucket))
    units = " and ".join(short(runs[0].units) for runs in (ours, per_bucket))
    return Line(
        what=f"{load.name}, one hot cluster: {'drained' if load.at_once else 'p99'}",
        figure=_figure(load, ours),
        baseline=_figure(load, per_bucket),
        baseline_is="one transaction per bucket",
        bar=Bar(1.0, of_ratio=True),
        note=f"{conflicts} conflicts, {units} write units per event",
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
