"""A run of the reconciler from its lease to its kept report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from fargatecount.adapters.ecs.services import EcsServices
from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.adapters.memory.drift_log import MemoryDriftLog
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.adapters.memory.reports import MemoryReports
from fargatecount.counts import Counts
from fargatecount.errors import DeniedError
from fargatecount.ledger.leases import RECONCILE, LeaseHeldError
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket
from fargatecount.quotas.aws_usage import SERIES, UsageReading
from fargatecount.quotas.limits import Limit, Limits
from fargatecount.quotas.quota import CODES, Origin, Quota, unknown
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.ports import Ports
from fargatecount.reconcile.run import LAST_LOOK, Ran, run, run_due
from fargatecount.reconcile.scope import Options
from fargatecount.reconcile.scope_state import NOT_COUNTED
from fargatecount.refusals.log import remember
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.sources.snapshot import Snapshot, Statistics
from fargatecount.timestamps import to_iso
from fargatecount.usage.prices import LIST_PRICES
from fargatecount.workload import Capacity, Cluster, Kind, Millis, Phase
from tests.support.account import Account
from tests.support.builders import BATCH, HOUR, MINUTE, SCOPE, WEB, refusal
from tests.support.documents import present

BOX = 5 * MINUTE
EVERY = {Kind.ECS: 5 * MINUTE, Kind.EKS: 5 * MINUTE}


class NoEks:
    """EKS of an account without EKS clusters."""

    kind = Kind.EKS

    def clusters(self) -> Sequence[Cluster]:
        return []

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        assert not clusters
        return {}

    def snapshot(self, cluster: Cluster, rows: Mapping[str, Row]) -> Snapshot:
        raise AssertionError(cluster, rows)


class WithoutRows(MemoryLedger):
    """A ledger whose rows must not be read."""

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        raise AssertionError(f"the rows of {bucket} were read")


def without_rows(ledger: MemoryLedger) -> WithoutRows:
    """Return the ledger as one whose rows must not be read."""
    copied = WithoutRows(ledger.buckets)
    vars(copied).update(vars(ledger))
    return copied


class Deployed:
    """An account with everything that a run talks to; quotas and witness say what the test sets."""

    def __init__(self) -> None:
        self.account = Account()
        self.clock = self.account.clock
        self.leases = MemoryLeases()
        self.quotas = MemoryQuotas()
        self.refusals = MemoryRefusals()
        self.reports: Any = MemoryReports()
        self.quota_values: dict[Capacity, float | None] = {Capacity.ON_DEMAND: 6.0, Capacity.SPOT: 6.0}
        self.witnessed: float | None = None

    def read(self, now: Millis) -> Sequence[Quota]:
        return [
            unknown(capacity, now, "throttled")
            if (value := self.quota_values[capacity]) is None
            else Quota(capacity=capacity, value=value, source=Origin.APPLIED, read_at=now)
            for capacity in CODES
        ]

    def readings(self, now: Millis) -> Sequence[UsageReading]:
        return [UsageReading(series=series, value=self.witnessed, at=now) for series in SERIES]

    @property
    def ports(self) -> Ports:
        pace = RateLimiter(self.clock)
        ecs = EcsApi(self.account.ecs, SCOPE, pace, self.clock)
        return Ports(
            scope=SCOPE,
            ledger=self.account.ledger,
            leases=self.leases,
            sources=[ecs, NoEks()],
            pace=pace,
            quota_source=self,
            quota_store=self.quotas,
            witness=self,
            refusals=self.refusals,
            services=EcsServices(self.account.ecs, ecs.ask),
            reports=self.reports,
            clock=self.clock,
            limits=Limits(total=Limit(vcpu=1)),
            prices=LIST_PRICES,
        )

    def run(self, **options: Any) -> Ran:
        return run(self.ports, Options(**{"full": True} | options), owner="test", time_box=BOX)

    def tick(self) -> Ran | None:
        return run_due(self.ports, EVERY, owner="tick", time_box=BOX)

    def someone_runs(self) -> None:
        assert self.leases.acquire(SCOPE, RECONCILE, "somebody", now=self.clock.now(), until=self.clock.now() + MINUTE) is None

    def is_free(self) -> bool:
        return self.leases.acquire(SCOPE, RECONCILE, "next", now=self.clock.now(), until=self.clock.now()) is None


def looked_into(ran: Ran | None) -> list[str]:
    assert ran is not None
    return [cluster.cluster for cluster in ran.report.clusters]


def test_the_report_is_kept_as_it_is_returned() -> None:
    """What a run says now is what can be read later under its id."""
    here = Deployed()
    here.account.ecs.run("t1")
    ran = here.run()
    assert ran.kept
    assert here.reports.read(SCOPE, ran.report.id) == ran.report


def test_the_drift_of_the_day_is_kept_for_a_hub() -> None:
    """One run more in the hour, with its repairs; not of a dry run, and without a hub nothing is kept."""
    here, log = Deployed(), MemoryDriftLog()
    here.account.ecs.run("t1")
    here.run()
    here.account.ecs.run("t2")  # whose events are not delivered
    here.clock.advance(5 * MINUTE)
    for dry_run in (True, False, False):
        run(replace(here.ports, drift=log), Options(full=True, dry_run=dry_run), owner="test", time_box=BOX)
    (hour,) = log.drift(SCOPE).hours
    assert (hour.runs, hour.causes) == (2, {"missed start": 1})


def test_a_run_beside_another_does_nothing() -> None:
    """While another owner holds the lease, nothing is read, written or stored, and the error names the owner."""
    here = Deployed()
    here.account.ecs.run("t1")
    here.someone_runs()
    with pytest.raises(LeaseHeldError, match="somebody"):
        here.run()
    assert (here.account.living(), list(here.reports.ids(SCOPE))) == ({}, [])


def test_a_dry_run_waits_for_its_turn_too() -> None:
    """A dry run beside one that repairs would report what is being repaired."""
    here = Deployed()
    here.someone_runs()
    with pytest.raises(LeaseHeldError):
        here.run(dry_run=True)


def test_the_lease_is_given_back() -> None:
    """After a run the next one may begin at once."""
    here = Deployed()
    here.run()
    assert here.is_free()


def test_a_run_that_died_blocks_nobody_for_longer_than_its_box() -> None:
    """The lease of a process that was killed ends when its time would have been up."""
    here = Deployed()
    here.leases.acquire(SCOPE, RECONCILE, "killed", now=here.clock.now(), until=here.clock.now() + BOX)
    here.clock.advance(BOX + 1)
    assert here.run().kept


def test_a_dry_run_leaves_no_trace() -> None:
    """Neither rows nor clusters nor quotas nor a report are written."""
    here = Deployed()
    here.account.ecs.run("t1")
    ran = here.run(dry_run=True, in_flight=0)
    assert (ran.report.drifted, ran.kept) == (1, None)
    assert (here.account.ledger.clusters(SCOPE), here.account.rows(), list(here.quotas.quotas(SCOPE)), list(here.reports.ids(SCOPE))) == (
        [],
        {},
        [],
        [],
    )


def test_a_report_that_cannot_be_kept_is_returned_all_the_same() -> None:
    """The ledger is repaired, the report is in hand, and why it is not kept is said."""

    class Refuses(MemoryReports):
        def keep(self, report: ReconcileDocument) -> str:
            raise DeniedError(f"no room for {report.id}")

    here = Deployed()
    here.reports = Refuses()
    here.account.ecs.run("t1")
    ran = here.run()
    assert (here.account.living(), ran.kept) == ({"t1": Phase.RUNNING}, None)
    assert isinstance(ran.not_kept, DeniedError)


def test_quotas_are_read_kept_and_shown() -> None:
    """The report shows how much of each quota is held after the repair, and the table keeps the values."""
    here = Deployed()
    here.account.ecs.run("t1")
    on_demand = present(here.run().report.quotas)[0]
    assert (on_demand.value, on_demand.used, on_demand.source) == (6.0, 0.25, "applied")
    assert [quota.value for quota in here.quotas.quotas(SCOPE)] == [6.0, 6.0]


def test_a_quota_that_cannot_be_read_now_keeps_its_last_value() -> None:
    """The value of a moment ago stands, with the reason why it is not newer."""
    here = Deployed()
    here.run()
    here.quota_values[Capacity.SPOT] = None
    spot = present(here.run().report.quotas)[1]
    assert (spot.value, spot.reason) == (6.0, "throttled")


def test_a_quota_never_read_is_null() -> None:
    """A quota that was never read has neither value nor percent."""
    here = Deployed()
    here.quota_values[Capacity.SPOT] = None
    spot = present(here.run().report.quotas)[1]
    assert (spot.value, spot.percent, spot.reason) == (None, None, "throttled")


def test_the_witness_stands_beside_our_count() -> None:
    """AWS's own number and the ledger's are both there, with the difference."""
    here = Deployed()
    here.account.ecs.run("t1")
    here.witnessed = 2.0
    workloads = present(here.run().report.witness)[2]
    assert (workloads.ours, workloads.theirs, workloads.difference) == (1.0, 2.0, -1.0)


def test_the_users_limits_are_judged() -> None:
    """The report says how near what is held is to the user's own limits."""
    here = Deployed()
    here.account.ecs.run("t1")
    (limit,) = present(here.run().report.limits)
    assert (limit.cluster, limit.value, limit.percent) == (None, 1.0, 25.0)


