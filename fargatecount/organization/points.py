"""The metrics of a hub: the totals of the organization, and one utilization for each scope that reports.

Pure. A silent scope has no utilization, because it is not known; `fargate-scope-silent` names it instead. Its last known counts stay in the
totals. The names differ from those of a member, so that both can be deployed in one account and Region.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fargatecount.metrics.series import DataPoint, Emitter, Metric, Unit
from fargatecount.organization.scopes import KnownScope
from fargatecount.organization.totals import OrganizationTotals, percent_of
from fargatecount.workload import Millis

SCOPE = ("account", "region")

RUNNING = Metric(
    suffix="organization-count-total", unit=Unit.COUNT, emitter=Emitter.HUB, meaning="Running workloads of the whole organization."
)
HELD = Metric(
    suffix="organization-held", unit=Unit.COUNT, emitter=Emitter.HUB, meaning="Workloads that hold capacity, last known counts included."
)
VCPU = Metric(suffix="organization-vcpu-used", unit=Unit.NONE, emitter=Emitter.HUB, meaning="vCPU that all of them hold.")
SCOPES = Metric(suffix="organization-scopes", unit=Unit.COUNT, emitter=Emitter.HUB, meaning="Scopes that the hub knows.")
SILENT = Metric(
    suffix="organization-scopes-silent",
    unit=Unit.COUNT,
    emitter=Emitter.HUB,
    meaning="Scopes without a report for three minutes. Their last known counts are in the totals.",
)
INCOMPLETE = Metric(
    suffix="organization-scopes-incomplete",
    unit=Unit.COUNT,
    emitter=Emitter.HUB,
    meaning="Scopes that report, and of which a cluster is unreadable or may be missing.",
)
CRITICAL = Metric(
    suffix="organization-scopes-critical",
    unit=Unit.COUNT,
    emitter=Emitter.HUB,
    meaning="Scopes at or above the critical level of a quota.",
)
WARNING = Metric(
    suffix="organization-scopes-warning",
    unit=Unit.COUNT,
    emitter=Emitter.HUB,
    meaning="Scopes between the warning and the critical level.",
)
UNREPORTED = Metric(
    suffix="organization-accounts-unreported",
    unit=Unit.COUNT,
    emitter=Emitter.HUB,
    meaning="Active accounts of the organization without a deployment. No point if the hub may not read AWS Organizations.",
)
DEAD_LETTERS = Metric(
    suffix="organization-dead-letters",
    unit=Unit.COUNT,
    emitter=Emitter.HUB,
    meaning="Usage events that were refused or could not be processed.",
)
PUBLISHED = Metric(suffix="organization-published", unit=Unit.COUNT, emitter=Emitter.HUB, meaning="1 in every minute in which the hub ran.")
SCOPE_UTILIZATION = Metric(
    suffix="vcpu-utilization",
    unit=Unit.PERCENT,
    dimensions=SCOPE,
    emitter=Emitter.HUB,
    meaning="The highest utilization of the quotas of a scope. No point while it is silent, or no quota is known.",
)
SCOPE_SILENT = Metric(
    suffix="scope-silent", unit=Unit.COUNT, dimensions=SCOPE, emitter=Emitter.HUB, meaning="1 in every minute in which a scope is silent."
)

ORGANIZATION_METRICS: tuple[Metric, ...] = (
    RUNNING,
    HELD,
    VCPU,
    SCOPES,
    SILENT,
    INCOMPLETE,
    CRITICAL,
    WARNING,
    UNREPORTED,
    DEAD_LETTERS,
    PUBLISHED,
    SCOPE_UTILIZATION,
    SCOPE_SILENT,
)


def hub_points(
    totals: OrganizationTotals,
    scopes: Sequence[KnownScope],
    now: Millis,
    *,
    dead_letters: int | None,
    accounts_known: bool,
    per_scope: bool = True,
) -> list[DataPoint]:
    """Return every point of a hub, stamped with `now`, a moment before the scopes were read."""
    points = [
        DataPoint(RUNNING, totals.running.value or 0, now),
        DataPoint(HELD, totals.held.value or 0, now),
        DataPoint(VCPU, totals.vcpu.value or 0, now),
        DataPoint(SCOPES, totals.scopes, now),
        DataPoint(SILENT, totals.silent, now),
        DataPoint(INCOMPLETE, totals.incomplete, now),
        DataPoint(CRITICAL, totals.critical, now),
        DataPoint(WARNING, totals.warning, now),
        DataPoint(PUBLISHED, 1, now),
    ]
    if dead_letters is not None:
        points.append(DataPoint(DEAD_LETTERS, dead_letters, now))
    if accounts_known:
        points.append(DataPoint(UNREPORTED, totals.unreported, now))
    return [*points, *(_of_scopes(scopes, now) if per_scope else ())]


def _of_scopes(scopes: Sequence[KnownScope], now: Millis) -> Iterator[DataPoint]:
    for each in scopes:
        dimensions = (each.scope.account, each.scope.region)
        percent = percent_of(each)
        if each.silent:
            yield DataPoint(SCOPE_SILENT, 1, now, dimensions)
        elif percent is not None:
            yield DataPoint(SCOPE_UTILIZATION, percent, now, dimensions)
