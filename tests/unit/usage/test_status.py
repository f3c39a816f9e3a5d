"""What is certain of the counters of a scope, by the state of its clusters."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.bounds import UNKNOWN, Bounded
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.record import record
from fargatecount.quotas.headroom import Service, headroom
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.usage.document import usage_document
from fargatecount.usage.status import scope_usage
from fargatecount.usage.usage import ScopeUsage, free_of
from fargatecount.workload import Capacity, Cluster, Facts, Kind
from tests.support.builders import BATCH, HOUR, NOW, SCOPE, WEB, seen
from tests.support.fakes import FakeClock

QUOTA = Quota(capacity=Capacity.ON_DEMAND, value=6.0, source=Origin.APPLIED, read_at=NOW)
READABLE = Readability(readable=True, at=NOW, listed_at=NOW)
DENIED = Readability(readable=False, at=NOW, reason="denied", listed_at=NOW - HOUR)
NEVER_READ = Readability(readable=False, at=NOW, reason="denied")


def usage(web: Readability | None = READABLE, *, discovered: bool = True, passed: bool = True, only: Cluster | None = None) -> ScopeUsage:
    """Return the usage of two clusters with a task of 1 vCPU each; `batch` is readable, `web` as given."""
    ledger = MemoryLedger()
    for cluster in (WEB, BATCH):
        record([seen(cluster=cluster, facts=Facts(cpu=1024, memory=2048))], ledger, FakeClock(NOW))
    ledger.note(BATCH, RECONCILER, READABLE)
    if web is not None:
        ledger.note(WEB, RECONCILER, web)
    if discovered:
        for kind in Kind:
            ledger.discovered(SCOPE, kind, NOW)
    if passed:
        ledger.passed(SCOPE, NOW)
    found = scope_usage(ledger, SCOPE, NOW, lambda cluster: only in {None, cluster})
    return msgspec.structs.replace(found, quotas=[QUOTA])


CASES = {
    "complete": (usage(), Bounded.exact(4.0)),
    "denied, with old counts": (usage(DENIED), Bounded(4.0, None, 5.0)),
    "never read": (usage(NEVER_READ), Bounded.at_most(4.0)),
    "never listed": (usage(None), Bounded.at_most(4.0)),
    "clusters not listed": (usage(discovered=False), Bounded.at_most(4.0)),
    "before the first full pass": (usage(passed=False), Bounded.at_most(4.0)),
    "denied, and only the other one asked for": (usage(DENIED, only=BATCH), Bounded(4.0, None, 5.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_free_is_exact_only_if_every_cluster_is_counted(name: str) -> None:
    """Missing clusters leave an upper bound, and old counts an estimate, whichever clusters were asked for."""
    found, free = CASES[name]
    assert free_of(found) == {Capacity.ON_DEMAND: free, Capacity.SPOT: UNKNOWN}


@pytest.mark.parametrize("name", CASES)
def test_a_deployment_fits_for_certain_only_if_every_cluster_is_counted(name: str) -> None:
    """A deployment that needs 4 vCPU fits, or that is not known; one that needs 6 fits in no case."""
    found, free = CASES[name]
    service = Service(cluster=WEB, name="shop", desired=4, running=4, cpu=1024)
    assert headroom(service, free_of(found)).fits is (True if free.is_exact else None)
    assert headroom(service, free_of(found), desired=6).fits is False


@pytest.mark.parametrize(
    ("name", "at_least", "exact"),
    [
        ("complete", False, True),
        ("denied, with old counts", False, False),
        ("never read", True, False),
        ("clusters not listed", True, False),
        ("denied, and only the other one asked for", False, False),
    ],
)
def test_quotas_in_json_are_marked(name: str, at_least: bool, exact: bool) -> None:
    """A quota row says whether its use is a lower bound, or not exact."""
    quota = usage_document([CASES[name][0]], NOW).scopes[0].quotas[0]
    assert (quota.used, quota.used_at_least, quota.exact) == (2.0, at_least, exact)


@pytest.mark.parametrize(
    ("name", "at_least", "exact"),
    [
        ("complete", False, True),
        ("denied, with old counts", False, False),
        ("never read", True, False),
        ("clusters not listed", True, False),
        ("denied, and only the other one asked for", False, True),
    ],
)
def test_totals_in_json_are_marked(name: str, at_least: bool, exact: bool) -> None:
    """The total is that of the clusters that were asked for, and is marked by their states."""
    total = usage_document([CASES[name][0]], NOW).scopes[0].total
    assert (total.at_least, total.exact) == (at_least, exact)
