"""What the ledger beside AWS's numbers proves."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from fargatecount.counts import Counts
from fargatecount.ledger.clusters import RECONCILER, ClusterState, Readability
from fargatecount.quotas.aws_usage import SERIES, UsageReading
from fargatecount.quotas.quota import Origin, Quota, unknown
from fargatecount.reconcile.document import ReconcileDocument, reconcile_document
from fargatecount.reconcile.report import Report
from fargatecount.selftest.counting import (
    of_clusters,
    of_lost_events,
    of_quotas,
    of_series,
    of_states,
    of_statistics,
    of_throttling,
    of_usage,
)
from fargatecount.selftest.outcome import ClaimVerdict
from fargatecount.sources.snapshot import Statistics
from fargatecount.workload import Capacity, Facts, Phase
from tests.support.builders import NOW, SCOPE, WEB

P, R, N = ClaimVerdict.PROVEN, ClaimVerdict.REFUTED, ClaimVerdict.NOT_KNOWN


def counts(**phases: int) -> Counts:
    """Return so many workloads of 1 vCPU in each phase."""
    one = Facts(cpu=1024, memory=2048)
    return Counts.total(Counts.of(Phase(phase), one) for phase, number in phases.items() for _ in range(number))


def readings(on_demand: float | None, spot: float | None = 0) -> list[UsageReading]:
    """Return what AWS/Usage says of the vCPU of each capacity; it has no numbers of workloads."""
    return [UsageReading(series=series, value=value, at=NOW) for series, value in zip(SERIES, (on_demand, spot, None, None), strict=True)]


def report(calls: int = 0, throttles: int = 0, **causes: int) -> ReconcileDocument:
    """Return a report with these repairs by cause, and these calls."""
    empty = Report(id="r", scope=SCOPE, started_at=NOW, ended_at=NOW, full=True, dry_run=False, known=1, looked=[])
    named = {cause.replace("_", " "): number for cause, number in causes.items()}
    return msgspec.structs.replace(reconcile_document(empty), causes=named, calls={"a": calls}, throttles={"a": throttles})


@pytest.mark.parametrize(
    ("theirs", "is_quiet", "verdict"),
    [((3, 0), True, P), ((3, 0), False, P), ((2, 0), True, R), ((2, 0), False, N), ((None, None), True, N)],
)
def test_held_beside_aws(theirs: tuple[float | None, float | None], is_quiet: bool, verdict: ClaimVerdict) -> None:
    """A difference refutes only if nothing has changed for as long as AWS's number may be old."""
    assert of_usage(readings(*theirs), counts(running=2, stopping=1), is_quiet=is_quiet).verdict is verdict


@pytest.mark.parametrize(
    ("phases", "theirs", "verdict"),
    [
        ({"running": 2, "pending": 1, "stopping": 1, "completed": 1}, 5, P),
        ({"running": 2, "pending": 1, "stopping": 1, "completed": 1}, 2, R),
        ({"running": 2, "pending": 1, "stopping": 1, "completed": 1}, 99, N),
        ({"running": 2, "stopping": 1}, 3, N),
        ({"running": 2}, 2, N),
    ],
)
def test_by_which_rule_aws_counts(phases: Mapping[str, int], theirs: float, verdict: ClaimVerdict) -> None:
    """Only workloads between states distinguish the rules, and only if one rule fits."""
    assert of_states(readings(theirs), counts(**phases), is_quiet=True).verdict is verdict


def test_the_series_of_both_capacities() -> None:
    """A series without a point is not refuted: nothing may have run of its capacity."""
    assert of_series(readings(1, 0)).verdict is P
    assert of_series(readings(1, None)).verdict is N


@pytest.mark.parametrize(
    ("ours", "theirs", "is_quiet", "verdict"),
    [
        (counts(running=2, pending=1, stopping=4), Statistics(running=2, pending=1), True, P),
        (counts(running=2), Statistics(running=3), True, R),
        (counts(running=2), Statistics(running=3), False, N),
        (counts(), Statistics(), True, N),
        (counts(running=2), Statistics(deleted=True), True, N),
    ],
)
def test_statistics_of_a_cluster(ours: Counts, theirs: Statistics, is_quiet: bool, verdict: ClaimVerdict) -> None:
    """Stopping tasks are in none of the two numbers."""
    assert of_statistics({WEB: ours}, {WEB: theirs}, is_quiet=is_quiet).verdict is verdict


def test_lists_of_clusters() -> None:
    """One cluster that cannot be read refutes, and its name is not in the evidence."""
    seen = ClusterState(cluster=WEB, sources={RECONCILER: Readability(readable=True, at=NOW, listed_at=NOW)})
    never = ClusterState(cluster=WEB)
    assert of_clusters([seen], (), NOW).verdict is P
    found = of_clusters([seen, never], (), NOW)
    assert (found.verdict, found.evidence) == (R, ("1 of 2 clusters are readable; the others: not-yet-listed",))
    assert of_clusters([seen], ("clusters could not be listed",), NOW).verdict is R
    assert of_clusters([], (), NOW).verdict is N


def test_lost_events_are_few_or_many() -> None:
    """One in a thousand is few; two are always few, because a small account has few workloads."""
    assert of_lost_events([report(missed_start=1, missed_stop=1)], 10).verdict is P
    assert of_lost_events([report(missed_start=2, missed_stop=1)], 10).verdict is R
    assert of_lost_events([report(missed_stop=9)], 10_000).verdict is P
    assert of_lost_events([], 10).verdict is N


def test_throttling() -> None:
    """One call in a hundred may be throttled."""
    assert of_throttling([report(100, 1)]).verdict is P
    assert of_throttling([report(100, 2)]).verdict is R
    assert of_throttling([]).verdict is N


def test_quotas() -> None:
    """Both must have a value."""
    known = [Quota(capacity=each, value=6, source=Origin.APPLIED, read_at=NOW) for each in Capacity]
    assert of_quotas(known).verdict is P
    found = of_quotas([known[0], unknown(Capacity.SPOT, NOW, "denied")])
    assert (found.verdict, "spot: denied" in found.evidence) == (R, True)
