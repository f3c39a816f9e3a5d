from __future__ import annotations

import msgspec
import pytest

from fargatecount.bounds import UNKNOWN, Bounded
from fargatecount.counts import EMPTY, Counts
from fargatecount.quotas.document import limit_documents
from fargatecount.quotas.held import HeldCounts
from fargatecount.quotas.limits import Limit, Limits, Measure, Standing, limit_standings, read_limits, standing, worst
from fargatecount.workload import Facts, Phase
from tests.support.builders import BATCH, PODS, WEB

COUNTS = Counts.of(Phase.RUNNING, Facts(cpu=1024, memory=2048))
ONE = HeldCounts(COUNTS)
UNSIZED = HeldCounts(Counts.of(Phase.PENDING, Facts()))


def stands(used: float, remaining: float, percent: float) -> Standing:
    return Standing(Bounded.exact(used), Bounded.exact(remaining), Bounded.exact(percent))


@pytest.mark.parametrize(
    ("ceiling", "used", "expected"),
    [
        (6.0, 1.5, stands(1.5, 4.5, 25.0)),
        (6.0, 0.0, stands(0.0, 6.0, 0.0)),
        (4.0, 5.0, stands(5.0, -1.0, 125.0)),
        (None, 1.5, Standing(Bounded.exact(1.5), UNKNOWN, UNKNOWN)),
        (0.0, 1.5, Standing(Bounded.exact(1.5), Bounded.exact(-1.5), UNKNOWN)),
        (0.0, 0.0, Standing(Bounded.exact(0.0), Bounded.exact(0.0), UNKNOWN)),
    ],
)
def test_standing(ceiling: float | None, used: float, expected: Standing) -> None:
    """What is used of a ceiling, what remains and the percentage; an unknown ceiling has neither, a ceiling of 0 no percentage."""
    assert standing(ceiling, Bounded.exact(used)) == expected


def test_limits_are_read_from_json() -> None:
    """A JSON text gives the total limit and the limits per cluster glob."""
    assert read_limits('{"total": {"vcpu": 200.5}, "clusters": {"ECS-prod-*": {"workloads": 100}}}') == Limits(
        Limit(vcpu=200.5), {"ECS-prod-*": Limit(workloads=100)}
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("total=5", "JSON"),
        ('{"totl": {}}', "totl"),
        ('{"total": {"workloads": 0}}', "workloads"),
        ('{"total": {"vcpu": "many"}}', "vcpu"),
        ('{"clusters": {"web": {"tasks": 5}}}', "tasks"),
    ],
)
def test_bad_limits_are_refused_with_their_place(text: str, named: str) -> None:
    """A text that gives no limits is refused, and the error says where."""
    with pytest.raises(ValueError, match=named):
        read_limits(text)


def test_no_limits_stand_nowhere() -> None:
    """Without limits there is nothing to report."""
    assert limit_standings(Limits(), {WEB: ONE}) == []


def test_the_total_counts_every_cluster() -> None:
    """The total limit is held against the sum over all clusters."""
    found = limit_standings(Limits(Limit(workloads=4, vcpu=8)), {WEB: ONE, BATCH: ONE + ONE})
    assert [(each.cluster, each.measure, each.standing) for each in found] == [
        (None, Measure.WORKLOADS, stands(3, 1, 75.0)),
        (None, Measure.VCPU, stands(3.0, 5.0, 37.5)),
    ]


@pytest.mark.parametrize(
    ("glob", "matching"),
    [
        ("web", {WEB}),
        ("ECS-*", {WEB, BATCH}),
        ("EKS-pods", {PODS}),
        ("*", {WEB, BATCH, PODS}),
        ("WEB", set()),
    ],
)
def test_a_glob_matches_name_or_key(glob: str, matching: set[object]) -> None:
    """A limit per cluster holds for each cluster whose name or key matches, in its exact spelling."""
    found = limit_standings(Limits(clusters={glob: Limit(workloads=2)}), {WEB: ONE, BATCH: ONE, PODS: ONE})
    assert {each.cluster for each in found} == matching
    assert all(each.standing.percent.value == 50 for each in found)


def test_waiting_pods_use_no_limit() -> None:
    """Only what is held uses a limit."""
    waiting = HeldCounts(Counts.of(Phase.WAITING, Facts(cpu=1024, memory=2048)))
    assert limit_standings(Limits(Limit(workloads=2)), {PODS: ONE + waiting})[0].standing.used == Bounded.exact(1)


def test_unsized_workloads_make_used_vcpu_a_lower_bound() -> None:
    """With a workload of unknown size the vCPU used are at least so many, while the number of workloads is exact."""
    found = limit_standings(Limits(Limit(workloads=4, vcpu=4)), {WEB: ONE + UNSIZED})
    assert [(each.measure, each.standing.used.value, each.standing.used.is_at_least) for each in found] == [
        (Measure.WORKLOADS, 2, False),
        (Measure.VCPU, 1.0, True),
    ]


@pytest.mark.parametrize(
    ("held", "complete", "sign"),
    [
        (ONE, True, ""),
        (ONE, False, "≥"),
        (HeldCounts(COUNTS, COUNTS), True, "≥"),
        (HeldCounts(COUNTS, EMPTY), True, "~"),
        (HeldCounts(COUNTS, EMPTY), False, "~"),
    ],
    ids=["complete", "clusters missing", "never listed", "old counts", "old counts and clusters missing"],
)
def test_the_total_of_incomplete_counts_is_marked(held: HeldCounts, complete: bool, sign: str) -> None:
    """Missing clusters make the total limit's use a lower bound, and old counts make it an estimate."""
    found = limit_standings(Limits(Limit(workloads=4, vcpu=4)), {WEB: held}, complete=complete)
    assert [each.standing.percent.sign for each in found] == [sign, sign]
    assert [each.standing.percent.value for each in found] == [25.0, 25.0]


def test_the_worst_limit_of_a_cluster() -> None:
    """A cluster that several limits hold for is as near as its nearest."""
    found = limit_standings(
        Limits(Limit(workloads=100), {"web": Limit(workloads=4, vcpu=2), "*": Limit(workloads=10)}), {WEB: ONE, BATCH: ONE}
    )
    assert (worst(found, WEB), worst(found, BATCH), worst(found), worst(found, PODS)) == (50.0, 10.0, 2.0, None)


def test_limits_in_json() -> None:
    """A limit says whose it is, what it counts and how it stands."""
    assert msgspec.to_builtins(limit_documents(limit_standings(Limits(clusters={"w*": Limit(vcpu=4)}), {WEB: ONE}))) == [
        {
            "cluster": "ECS-web",
            "pattern": "w*",
            "measure": "vcpu",
            "value": 4,
            "used": 1.0,
            "used_at_least": False,
            "exact": True,
            "remaining": 3.0,
            "percent": 25.0,
        }
    ]