def test_cost_is_broken_down_by_cluster_and_by_service() -> None:
    """The total is the sum over clusters and over services alike, and says whose prices it is made of."""
    here = Deployed()
    here.account.ecs.run("t1", WEB)
    here.account.ecs.run("t2", BATCH)
    cost = present(here.run().report.cost)
    assert cost.cost_per_hour
    for part in (cost.clusters, cost.groups):
        assert sum(entry.cost_per_hour or 0 for entry in part) == pytest.approx(cost.cost_per_hour, abs=3e-6)  # shown to 6 decimals
    assert {entry.cluster for entry in cost.clusters} == {"ECS-web", "ECS-batch"}
    assert "list price" in cost.label


def test_a_quiet_scheduled_run_reads_no_row() -> None:
    """What it reports comes from the counters, cost included; only the run of a survey, and one that reads a cluster, needs rows."""
    here = Deployed()
    here.account.ecs.run("t1", WEB)
    full = present(here.run().report.cost)
    here.clock.advance(5 * MINUTE)
    here.tick()  # the survey
    here.clock.advance(5 * MINUTE)
    here.account.ledger = without_rows(here.account.ledger)
    quiet = here.tick()
    assert quiet is not None
    cost = present(quiet.report.cost)
    assert (cost.groups, cost.groups_known, cost.clusters, cost.cost_per_hour) == ([], False, full.clusters, full.cost_per_hour)


