"""How near a scope came to its ceilings."""

from __future__ import annotations

import pytest

from fargatecount.quotas.document import LimitDocument
from fargatecount.quotas.limits import Measure
from fargatecount.quotas.thresholds import QuotaThresholds
from fargatecount.report.peaks import LimitPeak, QuotaPeak, ceilings_of, limit_peaks, peaks, quota_peaks
from fargatecount.workload import Capacity
from tests.support.builders import MINUTE, NOW
from tests.support.pages import quota, report


def quotas_over(*used: float | None, thresholds: QuotaThresholds | None = None) -> list[QuotaPeak]:
    """Return the peaks of reports five minutes apart; None is a quota that is not known."""
    unknown = quota(0, value=None, remaining=None, percent=None)
    reports = [report(NOW + n * 5 * MINUTE, state={"quotas": [unknown if each is None else quota(each)]}) for n, each in enumerate(used)]
    return quota_peaks(peaks(map(ceilings_of, reports), thresholds or QuotaThresholds()))


def limit(percent: float, **changes: object) -> LimitDocument:
    values: dict[str, object] = {"cluster": None, "pattern": None, "measure": Measure.VCPU, "value": 10.0, "used": percent / 10}
    return LimitDocument(**{**values, "remaining": 10 - percent / 10, "percent": percent, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("used", "highest", "at", "counts"),
    [
        pytest.param((30.0, 150.0, 60.0), 100.0, "2026-01-01T00:05:01Z", (3, 1, 1), id="the highest of three"),
        pytest.param((135.0, 135.0), 90.0, "2026-01-01T00:00:01Z", (2, 2, 0), id="of equal ones the first"),
        pytest.param((None, 30.0), 20.0, "2026-01-01T00:05:01Z", (1, 0, 0), id="unknown and known"),
        pytest.param((None,), None, "2026-01-01T00:00:01Z", (0, 0, 0), id="never known"),
    ],
)
def test_the_highest_percentage_of_a_quota_is_found(
    used: tuple[float | None, ...], highest: float | None, at: str, counts: tuple[int, int, int]
) -> None:
    """With its time, and with the number of reports above each threshold; unknown is not 0."""
    (found,) = quotas_over(*used)
    assert (found.highest_percent, found.at) == (highest, at)
    assert (found.reports, found.reports_warning, found.reports_critical) == counts


def test_the_thresholds_are_those_of_the_deployment() -> None:
    """A fifth of a quota is critical where the alarms begin there."""
    (found,) = quotas_over(30.0, thresholds=QuotaThresholds(warning=10, critical=20))
    assert (found.reports_warning, found.reports_critical) == (1, 1)


def test_a_lower_bound_stays_one() -> None:
    """A percentage of an incomplete count is at least that high."""
    made = report(NOW, state={"quotas": [quota(75.0, used_at_least=True)]})
    (found,) = quota_peaks(peaks([ceilings_of(made)]))
    assert (found.highest_percent, found.highest_percent_at_least) == (50.0, True)


def test_each_ceiling_has_its_own_peak() -> None:
    """Quotas by capacity, limits by cluster, pattern and measure."""
    first = report(
        NOW,
        state={
            "quotas": [quota(15.0), quota(9.0, Capacity.SPOT)],
            "limits": [limit(40.0), limit(70.0, cluster="ECS-web", pattern="web*", measure=Measure.WORKLOADS)],
        },
    )
    second = report(NOW + MINUTE, state={"limits": [limit(60.0)]})
    found = peaks(map(ceilings_of, (first, second)))
    assert [(each.capacity, each.highest_percent) for each in quota_peaks(found)] == [("on-demand", 10.0), ("spot", 50.0)]
    assert [_named(each) for each in limit_peaks(found)] == [(None, "vcpu", 60.0, 2), ("ECS-web", "workloads", 70.0, 1)]


def _named(peak: LimitPeak) -> tuple[str | None, str, float | None, int]:
    return peak.cluster, peak.measure, peak.highest_percent, peak.reports


def test_a_report_without_quotas_has_no_ceilings() -> None:
    """A brief run reads none."""
    assert ceilings_of(report(NOW)) == []
