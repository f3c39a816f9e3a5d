"""How many calls a run of the reconciler makes, and how fast: the complete run, including its calls for services.

In memory: an ECS with a memory, and a clock that only waits advance, so that 40 s at the rate limit take no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.lines import Bar, Figure, Line
from fargatecount.adapters.ecs.services import EcsServices
from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.ledger.record import record
from fargatecount.quotas.aws_usage import UsageReading
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import CODES, Origin, Quota
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.ports import Ports
from fargatecount.reconcile.run import run
from fargatecount.reconcile.scope import Options
from fargatecount.settings.environment import DEPLOYED_BUCKETS
from fargatecount.sources.rate_limiter import CALLS_PER_SECOND, RateLimiter
from fargatecount.usage.prices import LIST_PRICES
from fargatecount.workload import Cluster, Kind, Millis, Scope
from tests.support.fake_ecs import FakeEcs
from tests.support.fakes import FakeClock

TASKS = 10_000
LARGE = 10
"""Clusters of the 10,000 tasks."""
QUIET = 100
"""Clusters of the runs that find nothing."""
SERVICES = 10
"""Services in each of the large clusters, with a hundred tasks each; each quiet cluster has a tenth of them."""
HANDFUL = 5
ABOUT_200 = 230
"""Two lists and the descriptions of 10,000 tasks are 200 calls and one more for each cluster's empty list of stopped ones."""
SURVEY = {"ListServices", "DescribeServices"}
MINUTE: Millis = 60_000
BOX: Millis = 10 * MINUTE
SCOPE = Scope("123456789012", "eu-west-1")


class Watched:
    """An ECS client whose calls are timed by the clock of the run."""

    def __init__(self, ecs: FakeEcs, clock: FakeClock) -> None:
        self._ecs = ecs
        self._clock = clock
        self.moments: list[int] = []

    def __getattr__(self, name: str) -> Any:
        """Return a call of the client."""
        call = getattr(self._ecs, name)

        def timed(**arguments: Any) -> Any:
            self.moments.append(self._clock.now())
            return call(**arguments)

        return timed


class Account:
    """An account whose ledger has all its tasks, and its reconciler."""

    def __init__(self, clusters: int, tasks: int, services: int) -> None:
        self.clock = FakeClock()
        self._ecs = FakeEcs(self.clock)
        self._ledger = MemoryLedger(DEPLOYED_BUCKETS, clock=self.clock)
        self._leases, self._quotas, self._refusals = MemoryLeases(), MemoryQuotas(), MemoryRefusals()
        known = [Cluster(SCOPE, Kind.ECS, f"cluster-{i:03}") for i in range(clusters)]
        for cluster in known:
            for i in range(services):
                self._ecs.serve(f"service-{i:02}", cluster)
        for i in range(tasks):
            group = f"service:service-{i // clusters % services:02}"
            record([self._ecs.run(f"{i:032x}", known[i % clusters], group=group)], self._ledger, self.clock)
        self.clock.advance(60 * MINUTE)

    def read(self, now: Millis) -> Sequence[Quota]:
        """Answer as Service Quotas does, which has its own rate."""
        return [Quota(capacity=capacity, value=4000.0, source=Origin.APPLIED, read_at=now) for capacity in CODES]

    def readings(self, now: Millis) -> Sequence[UsageReading]:
        """Answer as AWS/Usage does without data."""
        del now
        return []

    def run(self, *, full: bool) -> tuple[ReconcileDocument, Watched]:
        """Reconcile once; return the report, and the calls as ECS saw them."""
        pace, watched = RateLimiter(self.clock), Watched(self._ecs, self.clock)
        ecs = EcsApi(watched, SCOPE, pace, self.clock)
        ports = Ports(
            scope=SCOPE,
            ledger=self._ledger,
            leases=self._leases,
            sources=[ecs],
            pace=pace,
            quota_source=self,
            quota_store=self._quotas,
            services=EcsServices(watched, ecs.ask),
            witness=self,
            refusals=self._refusals,
            reports=None,
            clock=self.clock,
            limits=Limits(),
            prices=LIST_PRICES,
        )
        report = run(ports, Options(full=full), owner="benchmark", time_box=BOX).report
        assert report.drifted == 0, report
        assert sum(report.calls.values()) == len(watched.moments), report.calls
        self.clock.advance(5 * MINUTE)
        return report, watched


def most_in_a_second(moments: Sequence[int]) -> int:
    """Return the greatest number of moments, in milliseconds, within any one second."""
    ordered = sorted(moments)
    first = most = 0
    for last, moment in enumerate(ordered):
        while ordered[first] <= moment - 1000:
            first += 1
        most = max(most, last - first + 1)
    return most


def full_pass() -> list[Line]:
    """Return the calls of a full pass over many tasks."""
    report, watched = Account(LARGE, TASKS, SERVICES).run(full=True)
    calls = report.calls
    survey = {name: number for name, number in calls.items() if name in SURVEY}
    what = f"full pass of {TASKS:,} tasks in {LARGE} clusters"
    seconds = (watched.moments[-1] - watched.moments[0]) / 1000
    return [
        Line(
            what=f"{what}: calls to ECS for clusters and tasks",
            figure=Figure.of([sum(calls.values()) - sum(survey.values())], ""),
            bar=Bar(ABOUT_200),
            note=_named({name: number for name, number in calls.items() if name not in SURVEY}),
        ),
        Line(
            what=f"{what}: further calls for the headroom of their {LARGE * SERVICES} services",
            figure=Figure.of([sum(survey.values())], ""),
            note=f"{_named(survey)}; all {len(watched.moments)} take {seconds:.0f} s at the rate limit",
        ),
        Line(
            what=f"{what}: most calls within any second",
            figure=Figure.of([most_in_a_second(watched.moments)], ""),
            baseline=Figure.of([20], ""),
            baseline_is="what ECS allows the account",
            bar=Bar(CALLS_PER_SECOND),
        ),
    ]


def quiet_runs() -> list[Line]:
    """Return the calls of scheduled runs while nothing drifts: every run, and the one in nine that reads services too."""
    account = Account(QUIET, QUIET * 10, services=1)
    account.run(full=True)
    surveying, _ = account.run(full=False)
    quiet, _ = account.run(full=False)
    assert not quiet.clusters, quiet
    assert set(surveying.calls) - set(quiet.calls) == SURVEY, surveying.calls
    what = f"scheduled run over {QUIET} clusters in which nothing drifted: calls to ECS"
    return [
        Line(
            what=what,
            figure=Figure.of([sum(quiet.calls.values())], ""),
            baseline=Figure.of([QUIET], ""),
            baseline_is="one per cluster",
            inverse=True,
            bar=Bar(HANDFUL),
            note=_named(quiet.calls),
        ),
        Line(
            what=f"{what}, once in 45 minutes, when it reads the headroom of all services too",
            figure=Figure.of([sum(surveying.calls.values())], ""),
            note=_named(surveying.calls),
        ),
    ]


def _named(calls: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(calls.items()))