@pytest.mark.parametrize(("seconds", "running"), [(1, 1), (6, 2)])
def test_a_report_has_counters_that_are_seconds_old_and_no_older(seconds: int, running: int) -> None:
    """A quick run reports the counters that it has compared with AWS; one that took longer than `AS_NEW` reads them again."""
    here = Deployed()
    here.account.ecs.run("t1", WEB)
    here.run()
    here.clock.advance(5 * MINUTE)
    here.tick()  # the survey
    here.clock.advance(5 * MINUTE)

    class Meanwhile(NoEks):
        """EKS, whose list comes after the counters of ECS were read, takes a while, and a task starts."""

        def clusters(self) -> Sequence[Cluster]:
            here.account.deliver(here.account.ecs.run("t2", WEB))
            here.clock.advance(seconds * 1000)
            return []

    ports = here.ports
    ran = run_due(replace(ports, sources=[ports.sources[0], Meanwhile()]), EVERY, owner="test", time_box=BOX)
    assert ran is not None
    assert not ran.report.clusters
    assert present(ran.report.usage).total.running == running


def test_a_run_recounts_the_charges_that_a_counter_does_not_know() -> None:
    """A counter of an earlier release has them after one run, and its cost is then read from the counter."""
    here = Deployed()
    here.account.ecs.run("t1", WEB)
    here.run()
    ledger = here.account.ledger
    bucket = next(Bucket(WEB, number) for number in range(ledger.buckets) if list(ledger.rows_of(Bucket(WEB, number))))
    counter = present(ledger.read_counter(bucket))
    assert ledger.price_counter(bucket, counter, Counts({}, None))
    here.run(full=False)
    assert ledger.read_counter(bucket) == counter


