"""docs/metrics.md, generated from the catalog of metrics and the bill: `python -m tools.metrics_page` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fargatecount.ingest.batch import REPORTED
from fargatecount.metrics.bill import METRIC_TIERS, monthly
from fargatecount.metrics.cadence import ABOVE_WARNING, AFTER_CHANGE
from fargatecount.metrics.catalog import METRICS
from fargatecount.metrics.series import Detail

PAGE = Path(__file__).resolve().parents[1] / "docs" / "metrics.md"
SIZES = (5, 50, 500)

HEAD = """# Metrics

The metrics in CloudWatch, and their cost. Nothing is put until you deploy with `armed=true`; before that the function `publish` only logs
the metrics. This page is generated from the code (`python -m tools.metrics_page`), and a test keeps the two equal.

Read every metric by the statistic **Maximum**. Each is a level, not an amount: a level that is put twice in a minute is still the same
level, and a Sum doubles it.

An unknown value has no point, and is never 0:

* A cluster that has never been listed, or cannot be read now, has no points of its own. Its last known counts stay in every total, and
  `fargate-unreadable-clusters` counts it.
* An unknown quota has no utilization; `fargate-quota-unknown` counts it.
* A workload of unknown size counts as a workload and adds no vCPU, so the vCPU are then a lower bound, until the next event or reconcile
  has the size: seconds to minutes.
"""

DASHBOARD = """## The dashboard

While armed there is one dashboard, named `<stack>-<Region>` (output `DashboardName`). It opens with a day: every alarm, then the quota, the
workloads per cluster, and whether the numbers can be trusted. Thresholds are those of the deployment's alarms. A new cluster appears by
itself: a search finds it, at most 500 clusters, and only those with a point in the last two weeks
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-search-expressions.html).

![The dashboard from top to bottom](images/dashboard.png)

*A rendering of the deployed dashboard definition with made-up data, not a screenshot of the AWS console.
`python -m tools.screenshots dashboard` draws it from the packaged template, and refuses metrics that are not in the table above.*

An unreadable cluster has a gap, as `EKS-prod` since noon in the picture: its last known counts stay in the totals, which do not fall. A
number in the picture is the last point of the day, however old: while `cannot-be-trusted` is in ALARM, read the lines instead.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_table(), "", *_cadence(), "", DASHBOARD, *_bill()]) + "\n"


def _table() -> Iterator[str]:
    yield "## The metrics"
    yield ""
    yield "In the namespace `Fargate Stats` (setting `namespace`), with names that begin with `fargate` (setting `metricPrefix`)."
    yield ""
    yield "| metric | dimensions | unit | resolution | detail | from | meaning |"
    yield "|---|---|---|---|---|---|---|"
    for metric in METRICS:
        cells = (
            f"`{metric.name('fargate')}`",
            ", ".join(f"`{name}`" for name in metric.dimensions) or "none",
            metric.unit,
            f"{metric.resolution} s",
            metric.detail,
            f"`{metric.emitter}`",
            metric.meaning,
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "`cluster` is `ECS-<name>` or `EKS-<name>`; `capacity` is `on-demand` or `spot`; `service` is `service:<name>`, `family:<name>`,"
    yield "or `<namespace>/<owner>` of pods. `detail` is the lowest level (setting `detail`) at which a metric is published; each level"
    yield "includes the ones before it: `total`, `cluster`, `service`. The level `service` reads every living row once a minute: some"
    yield "eight of them are one DynamoDB read unit."


def _cadence() -> Iterator[str]:
    yield "## When"
    yield ""
    yield "All metrics are put once a minute. In between, only those of 1 s resolution are:"
    yield ""
    yield f"* when one of them has changed, at most every {AFTER_CHANGE // 1000} s; a fall not before the next period of"
    yield f"  {ABOVE_WARNING // 1000} s, because the Maximum of the period would hide it;"
    yield f"* every {ABOVE_WARNING // 1000} s while a utilization is at or above the warning level (setting `warningPercent`), so that"
    yield "  the alarms of 10 s have a point in each of their periods."
    yield ""
    yield "`fargate-drift`, `fargate-event-age`, `fargate-services-without-headroom` and `fargate-launches-refused` are written into the"
    yield "log of the function that has the value, in CloudWatch's embedded metric format, when there is one."


def _bill() -> Iterator[str]:
    yield "## Outcomes of events"
    yield ""
    outcomes = sorted(set(REPORTED.values()))
    yield "With `functionMetrics=true`, and armed, the function `task_changed` also puts the outcomes of each batch of events, as"
    yield "its own metrics with the dimension `service` (`task_changed`). These are amounts: read them by **Sum**."
    yield f"They are `fargate-events-` and one of {', '.join(f'`{outcome}`' for outcome in outcomes)}:"
    yield f"{len(outcomes)} series, {METRIC_TIERS[0][1] * len(outcomes):.2f} USD a month, which are not in the table below."
    yield "Without them its log has the same numbers:"
    yield ""
    yield '    filter message = "recorded" | stats sum(outcomes.applied), sum(outcomes.duplicate), sum(outcomes.stale) by bin(5m)'
    yield ""
    yield "## What a month costs"
    yield ""
    yield "In USD at the list prices of us-east-1 (https://aws.amazon.com/cloudwatch/pricing/, 2026), after the free tier, with no limits"
    yield "of your own set. The services are the twenty largest. *Busiest* is a month in which something changes every second;"
    yield "the functions, the table and the logs are not included."
    yield ""
    yield "| detail | clusters | series | metrics | alarms | dashboard and key | calls | month | busiest month |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for detail in Detail:
        for clusters in SIZES:
            bill = monthly(detail, clusters)
            amounts = (bill.metrics, bill.alarms, bill.fixed, bill.calls, bill.total, bill.most)
            yield f"| {detail} | {clusters} | {bill.series} | {' | '.join(f'{amount:.2f}' for amount in amounts)} |"
    yield ""
    limited = monthly(Detail.CLUSTER, 50, limited_clusters=50, total_limit=True)
    plain = monthly(Detail.CLUSTER, 50)
    yield f"Limits of your own on all of 50 clusters and on their total add {limited.total - plain.total:.2f} a month: a series and a"
    yield "watched metric each."


if __name__ == "__main__":
    PAGE.write_text(page())
