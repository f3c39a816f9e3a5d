"""What a month costs, recomputed by hand."""

from __future__ import annotations

import pytest

from fargatecount.metrics.bill import METRIC_TIERS, MINUTES, monthly
from fargatecount.metrics.catalog import METRICS
from fargatecount.metrics.series import Detail


def test_the_series_of_each_level() -> None:
    """Totals are the same for any number of clusters; a cluster adds two, a service two more."""
    total = monthly(Detail.TOTAL, 500).series
    assert total == monthly(Detail.TOTAL, 5).series
    assert monthly(Detail.CLUSTER, 50).series == total + 100
    assert monthly(Detail.SERVICE, 50, services=20).series == total + 140


def test_totals_by_hand() -> None:
    """Nine metrics without a dimension but the limit's and the hub's, six per capacity of which each has two."""
    plain = [metric for metric in METRICS if not metric.dimensions and metric.suffix not in {"limit-utilization", "usage-undelivered"}]
    per_capacity = [metric for metric in METRICS if metric.dimensions == ("capacity",)]
    bill = monthly(Detail.TOTAL, 1)
    assert bill.series == len(plain) + 2 * len(per_capacity)
    assert bill.metrics == pytest.approx(0.30 * bill.series)


def test_a_quiet_month_has_a_call_a_minute() -> None:
    """43,800 calls, 0.01 USD per thousand."""
    assert monthly(Detail.CLUSTER, 5).calls == pytest.approx(0.438)


def test_a_thousand_series_more_are_a_call_more() -> None:
    """CloudWatch takes a thousand metrics in a call."""
    assert monthly(Detail.CLUSTER, 500).calls == pytest.approx(2 * MINUTES / 1000 * 0.01)


def test_the_busiest_month_has_twelve_calls_more_a_minute() -> None:
    """One every five seconds, whatever happens."""
    bill = monthly(Detail.TOTAL, 5)
    assert bill.busiest == pytest.approx(13 * MINUTES / 1000 * 0.01)
    assert bill.most - bill.total == pytest.approx(12 * MINUTES / 1000 * 0.01)


def test_series_beyond_ten_thousand_are_cheaper() -> None:
    """Each tier has its price, and only what is in it."""
    bill = monthly(Detail.CLUSTER, 10_000)
    assert bill.metrics == pytest.approx(10_000 * METRIC_TIERS[0][1] + (bill.series - 10_000) * METRIC_TIERS[1][1])


def test_a_limit_costs_its_series_and_its_alarm() -> None:
    """0.30 and 0.10 each; two more alarms if there are any."""
    plain, limited = monthly(Detail.CLUSTER, 5), monthly(Detail.CLUSTER, 5, limited_clusters=3, total_limit=True)
    assert limited.total - plain.total == pytest.approx(4 * 0.30 + 4 * 0.10)