def test_unreadable_clusters_are_counted_over_the_whole_scope() -> None:
    """A cluster that this run was not about counts, if it cannot be read."""
    here = Deployed()
    here.account.ecs.create(WEB)
    here.account.ecs.create(BATCH)
    here.account.ecs.deny(BATCH)
    here.run()
    ran = here.run(select=lambda cluster: cluster == WEB)
    assert (looked_into(ran), present(ran.report.unreadable_clusters)) == (["ECS-web"], 1)


def test_the_first_tick_lists_everything() -> None:
    """In a fresh deployment the first tick is the first full pass."""
    here = Deployed()
    here.account.ecs.run("t1")
    assert looked_into(here.tick()) == ["ECS-web"]
    assert (here.account.living(), here.account.readable()) == ({"t1": Phase.RUNNING}, True)


def test_a_tick_with_nothing_due_asks_aws_nothing() -> None:
    """Between two looks a tick neither calls AWS nor keeps a report."""
    here = Deployed()
    here.account.ecs.run("t1")
    here.tick()
    here.account.ecs.run("t2")
    here.clock.advance(MINUTE)
    assert here.tick() is None
    assert (set(here.account.living()), len(here.reports.ids(SCOPE))) == ({"t1"}, 1)


def test_an_account_without_clusters_is_left_in_peace() -> None:
    """Where there is nothing to list, the next list waits for its period like any other look."""
    here = Deployed()
    assert here.tick() is not None
    here.clock.advance(MINUTE)
    assert here.tick() is None


def test_a_new_cluster_is_listed_by_the_next_tick() -> None:
    """A cluster that an event has named is listed within a minute, the others wait for their turn."""
    here = Deployed()
    here.account.ecs.run("t1", WEB)
    here.tick()
    here.clock.advance(MINUTE)
    here.account.deliver(here.account.ecs.run("t2", BATCH))
    assert looked_into(here.tick()) == ["ECS-batch"]
    assert here.account.readable(BATCH)


def test_every_period_the_numbers_are_compared() -> None:
    """After its period a cluster whose numbers differ from AWS's is looked into, and one whose numbers agree is not."""
    here = Deployed()
    here.account.ecs.run("t1", WEB)
    here.account.ecs.run("t2", BATCH)
    here.tick()
    here.account.ecs.run("t3", WEB)
    here.clock.advance(5 * MINUTE)
    assert looked_into(here.tick()) == ["ECS-web"]
    assert (here.account.readable(WEB), here.account.readable(BATCH)) == (True, True)


def test_a_tick_leaves_the_work_to_the_run_that_is_under_way() -> None:
    """A tick that finds the lease held does nothing, and says who holds it."""
    here = Deployed()
    here.account.ecs.run("t1")
    here.someone_runs()
    with pytest.raises(LeaseHeldError, match="somebody"):
        here.tick()


