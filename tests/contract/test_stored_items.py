"""Items that released code has written are read by this code: during a deployment both run side by side, and the table outlives both."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.adapters.dynamodb.breaches import DynamoBreaches
from fargatecount.adapters.dynamodb.launches import DynamoLaunches, DynamoLaunchQuotas
from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.adapters.dynamodb.prices import DynamoPrices
from fargatecount.adapters.dynamodb.published import DynamoPublishState
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.breaches.breach import Breaches, BreachLevel, Change, ChangeKind, LimitGauge, QuotaGauge
from fargatecount.ledger.clusters import RECONCILER, WATCHER, ClusterState, Readability
from fargatecount.ledger.record import record
from fargatecount.ledger.row import MergeOutcome, Row
from fargatecount.ledger.store import Bucket, Committed, Counter, Write
from fargatecount.ledger.verify import VerifyResult, verify_bucket
from fargatecount.metrics.cadence import LastPublish
from fargatecount.mutes.mute import Mute, Mutes
from fargatecount.quotas.launch_rates import LaunchQuotaReading, LaunchRate
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.usage.price_list import Rate, RefreshedPrices, RegionPrices
from fargatecount.usage.price_refresh import KeptPrices
from fargatecount.workload import Capacity, Facts, Kind, Phase, SourceRank
from tests.contract.stored_items import COUNTED, STORED
from tests.support.builders import SCOPE, WEB, seen
from tests.support.fakes import FakeClock
from tests.support.tables import REGION

AT = 1_767_225_600_000
BUCKET = Bucket(WEB, 0)

FULL = Row(
    rev=1,
    epoch=0,
    version=1,
    source=SourceRank.EVENT,
    phase=Phase.RUNNING,
    observed_at=AT,
    written_at=AT,
    facts=Facts(
        cpu=4096,
        memory=30720,
        storage=200,
        capacity=Capacity.SPOT,
        group="service:checkout",
        profile="fp-default",
        architecture="arm64",
        os="WINDOWS_SERVER_2022_CORE",
        created_at=1_767_222_000_000,
        started_at=1_767_222_060_000,
    ),
    fact_orders={"cpu": (0, 1, 0, 2), "group": (1, 2, 1, 1)},
)
BARE = Row(rev=1, epoch=0, version=1, source=SourceRank.EVENT, phase=Phase.WAITING, observed_at=AT, written_at=AT)
GRAVE = Row(
    rev=1,
    epoch=0,
    version=4,
    source=SourceRank.EVENT,
    phase=Phase.GONE,
    observed_at=AT,
    written_at=AT,
    expires_at=1_767_484_800_000,
)
INFERRED = Row(
    rev=1,
    epoch=0,
    version=4,
    source=SourceRank.EVENT,
    phase=Phase.GONE,
    observed_at=AT,
    written_at=AT,
    expires_at=1_767_484_800_000,
    inferred=True,
)
ROWS = {"full": FULL, "bare": BARE, "grave": GRAVE, "inferred": INFERRED}

SPOT = QuotaGauge(
    capacity=Capacity.SPOT,
    level=BreachLevel.WARNING,
    threshold=80,
    unit="vCPU",
    value=3,
    used=2.5,
    percent=83.33333333333333,
)
LIMITED = LimitGauge(
    subject="ECS-web",
    level=BreachLevel.CRITICAL,
    threshold=90,
    unit="workloads",
    value=1,
    used=7,
    percent=700,
    at_least=True,
)


@pytest.fixture(params=["1", "0"], ids=["format 1", "format 0"])
def ledger(request: pytest.FixtureRequest, dynamodb: Any, table: str) -> DynamoLedger:
    """Return the ledger over the stored items, in their own format and in the one before."""
    for item in STORED:
        dynamodb.put_item(TableName=table, Item=item | {"format": {"N": request.param}})
    return DynamoLedger(table, REGION, clock=FakeClock(AT))


def test_rows_are_read(ledger: DynamoLedger) -> None:
    """Every attribute of a row comes back: `borrowed` as the orders of its facts, `expires_at` in milliseconds."""
    assert dict(ledger.rows_of(BUCKET)) == ROWS


def test_counters_are_read(ledger: DynamoLedger) -> None:
    """An attribute that is absent counts nothing."""
    assert ledger.read_counter(BUCKET) == Counter(1, COUNTED)
    assert list(ledger.read_counters([BUCKET])) == [Counter(1, COUNTED)]
    assert verify_bucket(ledger, BUCKET, FakeClock()).verdict is VerifyResult.EQUAL


def test_clusters_and_scopes_are_read(ledger: DynamoLedger) -> None:
    """With what each source knows of a cluster, and when the scope was discovered."""
    assert list(ledger.clusters(SCOPE)) == [
        ClusterState(
            cluster=WEB,
            first_seen=AT,
            epoch=1_767_225_000,
            sources={
                RECONCILER: Readability(readable=True, at=AT, listed_at=AT),
                WATCHER: Readability(
                    readable=False,
                    at=AT,
                    reason="403 Forbidden",
                    remedy="grant list on pods",
                    listed_at=AT - 1,
                    suspected_at=AT - 2,
                    deleted_at=AT - 3,
                    rebuilding=True,
                    version="0.1.0",
                ),
            },
        )
    ]
    assert (list(ledger.scopes()), dict(ledger.discoveries(SCOPE))) == ([SCOPE], {Kind.ECS: AT, Kind.EKS: AT + 1})
    assert ledger.first_pass(SCOPE) == AT


def test_the_layout_is_read(ledger: DynamoLedger) -> None:
    """With the number of buckets before a rebuild that has not ended."""
    assert (ledger.buckets, ledger.buckets_ever) == (1, 4)


def test_breaches_are_read(ledger: DynamoLedger) -> None:
    """The JSON keys `ceiling` and `untold` are the limit kind and the pending changes."""
    spot, limited = (Change(kind=ChangeKind.CROSSED, gauge=gauge, since=AT, at=AT) for gauge in (SPOT, LIMITED))
    kept = DynamoBreaches(ledger.items).breaches(SCOPE)
    assert kept == Breaches(rev=2, open={"quota/spot/warning": spot, "limit/ECS-web/critical": limited}, pending=(limited,))


def test_mutes_are_read(ledger: DynamoLedger) -> None:
    """With the changes that they hold."""
    mute = Mute(
        id="1f2e3d4c",
        since=AT,
        until=AT + 7_200_000,
        reason="load test",
        by="arn:aws:iam::123456789012:user/eve",
        alarm="warning-spot",
        rule="prod-mute-1f2e3d4c",
        held=(f"Crossed/quota/spot/warning/{AT}",),
    )
    assert DynamoMutes(ledger.items).mutes(SCOPE) == Mutes(rev=3, mutes=(mute,))


def test_launches_and_their_quotas_are_read(ledger: DynamoLedger) -> None:
    """By minute and second; an unknown rate is none."""
    assert DynamoLaunches(ledger.items).since(SCOPE, AT) == {(Capacity.ON_DEMAND, AT): 12, (Capacity.SPOT, AT + 59_000): 1}
    rates = (LaunchRate(capacity=Capacity.ON_DEMAND, burst=100, sustained=20), LaunchRate(capacity=Capacity.SPOT))
    assert DynamoLaunchQuotas(ledger.items).reading(SCOPE) == LaunchQuotaReading(rates=rates, read_at=AT, tried_at=AT, reason="")


def test_refusals_are_read(ledger: DynamoLedger) -> None:
    """The attributes `sign`, `for_want` and `marks` are the kind, the shortage and the ids."""
    (window,) = DynamoRefusals(ledger.items).since(SCOPE, AT)
    assert (window.window, window.identity, window.cluster, window.group) == (AT, "-YHpkvphH", "ECS-web", "service:shop")
    assert (window.capacity, window.kind, window.is_shortage) == (Capacity.ON_DEMAND, RefusalKind.STOPPED, True)
    assert window.ids == {"000Rl-Qy", "000_T08_"}
    assert window.reason == "You've reached the limit on the number of vCPUs you can run concurrently"


def test_leases_are_read(ledger: DynamoLedger) -> None:
    """A lease that old code holds is respected until its end."""
    leases = DynamoLeases(ledger.items)
    assert leases.acquire(SCOPE, "reconcile", "two", now=AT + 60_000, until=AT + 90_000) == "one"
    assert leases.acquire(SCOPE, "reconcile", "two", now=AT + 60_001, until=AT + 90_000) is None


def test_the_last_publish_is_read(ledger: DynamoLedger) -> None:
    """Its values too: an inexact one makes the next publish look like a change."""
    assert DynamoPublishState(ledger.items).last(SCOPE) == LastPublish(minute=29_453_760, at=AT, values={"vcpu-used": 1.25})


def test_refreshed_prices_are_read(ledger: DynamoLedger) -> None:
    """With their day, and why there are no newer ones."""
    prices = RefreshedPrices(prices=RegionPrices(Rate(0.7, 0.07)), published="2026-10-01")
    assert DynamoPrices(ledger.items).kept(SCOPE) == KeptPrices(asked_at=AT, prices=prices, reason="denied")


def test_quotas_are_read(ledger: DynamoLedger) -> None:
    """A known one, and one without a value."""
    assert list(DynamoQuotas(ledger.items).quotas(SCOPE)) == [
        Quota(capacity=Capacity.ON_DEMAND, value=4000.5, source=Origin.APPLIED, read_at=AT),
        Quota(capacity=Capacity.SPOT, value=None, source=Origin.UNKNOWN, read_at=AT, reason="denied"),
    ]


def test_a_row_with_a_small_revision_goes_on_from_it(ledger: DynamoLedger) -> None:
    """Rows that old code began at revision 1 are written by new code, and the other way round."""
    assert record([seen(Phase.STOPPING, 5, workload_id="full")], ledger, FakeClock(AT)).outcomes == (MergeOutcome.APPLIED,)
    row = dict(ledger.rows_of(BUCKET))["full"]
    assert row.rev == AT
    by_old_code = Row(rev=AT + 1, epoch=0, version=6, source=SourceRank.EVENT, phase=Phase.STOPPING, observed_at=AT, written_at=AT)
    assert ledger.commit({BUCKET: [Write("full", by_old_code, row)]}) == Committed()
    assert verify_bucket(ledger, BUCKET, FakeClock()).verdict is VerifyResult.EQUAL


def test_every_kind_of_item_is_stored() -> None:
    """A new kind of item must be pinned before it is released."""
    kinds = {item["sk"]["S"].partition("#")[0] for item in STORED}
    assert kinds == {
        *("COUNTER", "W", "BREACHES", "CLUSTER", "LAUNCHED", "LAUNCHQUOTAS", "LEASE", "MUTES", "PUBLISHED", "QUOTA", "REFUSED", "LAYOUT"),
        *("PRICES", "SCOPE"),
    }
