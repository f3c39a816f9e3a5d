"""The advice: which cell fits what was used, case by case, and what it frees."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.bounds import Bounded
from fargatecount.counts import Platform
from fargatecount.ledger.row import Row
from fargatecount.quotas.headroom import Service, headroom
from fargatecount.rightsize.advice import DAY, AdviceSettings, Confidence, HeldGroup, SizeVerdict, advise, cells
from fargatecount.rightsize.headroom import fits_after_reclaiming
from fargatecount.rightsize.load import GroupKey, Load, LoadPoint, LoadSummary, percentile, summarize
from fargatecount.rightsize.survey import groups_of, reclaimable, survey_sizes
from fargatecount.usage.price_list import rate_of
from fargatecount.workload import Capacity, Facts, Phase
from tests.support.builders import WEB, row

NOW = 1_790_000_000_000
SETTINGS = AdviceSettings(since=NOW - 14 * DAY, until=NOW, period=300)
KEY = GroupKey(WEB, "service:shop")


def held(cpu: int = 1024, memory: int = 4096, *, count: int = 10, **facts: Any) -> HeldGroup:
    """Return a service with on-demand tasks of a size."""
    return HeldGroup(key=KEY, tasks={Capacity.ON_DEMAND: count}, facts=Facts(cpu=cpu, memory=memory, **facts))


def summary(p95: float, most: float | None = None, *, days: float = 14, coverage: float = 1.0) -> LoadSummary:
    """Return a series."""
    points = round(days * 288 * coverage)
    return LoadSummary(p50=p95 / 2, p95=p95, max=most or p95, points=points, first_at=NOW - round(days * DAY), last_at=NOW)


def load(cpu: float, memory: float, *, cpu_max: float | None = None, days: float = 14, coverage: float = 1.0) -> Load:
    """Return what a service uses in percent."""
    return Load(summary(cpu, cpu_max, days=days, coverage=coverage), summary(memory, days=days, coverage=coverage), "AWS/ECS")


@pytest.mark.parametrize(
    ("size", "cpu", "memory", "verdict", "cell"),
    [
        # 1 vCPU, 4 GiB. 20 % CPU is 205 units, 246 with the margin; 10 % memory is 410 MiB, 492 with it.
        ((1024, 4096), 20, 10, SizeVerdict.SHRINK, (256, 512)),
        ((1024, 4096), 20, 20, SizeVerdict.SHRINK, (256, 1024)),
        ((1024, 4096), 21, 10, SizeVerdict.SHRINK, (512, 1024)),
        ((1024, 4096), 40, 62, SizeVerdict.SHRINK, (512, 3072)),
        ((1024, 4096), 40, 63, SizeVerdict.SHRINK, (512, 4096)),
        ((1024, 4096), 60, 20, SizeVerdict.SHRINK, (1024, 2048)),
        ((1024, 4096), 70, 80, SizeVerdict.KEEP, None),
        ((1024, 4096), 83, 83, SizeVerdict.KEEP, None),
        # Above what the margin wants, below what is too small.
        ((1024, 4096), 88, 50, SizeVerdict.KEEP, None),
        ((1024, 4096), 50, 89, SizeVerdict.KEEP, None),
        ((1024, 4096), 95, 50, SizeVerdict.GROW, (2048, 4096)),
        ((1024, 4096), 50, 95, SizeVerdict.GROW, (1024, 5120)),
        ((1024, 4096), 100, 100, SizeVerdict.GROW, (2048, 5120)),
        # Little CPU beside much memory: half the CPU has no cell with that much memory.
        ((2048, 16384), 5, 79, SizeVerdict.KEEP, None),
        ((2048, 16384), 5, 70, SizeVerdict.SHRINK, (2048, 14336)),
        ((256, 512), 1, 1, SizeVerdict.KEEP, None),
        ((16384, 122880), 100, 100, SizeVerdict.KEEP, None),
    ],
)
def test_the_cheapest_cell_that_fits(
    size: tuple[int, int], cpu: float, memory: float, verdict: SizeVerdict, cell: tuple[int, int] | None
) -> None:
    """Over-, well- and under-sized services get the cell that holds their use with a fifth more, and no other."""
    found = advise(held(*size), load(cpu, memory), SETTINGS)
    assert (found.verdict, found.cell) == (verdict, cell)


def test_quota_freed_is_the_difference_of_the_cells() -> None:
    """Ten tasks of 1 vCPU that need a quarter free 7.5 vCPU, and the list price of the difference for 730 hours."""
    found = advise(held(), load(20, 20), SETTINGS)
    assert found.freed_vcpu == {Capacity.ON_DEMAND: 7.5}
    rate = rate_of(Platform.LINUX_X86, WEB.scope.region, {})
    assert rate is not None
    assert found.freed_usd == pytest.approx(10 * 730 * (0.75 * rate.vcpu + 3 * rate.gib))


def test_growing_frees_less_than_nothing() -> None:
    """What a larger cell takes has a minus."""
    found = advise(held(), load(95, 50), SETTINGS)
    assert found.freed_vcpu == {Capacity.ON_DEMAND: -10.0}
    assert found.freed_usd is not None
    assert found.freed_usd < 0


@pytest.mark.parametrize(
    ("days", "verdict"), [(2, SizeVerdict.TOO_LITTLE_DATA), (6.9, SizeVerdict.TOO_LITTLE_DATA), (7, SizeVerdict.SHRINK)]
)
def test_less_than_a_week_gives_no_advice_and_says_so(days: float, verdict: SizeVerdict) -> None:
    """A service of two days has no cell and frees nothing; the remark has the days."""
    found = advise(held(), load(20, 20, days=days), SETTINGS)
    assert found.verdict is verdict
    if verdict is SizeVerdict.TOO_LITTLE_DATA:
        assert (found.cell, found.freed_vcpu, found.confidence) == (None, {}, Confidence.NONE)
        assert f"{days:.1f} days of data" in found.remark


@pytest.mark.parametrize(
    ("days", "coverage", "confidence"),
    [
        (14, 1.0, Confidence.HIGH),
        (14, 0.8, Confidence.MEDIUM),
        (7, 1.0, Confidence.MEDIUM),
        (14, 0.3, Confidence.LOW),
        (8, 0.2, Confidence.LOW),
    ],
)
def test_confidence_is_the_amount_of_data(days: float, coverage: float, confidence: Confidence) -> None:
    """Two whole weeks are high, a week or gaps are medium, few points are low."""
    assert advise(held(), load(20, 20, days=days, coverage=coverage), SETTINGS).confidence is confidence


@pytest.mark.parametrize("known", [Load(), Load(cpu=summary(20)), Load(memory=summary(20))])
def test_without_metrics_there_is_no_advice(known: Load) -> None:
    """One of the two series is not enough."""
    assert advise(held(), known, SETTINGS).verdict is SizeVerdict.NO_METRICS


def test_an_unknown_size_is_no_advice() -> None:
    """A group without a known size has no cell."""
    unknown = HeldGroup(key=KEY, tasks={Capacity.ON_DEMAND: 1}, facts=Facts())
    assert advise(unknown, load(20, 20), SETTINGS).verdict is SizeVerdict.NO_METRICS


def test_windows_keeps_to_its_cells() -> None:
    """A Windows task has at least 1 vCPU, whatever it uses."""
    found = advise(held(2048, 4096, os="Windows-Server-2022-Core"), load(5, 5), SETTINGS)
    assert found.cell == (1024, 2048)


def test_bursts_that_will_run_slower_are_named() -> None:
    """CPU is judged by its 95th percentile; a burst above the new cell is in the remark."""
    found = advise(held(), load(20, 20, cpu_max=90), SETTINGS)
    assert found.remark == "bursts to 0.90 vCPU will run slower"


@given(cpu=st.floats(0, 100), memory=st.floats(0, 100), margin=st.floats(0, 100), size=st.sampled_from(list(cells())))
def test_advice_always_fits_and_never_costs_more_to_shrink(cpu: float, memory: float, margin: float, size: tuple[int, int]) -> None:
    """Whatever is used, an advised cell holds it with the margin; shrinking frees money and growing takes some."""
    settings = AdviceSettings(since=SETTINGS.since, until=NOW, period=300, margin=margin)
    found = advise(held(*size), load(cpu, memory), settings)
    if found.cell is not None:
        factor = (1 + margin / 100) / 100
        assert found.cell[0] >= size[0] * cpu * factor - 1e-6
        assert found.cell[1] >= size[1] * memory * factor - 1e-6
        assert found.freed_usd is not None
        assert (found.freed_usd > 0) is (found.verdict is SizeVerdict.SHRINK)


def test_summaries_are_percentiles() -> None:
    """p50 of the averages, p95 and max of the maxima; one point is all three."""
    points = [LoadPoint(NOW + number, number, 2 * number) for number in range(1, 101)]
    found = summarize(points)
    assert found == LoadSummary(p50=50, p95=190, max=200, points=100, first_at=NOW + 1, last_at=NOW + 100)
    assert summarize([]) is None
    assert [percentile([7.0], percent) for percent in (0, 50, 95, 100)] == [7.0] * 4


def task(group: str | None = "service:shop", cpu: int = 1024, **facts: Any) -> tuple[Any, Row]:
    """Return a held task."""
    return WEB, row(Phase.RUNNING, facts=Facts(cpu=cpu, memory=4096, group=group, capacity=Capacity.ON_DEMAND, **facts))


def test_groups_have_the_size_of_most_tasks() -> None:
    """Tasks of another size, as during a deployment, are counted beside; tasks without a group have no advice."""
    found = groups_of([task(), task(), task(cpu=2048), task(group=None), task(group="family:batch")])
    assert [(group.key.group, group.count, group.other_sizes, group.cell) for group in found] == [
        ("family:batch", 1, 0, (1024, 4096)),
        ("service:shop", 2, 1, (1024, 4096)),
    ]


class Fixed:
    """Loads that do not change."""

    def read(self, keys: Any, since: int, until: int) -> dict[GroupKey, Load]:
        del since, until
        return {key: load(20, 20) if key.group == "service:shop" else load(95, 50) for key in keys if key.group != "service:dark"}


def test_what_is_reclaimable_is_what_shrinking_frees() -> None:
    """Groups that should grow, or of which nothing is known, take nothing off; what frees most is first."""
    groups = groups_of([task(), task(), task(group="service:busy"), task(group="service:dark")])
    found = survey_sizes(groups, Fixed(), SETTINGS)
    assert [each.held.key.group for each in found] == ["service:shop", "service:dark", "service:busy"]
    total = reclaimable(found)
    assert (total.groups, total.vcpu) == (1, {Capacity.ON_DEMAND: 1.5})
    assert total.usd == pytest.approx(found[0].freed_usd or 0)


@pytest.mark.parametrize(
    ("free", "name", "expected"),
    [
        (2.0, "large", True),  # it needs 3, and the shop frees 1.5
        (1.4, "large", False),
        (3.0, "large", None),  # it fits as it is
        (2.0, "shop", False),  # what it frees itself is freed by this deployment only
    ],
)
def test_a_deployment_may_fit_after_others_shrink(free: float, name: str, expected: bool | None) -> None:
    """What other services would free counts; what the service itself would free does not."""
    advice = survey_sizes(groups_of([task(), task()]), Fixed(), SETTINGS)
    service = Service(cluster=WEB, name=name, desired=3, running=3, cpu=1024)
    found = headroom(service, {Capacity.ON_DEMAND: Bounded.exact(free)})
    assert fits_after_reclaiming(found, advice) is expected
