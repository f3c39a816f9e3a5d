"""The day of the picture, the same as in the page's pictures, published minute by minute as the functions publish it.

`points.data_points` and the table of metrics decide the series and their values; only the running workloads are made up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from random import Random

from fargatecount.counts import Counts, Tally
from fargatecount.ledger.clusters import Trust
from fargatecount.metrics import catalog
from fargatecount.metrics.points import PublishOptions, SelfHealth, data_points
from fargatecount.metrics.series import DataPoint, of_capacity
from fargatecount.quotas.headroom import CapacityShare, Service, headroom
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.refusals.document import RefusedDocument
from fargatecount.timestamps import parse_millis
from fargatecount.usage.summary_document import ClusterSummary, TallyDocument
from fargatecount.usage.usage import ClusterUsage, ScopeUsage, free_of
from fargatecount.workload import CPU_UNITS_PER_VCPU, MIB_PER_GIB, Capacity, Cluster, Kind, Millis, Phase
from tests.support.builders import MINUTE, SCOPE
from tests.support.pages import QUOTAS, reports_of_a_day
from tools.dashboard.published import PublishedSeries

STEP = 5
"""Minutes between two reports."""
SURVEY = 45
"""Minutes between two headroom surveys, as in the function `reconcile`."""
CLASSES = {Capacity.ON_DEMAND: "Standard/OnDemand", Capacity.SPOT: "Standard/Spot"}
DEPLOYED = {
    "ECS-web": CapacityShare(Capacity.ON_DEMAND),
    "ECS-checkout": CapacityShare(Capacity.ON_DEMAND),
    "ECS-thumbnails": CapacityShare(Capacity.SPOT),
}
"""Clusters that each run one service; the others run jobs and pods."""


def publish_day(published: PublishedSeries, choice: PublishOptions) -> None:
    """Publish the metrics of the day that ends at `tests.support.builders.NOW`."""
    chance = Random(11)
    before: dict[str, ClusterSummary] = {}
    for report in reports_of_a_day():
        clusters = {each.cluster: each for each in report.usage.clusters} if report.usage else {}
        began = _moment(report.started_at)
        for minute in range(STEP):
            at = began + minute * MINUTE
            usage = _usage(clusters, before if minute == 0 else clusters, at)
            published.put(data_points(usage, usage.quotas or (), SelfHealth(dead_letters=0), at, choice))
            # An event takes some hundred milliseconds, occasionally a second or two.
            published.put([DataPoint(catalog.EVENT_AGE, round(chance.lognormvariate(6.2, 0.45)), at)])
            for capacity, kind in CLASSES.items():
                published.put_usage(kind, at // 1000, usage.scope_total.tally(capacities=(capacity,)).vcpu)
            if (at // MINUTE) % SURVEY == 0:
                published.put([DataPoint(catalog.WITHOUT_HEADROOM, sum(_unfit(usage)), at)])
        hanging = DataPoint(catalog.HANGING, report.hanging.count if report.hanging else 0, began)
        published.put([DataPoint(catalog.DRIFT, report.drifted, began), hanging, *_refused(report.refused or ())])
        before = clusters


def _moment(text: str | None) -> Millis:
    moment = parse_millis(text)
    assert moment is not None
    return moment


def _usage(now: Mapping[str, ClusterSummary], before: Mapping[str, ClusterSummary], at: Millis) -> ScopeUsage:
    """Return the usage; workloads that are new since `before` are still pending, and those that left are still stopping."""
    found = []
    for name, cluster in now.items():
        verdict = Trust(readable=cluster.readable, reason=cluster.reason)
        counts = Counts.total(_counts(cluster.by_capacity or {}, before.get(name, cluster).by_capacity or {}))
        kind, _, rest = name.partition("-")
        found.append(ClusterUsage(Cluster(SCOPE, Kind(kind), rest), verdict, counts, at))
    quotas = [Quota(capacity=capacity, value=value, source=Origin.APPLIED, read_at=at) for capacity, (_, value) in QUOTAS.items()]
    return ScopeUsage(SCOPE, found, Counts.total(each.counts for each in found if each.counts is not None), quotas)


def _counts(now: Mapping[Capacity, TallyDocument], then: Mapping[Capacity, TallyDocument]) -> Iterator[Counts]:
    for capacity, tally in now.items():
        before = then[capacity]
        large = tally if tally.count else before
        if not large.count:
            continue
        each = (large.vcpu / large.count * CPU_UNITS_PER_VCPU, large.memory_gib / large.count * MIB_PER_GIB)
        for phase, number in (
            (Phase.RUNNING, min(tally.count, before.count)),
            (Phase.PENDING, tally.count - before.count),
            (Phase.STOPPING, before.count - tally.count),
        ):
            if number > 0:
                yield Counts({(phase, capacity): Tally(number, *(round(number * size) for size in each))})


def _unfit(usage: ScopeUsage) -> Iterator[bool]:
    """Yield for each service whether its next deployment does not fit."""
    free = free_of(usage)
    for each in usage.clusters:
        share = DEPLOYED.get(each.cluster.key)
        if share is not None and each.counts is not None and (held := each.counts.held).count:
            size = math.ceil(held.cpu / held.count)
            service = Service(cluster=each.cluster, name="app", desired=held.count, running=held.count, cpu=size, shares=(share,))
            yield headroom(service, free).fits is False


def _refused(entries: Iterable[RefusedDocument]) -> list[DataPoint]:
    return [of_capacity(catalog.REFUSED, each.capacity, each.count, _moment(each.at)) for each in entries if each.for_want]
