"""Lines: the clusters, services, tasks, refusals and changes of a snapshot, as values. Pure.

A line carries values, not texts: only the lines on the screen are formatted, so that a key is answered at once however many there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from fargatecount.counts import Counts
from fargatecount.top.snapshot import LedgerRow, TopService, TopSnapshot
from fargatecount.top.view import OwnerKey, TopRow, Value, View
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import CPU_UNITS_PER_VCPU, Capacity, Phase, Scope, WorkloadKey

NOT_READ = "?"
"""The owner of workloads whose tag or label was never read; `-` is the owner of those that have none."""


def _clusters(snapshot: TopSnapshot) -> Iterable[TopRow]:
    for scope in snapshot.scopes:
        for each in scope.clusters:
            yield _cluster(scope, each, several=len(snapshot.scopes) > 1)


def _cluster(scope: ScopeUsage, each: ClusterUsage, *, several: bool) -> TopRow:
    counts = each.counts
    name = f"{scope.scope.account}/{scope.scope.region}/{each.cluster.key}" if several else each.cluster.key
    state = "ok" if each.verdict.readable else each.verdict.reason or "unreadable"
    if counts is None:
        return TopRow((name, each.running, None, None, None, None, None, None, state), each.cluster, is_doubtful=True)
    on_demand, spot = (counts.tally(capacities=(capacity,)).vcpu for capacity in (Capacity.ON_DEMAND, Capacity.SPOT))
    values = (
        name,
        counts.running.count,
        counts.tally(phases=(Phase.PENDING,)).count,
        counts.held.count,
        counts.held.vcpu,
        spot,
        _share(scope, on_demand, spot),
        None if each.cost is None else each.cost.amount,
        state,
    )
    return TopRow(values, each.cluster, is_doubtful=not each.verdict.readable)


def _services(snapshot: TopSnapshot) -> Iterable[TopRow]:
    scopes = {scope.scope: scope for scope in snapshot.scopes}
    for each in snapshot.services:
        yield TopRow(_service_values(snapshot, scopes[each.key.cluster.scope], each), each.key)


def _service_values(snapshot: TopSnapshot, scope: ScopeUsage, each: TopService) -> tuple[Value, ...]:
    on_demand, spot = (each.counts.tally(capacities=(capacity,)).vcpu for capacity in (Capacity.ON_DEMAND, Capacity.SPOT))
    return (
        each.key.group,
        each.key.cluster.key,
        each.counts.running.count,
        each.counts.held.count,
        each.counts.held.vcpu,
        _share(scope, on_demand, spot),
        None if each.oldest is None else snapshot.at - each.oldest,
        ",".join(map(str, each.revisions)) or None,
        ",".join(each.owners) or None,
    )


def _tasks(snapshot: TopSnapshot) -> Iterable[TopRow]:
    for each in snapshot.held:
        facts = each.row.facts
        values = (
            each.workload_id,
            facts.group,
            each.cluster.key,
            str(each.row.phase),
            None if facts.created_at is None else max(snapshot.at - facts.created_at, 0),
            None if facts.cpu is None else facts.cpu / CPU_UNITS_PER_VCPU,
            facts.revision,
            facts.started_by,
        )
        yield TopRow(values, each)


def _refused(snapshot: TopSnapshot) -> Iterable[TopRow]:
    for scope in snapshot.scopes:
        for one in scope.refused or ():
            values = (one.reason, one.cluster, one.group, str(one.capacity), one.count, snapshot.at - one.last)
            yield TopRow(values, one.in_scope(scope.scope))


def _changes(snapshot: TopSnapshot) -> Iterable[TopRow]:
    for at, each in snapshot.changed:
        facts = each.row.facts
        values = (each.workload_id, max(snapshot.at - at, 0), str(each.row.phase), facts.group, each.cluster.key, facts.stop_reason)
        yield TopRow(values, each)


def _owners(snapshot: TopSnapshot) -> Iterable[TopRow]:
    scopes = {scope.scope: scope for scope in snapshot.scopes}
    rows: dict[tuple[Scope, str], list[LedgerRow]] = defaultdict(list)
    for each in snapshot.held:
        rows[each.cluster.scope, each.row.facts.owner or NOT_READ].append(each)
    for (scope, owner), of_owner in rows.items():
        counts = Counts.total(each.row.counts for each in of_owner)
        on_demand, spot = (counts.tally(capacities=(capacity,)).vcpu for capacity in (Capacity.ON_DEMAND, Capacity.SPOT))
        name = f"{scope.account}/{scope.region}/{owner}" if len(scopes) > 1 else owner
        services = len({each.service for each in of_owner})
        values = (name, services, counts.running.count, counts.held.count, counts.held.vcpu, spot, _share(scopes[scope], on_demand, spot))
        # A service whose owner was never read names none, so that nothing could be found by it.
        yield TopRow(values, None if owner == NOT_READ else OwnerKey(owner))


def _hanging(snapshot: TopSnapshot) -> Iterable[TopRow]:
    rows = {WorkloadKey(each.cluster, each.workload_id): each for each in snapshot.held}
    for key, each in snapshot.hanging.items():
        yield TopRow((key.workload_id, snapshot.at - each.since, str(each.phase), each.group, key.cluster.key, each.reason), rows[key])


def _share(scope: ScopeUsage, on_demand: float, spot: float) -> float | None:
    """Return the higher of the parts of both quotas, in percent: each capacity has a quota of its own."""
    values = {quota.capacity: quota.value for quota in scope.quotas or ()}
    shares = [
        used / value * 100 for used, value in ((on_demand, values.get(Capacity.ON_DEMAND)), (spot, values.get(Capacity.SPOT))) if value
    ]
    return max(shares, default=None)


ROWS: Mapping[View, Callable[[TopSnapshot], Iterable[TopRow]]] = {
    View.CLUSTERS: _clusters,
    View.SERVICES: _services,
    View.TASKS: _tasks,
    View.REFUSED: _refused,
    View.CHANGES: _changes,
    View.OWNERS: _owners,
    View.HANGING: _hanging,
}
"""The lines of each view."""
