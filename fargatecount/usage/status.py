"""Status: the ledger's counters now, and for each cluster whether they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from fargatecount.ledger.clusters import judge, undiscovered
from fargatecount.ledger.queries import counts_of, rows_of
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import LedgerReader
from fargatecount.quotas.held import total_of
from fargatecount.quotas.quota import QuotaStore, fresh
from fargatecount.refusals.log import RefusalLog
from fargatecount.refusals.recent import recent
from fargatecount.usage.hanging import HANGING_AFTER, HangingSummary, hanging_summary, hanging_workloads
from fargatecount.usage.prices import LIST_PRICES, Cost, PriceSettings, cost_of_counts, cost_per_hour
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import HELD, Cluster, Millis, Scope, Transition, WorkloadKey

NO_TRANSITIONS: Mapping[WorkloadKey, Transition] = {}


def everything(_: Cluster) -> bool:
    """Select every cluster."""
    return True


def scope_usage(reader: LedgerReader, scope: Scope, now: Millis, select: Callable[[Cluster], bool] = everything) -> ScopeUsage:
    """Return the counters of one scope.

    An unreadable cluster keeps its last known counts; `as_of` is the time of its last complete list then. A cluster of which nothing has
    ever been known has no counts, not 0.

    Raises:
        UnavailableError, DeniedError: the table could not be read.
    """
    states = reader.clusters(scope)
    totals = counts_of(reader, [state.cluster for state in states])
    every = []
    for state in states:
        verdict, known = judge(state, now), totals[state.cluster]
        counts = known if verdict.readable or state.listed_at is not None or known else None
        every.append(ClusterUsage(state.cluster, verdict, counts, now if verdict.readable else state.listed_at))
    held = total_of(each.held for each in every)
    return ScopeUsage(
        scope,
        [each for each in every if select(each.cluster)],
        held.counts,
        certain=held.certain,
        undiscovered=undiscovered(reader.discoveries(scope), now),
        has_full_pass=reader.first_pass(scope) is not None,
    )


def usage(reader: LedgerReader, now: Millis, select: Callable[[Cluster], bool] = everything) -> Sequence[ScopeUsage]:
    """Return the counters of every scope that the ledger knows."""
    return [scope_usage(reader, scope, now, select) for scope in reader.scopes()]


def with_quotas(usage: ScopeUsage, store: QuotaStore, now: Millis) -> ScopeUsage:
    """Add the quotas that the reconciler last read, unknown if they are too old; raises the errors of `scope_usage`."""
    return msgspec.structs.replace(usage, quotas=fresh(store.quotas(usage.scope), now))


def with_refusals(usage: ScopeUsage, log: RefusalLog, now: Millis, select: Callable[[Cluster], bool] = everything) -> ScopeUsage:
    """Add the launches that AWS refused within the last hour in the selected clusters; raises the errors of `scope_usage`."""
    found = recent(log, usage.scope, now)
    return msgspec.structs.replace(usage, refused=[one for one in found if select(one.in_scope(usage.scope))])


def with_costs(usage: ScopeUsage, rows: Iterable[tuple[WorkloadKey, Row]], prices: PriceSettings = LIST_PRICES) -> ScopeUsage:
    """Add the cost of each cluster, from the rows of what is held: counters have neither architecture nor storage."""
    costs = cost_per_hour(((key.cluster, row) for key, row in rows), prices).clusters
    return msgspec.structs.replace(
        usage,
        clusters=[
            msgspec.structs.replace(each, cost=costs.get(each.cluster, Cost())) if each.counts is not None else each
            for each in usage.clusters
        ],
    )


def with_rough_costs(usage: ScopeUsage, prices: PriceSettings = LIST_PRICES) -> ScopeUsage:
    """Add the cost of each cluster priced as x86 Linux, without reading a row: for the live view, which reads every other second."""
    region = usage.scope.region
    return msgspec.structs.replace(
        usage,
        clusters=[
            msgspec.structs.replace(each, cost=cost_of_counts(each.counts, region, prices)) if each.counts is not None else each
            for each in usage.clusters
        ],
    )


def workloads(reader: LedgerReader, usage: ScopeUsage) -> Iterator[tuple[Cluster, Row]]:
    """Return everything that is held; rows are not read for clusters whose counters are 0."""
    return ((key.cluster, row) for key, row in held_rows(reader, usage))


def held_rows(reader: LedgerReader, usage: ScopeUsage) -> Iterator[tuple[WorkloadKey, Row]]:
    """Return the row of everything that is held, as `workloads` does, with its key."""
    for each in usage.clusters:
        if each.counts is None or not each.counts.held.count:
            continue
        for workload_id, row in rows_of(reader, each.cluster).items():
            if row.phase in HELD:
                yield WorkloadKey(each.cluster, workload_id), row


def hanging_now(
    usage: ScopeUsage,
    rows: Iterable[tuple[WorkloadKey, Row]],
    now: Millis,
    *,
    after: Millis = HANGING_AFTER,
    known: Mapping[WorkloadKey, Transition] = NO_TRANSITIONS,
) -> HangingSummary:
    """Return the workloads of readable clusters among `rows` that have been pending or stopping for longer than `after` milliseconds."""
    readable = {each.cluster for each in usage.clusters if each.verdict.readable}
    found = hanging_workloads(((key, row) for key, row in rows if key.cluster in readable), now, after=after, known=known)
    return hanging_summary(found, now, after=after)