def test_what_time_does_not_allow_is_said_and_done_next() -> None:
    """Clusters that were not reached are named; the next tick begins at once, with them."""
    here = Deployed()
    names = [Cluster(SCOPE, Kind.ECS, f"c{number:03}") for number in range(60)]
    for cluster in names:
        here.account.ecs.create(cluster)
    short = run(here.ports, Options(full=True), owner="test", time_box=LAST_LOOK // 4)
    left = short.report.not_reached
    assert left
    assert not short.report.complete
    here.clock.advance(MINUTE)
    assert set(looked_into(here.tick())) >= set(left)


def test_refused_launches_of_the_last_hour_are_in_the_report() -> None:
    """A plain list for display: when, which capacity, cluster and service, why in AWS's words, and how often."""
    here = Deployed()
    now = here.clock.now()
    remember(here.refusals, [refusal(i, now - MINUTE) for i in range(3)] + [refusal(9, now - 2 * HOUR)])
    (refused,) = present(here.run().report.refused)
    assert {name: getattr(refused, name) for name in ("at", "capacity", "cluster", "group", "reason", "count")} == {
        "at": to_iso(now - MINUTE),
        "capacity": "on-demand",
        "cluster": "ECS-web",
        "group": "service:shop",
        "reason": "You've reached the limit on the number of vCPUs you can run concurrently",
        "count": 3,
    }


def test_where_nothing_was_refused_the_list_is_empty() -> None:
    """Empty is known to be none."""
    assert present(Deployed().run().report.refused) == []


def test_services_without_headroom_are_counted_and_named() -> None:
    """Of a quota of 6 vCPU a quarter is held; a service of 4 that would go to 8 does not fit, one of the ledger's size does."""
    here = Deployed()
    here.account.ecs.run("t1", group="service:large", cpu="4096", memory="8192")
    here.account.ecs.run("t2", group="service:small")
    here.account.ecs.serve("large", desiredCount=1, runningCount=1)
    here.account.ecs.serve("small", desiredCount=1, runningCount=1)
    headroom = present(here.run().report.headroom)
    assert (headroom.services, headroom.without_headroom, headroom.problems) == (2, 1, [])
    (large,) = headroom.which
    assert (large.cluster, large.service, large.lacks_vcpu) == ("ECS-web", "large", 4 - (6 - 4.25))


def test_the_schedule_surveys_services_once_in_three_quarters_of_an_hour() -> None:
    """A scheduled run saves its calls; a run that a user starts always makes them."""
    here = Deployed()
    here.account.ecs.run("t1")
    surveyed = []
    for _ in range(20):
        ran = here.tick()
        surveyed.append(ran is not None and ran.report.headroom is not None)
        here.clock.advance(5 * MINUTE)
    assert [i for i, yes in enumerate(surveyed) if yes] == [0, 9, 18]
    assert present(here.run().report.headroom).without_headroom == 0


def test_what_the_survey_asks_is_among_the_calls_of_the_report() -> None:
    """A report that left it out said 2 calls where an account was asked 3 and more."""
    here = Deployed()
    here.account.ecs.serve("shop")
    calls = here.run().report.calls
    assert (calls["ListServices"], calls["DescribeServices"]) == (1, 1)


def test_a_survey_that_failed_is_made_up_for_by_the_next_run() -> None:
    """Its number is unknown, with the reason, and no run waits three quarters of an hour for it."""
    here = Deployed()
    here.account.ecs.run("t1")
    here.account.ecs.throttle(lambda call: call == "list_services")
    ran = here.tick()
    assert ran is not None
    assert present(ran.report.headroom).without_headroom is None
    assert "throttled" in present(ran.report.headroom).problems[0]
    here.account.ecs.throttle(lambda _: False)
    here.clock.advance(5 * MINUTE)
    again = here.tick()
    assert again is not None
    assert present(again.report.headroom).without_headroom == 0


def test_a_deleted_cluster_is_not_asked_for_services() -> None:
    """AWS knows of none, and that is no problem."""
    here = Deployed()
    here.account.ecs.create(WEB)
    here.run()
    here.account.ecs.delete(WEB)
    assert present(here.run().report.headroom).problems == []


def test_a_report_says_what_every_cluster_holds() -> None:
    """Also of clusters that the run had no reason to look into: a chart is drawn from it later."""
    here = Deployed()
    here.account.ecs.run("t1")
    here.account.ecs.create(BATCH)
    here.run()
    here.clock.advance(5 * MINUTE)
    report = here.run(full=False).report
    assert report.clusters == []
    assert present(report.usage).total.running == 1
    assert [(c.cluster, c.running, c.readable) for c in present(report.usage).clusters] == [
        ("ECS-batch", 0, True),
        ("ECS-web", 1, True),
    ]


def test_an_incomplete_count_makes_bounds_of_everything_that_follows_from_it() -> None:
    """With a cluster that was never listed the quotas are used at least so far, and no service is said to fit."""
    here = Deployed()
    here.account.ecs.run("t1", group="service:small")
    here.account.ecs.serve("small", desiredCount=1, runningCount=1)
    here.account.ecs.create(BATCH)
    here.account.ecs.deny(BATCH)
    report = here.run().report
    assert [quota.used_at_least for quota in present(report.quotas)] == [True, True]
    headroom = present(report.headroom)
    assert (headroom.without_headroom, NOT_COUNTED in headroom.problems) == (None, True)


def test_a_complete_count_has_exact_numbers() -> None:
    """Every cluster was listed, so nothing is a bound."""
    here = Deployed()
    here.account.ecs.run("t1")
    report = here.run().report
    assert [quota.used_at_least for quota in present(report.quotas)] == [False, False]
    assert present(report.headroom).without_headroom == 0
