"""One schedule: an account that lives for some hours under every trouble at once, then rests, and must be exact."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from prometheus_client import CollectorRegistry

from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.errors import FargatecountError
from fargatecount.ledger.contention import Contention
from fargatecount.ledger.leases import REBUILD, RECONCILE, LeaseHeldError, lease
from fargatecount.ledger.record import record
from fargatecount.ledger.row import TOO_OLD
from fargatecount.ledger.verify import VerifyResult, verify
from fargatecount.reconcile.rebuild import rebuild
from fargatecount.reconcile.scope import Options, reconcile
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.sources.source import Source
from fargatecount.workload import Cluster, Kind, Millis, Observation, Phase, WorkloadKey
from tests.simulation import ecs as ecs_life
from tests.simulation import pods as pod_life
from tests.simulation.ecs import SimulatedEcs
from tests.simulation.inspector import Inspector, ViolationError
from tests.simulation.mutants import MUTANTS, SHORT_LIFE, VersionLocked, forget_the_dead
from tests.simulation.pods import SimulatedEks, SimulatedPods, SimulatedStream
from tests.simulation.publishing import PUBLISH_MUTANTS, Publishing
from tests.simulation.scheduler import ActorClock, Killed, Scheduler
from tests.simulation.table import ProcessLedger, SharedTable
from tests.support.builders import BATCH, HOUR, MINUTE, NOW, PODS, SCOPE, WEB
from watcher.health import Health
from watcher.loop import Loop

DAY = 24 * HOUR
ECS_CLUSTERS = (WEB, WEB, BATCH, *(Cluster(SCOPE, Kind.ECS, f"new-{number}") for number in range(4)))
"""All but the first are made with their first task: clusters appear while everything else goes on."""
SKEWS: tuple[Millis, ...] = (0, 0, 0, 2_000, -2_000, 10 * MINUTE, -10 * MINUTE)
"""How wrong the clock of a process may be."""
DELAYS: tuple[tuple[float, Millis], ...] = ((0.75, 2_000), (0.15, MINUTE), (0.05, HOUR), (0.03, 26 * HOUR), (0.02, 15 * DAY))
"""How late an event arrives: EventBridge retries for a day, dead letters and archives are replayed two weeks later."""
VISIBILITY: Millis = 3 * MINUTE
"""After which a message that a dead process held is delivered again."""
LEASE: Millis = 4 * MINUTE
PUBLISHED = 0.4
"""The part of the schedules in which publishers run."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one schedule came to."""

    seed: int
    steps: int
    observations: int
    inspections: int
    violation: str = ""


class Schedule:
    """One account, from its seed."""

    def __init__(self, seed: int, *, features: frozenset[str], mutant: str = "") -> None:
        self.seed = seed
        self._mutant = mutant
        self._features = features
        self._chance = random.Random(seed)
        self._scheduler = Scheduler(self._chance, NOW)
        self._table = SharedTable(self._scheduler, self._chance.choice([1, 2, 4]))
        self.inspector = Inspector(self._table)
        self._ecs = SimulatedEcs(self._scheduler)
        self._pods = [SimulatedPods(PODS, self._scheduler)]
        self._leases = MemoryLeases()
        self._queue: list[tuple[Millis, int, Observation]] = []
        self._sequence = 0
        self._ended = False
        self._delivers = True
        self.recorded = 0
        self._serial = 0
        # In a part of the schedules, because a publisher that looks every minute takes as long as everything else together.
        published = mutant in PUBLISH_MUTANTS or ("publish" in features and self._chance.random() < PUBLISHED)
        self._publishing = Publishing(self._scheduler, self._table, mutant=mutant) if published else None

    def _step(self) -> None:
        """Look at everything after a step of anybody."""
        self.inspector.step()
        if self._publishing is not None:
            self._publishing.step()

    # The account.

    def _living(self) -> dict[tuple[Cluster, str], Phase]:
        found = self._ecs.living()
        for api in self._pods:
            found |= api.living()
        return found

    def _send(self, seen: Observation) -> None:
        """Let an event travel: it may be lost, doubled, and late."""
        if self._chance.random() < 0.05:
            return
        for _ in range(self._chance.choice([1, 1, 1, 2])):
            (delay,) = self._chance.choices([longest for _, longest in DELAYS], [share for share, _ in DELAYS])
            self._sequence += 1
            heapq.heappush(self._queue, (self._scheduler.now + round(delay * self._chance.random()), self._sequence, seen))

    def _task(self, number: int) -> None:
        cluster = self._chance.choice(ECS_CLUSTERS)
        ecs_life.live(self._ecs, self._scheduler, f"t{number}", cluster, self._send)

    # Our processes.

    def _process(self) -> ProcessLedger:
        return VersionLocked(self._table) if self._mutant == MUTANTS[0] else ProcessLedger(self._table)

    def _writer(self) -> None:
        """Poll the queue as Lambda does; what is not finished comes again."""
        clock = ActorClock(self._scheduler)
        contention = Contention()
        while not self._ended:
            batch: list[Observation] = []
            while self._delivers and self._queue and self._queue[0][0] <= self._scheduler.now and len(batch) < 10:
                batch.append(heapq.heappop(self._queue)[2])
            if not batch:
                ahead = self._queue[0][0] - self._scheduler.now if self._queue and self._delivers else MINUTE
                self._scheduler.sleep(max(1, min(ahead, 10 * MINUTE)))
                continue
            left: Sequence[Observation] = batch
            try:
                done = record(batch, self._process(), clock, contention=contention)
                left = [batch[i] for i in done.unfinished]
                self.recorded += len(batch) - len(left)
            except FargatecountError:
                pass
            except Killed:
                self._scheduler.sleep(1_000)  # another process takes its place
            for seen in left:
                self._sequence += 1
                heapq.heappush(self._queue, (self._scheduler.now + VISIBILITY, self._sequence, seen))

    def _again_and_again(self, act: Callable[[], None], every: Millis) -> None:
        """Run something by a schedule; a run that is killed is followed by the next."""
        while not self._ended:
            try:
                act()
            except (FargatecountError, LeaseHeldError):
                pass
            except Killed:
                self._scheduler.sleep(1_000)
            self._scheduler.sleep(round(every * self._chance.uniform(0.9, 1.1)))

    def _sources(self) -> tuple[list[Source], RateLimiter]:
        clock = ActorClock(self._scheduler)
        pace = RateLimiter(clock, rate=1_000)
        return [EcsApi(self._ecs, SCOPE, pace, clock), SimulatedEks(self._pods)], pace

    def _reconcile(self, *, full: bool) -> None:
        clock, ledger = ActorClock(self._scheduler), self._process()
        sources, pace = self._sources()
        self._serial += 1
        with lease(self._leases, SCOPE, RECONCILE, f"run {self._serial}", clock, length=LEASE):
            report = reconcile(SCOPE, ledger, sources, clock, pace=pace, options=Options(full=full))
        self.recorded += sum(len(cluster.repairs) for cluster in report.looked)

    def _scheduled(self) -> None:
        self._reconcile(full=self._chance.random() < 0.3)

    def _scheduled_rebuild(self) -> None:
        if not self._scheduler.calm:  # what is compared at rest must not be in the middle of one
            self._rebuild()

    def _rebuild(self) -> None:
        clock, ledger = ActorClock(self._scheduler), self._process()
        sources, _ = self._sources()
        buckets = self._chance.choice([None, 1, 2, 3, 4, 8]) if "buckets" in self._features else None
        self._serial += 1
        owner = f"rebuild {self._serial}"
        with (
            lease(self._leases, SCOPE, RECONCILE, owner, clock, length=HOUR),
            lease(self._leases, SCOPE, REBUILD, owner, clock, length=HOUR),
        ):
            rebuild(SCOPE, ledger, sources, clock, buckets=buckets)

    def _verify(self) -> None:
        for finding in verify(self._process(), sorted({*ECS_CLUSTERS, PODS}), ActorClock(self._scheduler), tries=2):
            if finding.verdict is VerifyResult.DIFFERENT and not self._rebuilding():
                raise ViolationError(f"verify says different: {finding}")

    def _rebuilding(self) -> bool:
        states = self._table.truth.clusters(SCOPE)
        return any(view.rebuilding for state in states for view in state.sources.values())

    def _watch(self, api: SimulatedPods) -> None:
        """Run the watcher's own loop; a process that dies is followed by another one."""
        while not self._ended:
            clock = ActorClock(self._scheduler)
            loop = Loop(
                api.cluster,
                api.epoch,
                stream=SimulatedStream(api, self._chance),
                table=self._process(),
                refusals=MemoryRefusals(),
                clock=clock,
                health=Health(clock, CollectorRegistry()),
                stop=lambda: self._ended,
                jitter=random.Random(self.seed),
            )
            try:
                loop.run()
            except Killed:
                self._scheduler.sleep(5_000)

    def _reap(self) -> None:
        early = self._chance.choice([0, 0, 15 * MINUTE])
        self._table.expire(early=SHORT_LIFE if self._mutant == MUTANTS[1] else early)
        if self._mutant == MUTANTS[2]:
            forget_the_dead(self._table)

    # The play.

    def run(self) -> Outcome:
        """Live, rest, and compare; raises nothing: a violation is in the outcome."""
        violation = ""
        try:
            self._live()
            self._rest()
            self._arrive_late()
        except ViolationError as error:
            violation = str(error)
        except Exception as error:  # noqa: BLE001 - whatever escapes from the core is a fault of its own
            violation = f"{type(error).__name__}: {error}"
        return Outcome(
            seed=self.seed,
            steps=self._scheduler.steps,
            observations=self.recorded,
            inspections=self.inspector.inspections,
            violation=violation,
        )

    def _skew(self) -> Millis:
        return self._chance.choice(SKEWS)

    def _live(self) -> None:
        chance, spawn = self._chance, self._scheduler.spawn
        self._ecs.create(WEB)
        for number in range(chance.randint(10, 28)):
            spawn(f"task {number}", partial(self._task, number), after=chance.randint(0, 3 * HOUR))
        api = self._pods[0]
        for number in range(chance.randint(2, 10)):
            spawn(f"pod {number}", partial(pod_life.live, api, f"p{number}", chance), after=chance.randint(0, 3 * HOUR))
        for number in range(chance.randint(1, 3)):
            spawn(f"writer {number}", self._writer, skew=self._skew())
        for number in range(2):
            spawn(
                f"reconciler {number}",
                partial(self._again_and_again, self._scheduled, 5 * MINUTE),
                after=number * MINUTE,
                skew=self._skew(),
            )
        spawn("verifier", lambda: self._again_and_again(self._verify, 20 * MINUTE), after=10 * MINUTE)
        if chance.random() < 0.7:
            spawn("watcher", lambda: self._watch(api), skew=self._skew())
        spawn("time to live", lambda: self._again_and_again(self._reap, 6 * HOUR), after=HOUR)
        if chance.random() < 0.4 and "rebuild" in self._features:
            spawn(
                "rebuild",
                lambda: self._again_and_again(self._scheduled_rebuild, 2 * HOUR),
                after=chance.randint(0, 3 * HOUR),
                skew=self._skew(),
            )
        if self._publishing is not None:
            spawn("minutes", partial(self._publishing.tick, lambda: self._ended))
        self._break(api)
        self._scheduler.run(NOW + chance.randint(4, 7) * HOUR, self._step)

    def _break(self, api: SimulatedPods) -> None:
        """Let go wrong what goes wrong in a whole account at once."""
        chance, spawn = self._chance, self._scheduler.spawn
        if chance.random() < 0.3 and "hide" in self._features:
            spawn("half missing", self._hide, after=chance.randint(0, 3 * HOUR))
        if chance.random() < 0.2 and "etcd" in self._features:
            spawn("etcd backup", api.keep, after=chance.randint(0, 2 * HOUR))
            spawn("etcd restored", lambda: self._restore_etcd(api), after=chance.randint(2 * HOUR, 4 * HOUR))
        if chance.random() < 0.2 and "restore" in self._features:
            spawn("restored an hour back", self._restore, after=chance.randint(HOUR, 4 * HOUR))
        if "outage" in self._features and chance.random() < 0.2:
            spawn("outage", self._go_silent, after=chance.randint(0, 3 * HOUR))

    def _hide(self) -> None:
        """Let DescribeTasks know nothing of half of the tasks for a while."""
        ids = sorted(self._ecs.truth())
        self._ecs.hide(*ids[: len(ids) // 2])
        self._scheduler.sleep(self._chance.choice([10_000, 90_000, 40 * MINUTE]))
        self._ecs.show()

    def _go_silent(self) -> None:
        """Let ECS answer nothing for a while."""
        self._ecs.silent = True
        if self._publishing is not None:
            self._publishing.auditor.silence(self._scheduler.now)
        self._scheduler.sleep(self._chance.choice([5 * MINUTE, HOUR, 2 * HOUR]))
        self._end_silence()

    def _end_silence(self) -> None:
        self._ecs.silent = False
        if self._publishing is not None:
            self._publishing.auditor.silence(None)

    def _restore_etcd(self, api: SimulatedPods) -> None:
        """Put a cluster's own store back to its backup: its pods live again, and its versions start again from there."""
        api.restore()
        self.inspector.forget_ends(api.cluster)

    def _restore(self) -> None:
        """Restore the table to what it was an hour ago, and rebuild it, as the runbook says."""
        before = self._table.snapshot()
        self._scheduler.sleep(HOUR)
        self._table.restore(before)
        if self._publishing is not None:
            self._publishing.auditor.went_back()
        self._again_until_done(self._rebuild)

    def _again_until_done(self, act: Callable[[], None]) -> None:
        for _ in range(50):
            try:
                act()
            except (FargatecountError, LeaseHeldError):
                self._scheduler.sleep(MINUTE)
            except Killed:
                self._scheduler.sleep(1_000)
            else:
                return

    def _rest(self) -> None:
        """Let what is due arrive, and the schedule run on, until nothing moves; then everything must be exact."""
        scheduler = self._scheduler
        scheduler.calm = True
        self._ecs.show()
        self._end_silence()
        scheduler.run(scheduler.now + 2 * HOUR, self._step)
        if self._rebuilding():
            scheduler.spawn("the last rebuild", lambda: self._again_until_done(self._rebuild))
            scheduler.run(scheduler.now + 2 * HOUR, self._step)
        # A late event about a workload whose tombstone went with a restore makes a row, until the next full pass.
        self._delivers = False
        for _ in range(3):
            scheduler.spawn("a full pass", lambda: self._again_until_done(lambda: self._reconcile(full=True)))
            scheduler.run(scheduler.now + 20 * MINUTE, self._step)
        self.inspector.at_rest(self._living(), now=scheduler.now)
        if self._publishing is not None:
            self._publishing.at_rest()

    def _arrive_late(self) -> None:
        """Deliver what is still on its way, up to two weeks late: it revives nothing, and a full pass leaves the truth."""
        self._ended = True
        scheduler, left = self._scheduler, sorted(self._queue)
        self._queue.clear()
        scheduler.run(scheduler.now + HOUR, self._step)
        for at, _, seen in left:
            scheduler.now = max(scheduler.now, at)
            self._reap()
            there = self._table.rows().get(WorkloadKey(seen.cluster, seen.workload_id), [])
            ended = any(row.phase is Phase.GONE for row in there)
            record([seen], self._process(), ActorClock(scheduler))
            self.recorded += 1
            self.inspector.step()
            # Of a workload of which nothing else ever arrived, an event that is not too old makes a row; the next full pass removes it.
            if ended or (not there and scheduler.now - seen.observed_at > TOO_OLD):
                self.inspector.no_revival(self._living(), WorkloadKey(seen.cluster, seen.workload_id))
        for _ in range(2):
            scheduler.now += 20 * MINUTE
            self._again_until_done(lambda: self._reconcile(full=True))
        self.inspector.at_rest(self._living(), now=scheduler.now)
