"""Status: the ledger's counters now, and for each cluster whether they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec

from fargatecount.counts import Counts
from fargatecount.errors import MalformedError
from fargatecount.ledger.clusters import judge, undiscovered
from fargatecount.ledger.launches import LaunchLog
from fargatecount.ledger.queries import counts_of, rows_of
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import LedgerReader
from fargatecount.mutes.document import mute_documents
from fargatecount.mutes.mute import MuteStore, active
from fargatecount.quotas.held import total_of
from fargatecount.quotas.launch_rates import LaunchQuotaStore
from fargatecount.quotas.quota import QuotaStore, fresh
from fargatecount.refusals.log import RefusalLog
from fargatecount.refusals.recent import recent
from fargatecount.usage.hanging import HANGING_AFTER, HangingSummary, hanging_summary, hanging_workloads
from fargatecount.usage.launches import launches_now
from fargatecount.usage.prices import LIST_PRICES, Cost, PriceSettings, cost_of_counts, cost_per_hour
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import HELD, Cluster, Millis, Phase, Scope, Transition, WorkloadKey

NO_TRANSITIONS: Mapping[WorkloadKey, Transition] = {}
NOTHING_KNOWN: Mapping[Cluster, Counts] = {}


def everything(_: Cluster) -> bool:
    """Select every cluster."""
    return True


def scope_usage(
    reader: LedgerReader,
    scope: Scope,
    now: Millis,
    select: Callable[[Cluster], bool] = everything,
    known: Mapping[Cluster, Counts] = NOTHING_KNOWN,
) -> ScopeUsage:
    """Return the counters of one scope; those that are `known` as of `now` are not read.

    An unreadable cluster keeps its last known counts; `as_of` is the time of its last complete list then. A cluster of which nothing has
    ever been known has no counts, not 0.

    Raises:
        UnavailableError, DeniedError: the table could not be read.
    """
    states = reader.clusters(scope)
    counters = {**known, **counts_of(reader, [state.cluster for state in states if state.cluster not in known])}
    every = []
    for state in states:
        verdict, total = judge(state, now), counters[state.cluster]
        counts = total if verdict.readable or state.listed_at is not None or total else None
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


def with_launches(usage: ScopeUsage, log: LaunchLog, quotas: LaunchQuotaStore, now: Millis) -> ScopeUsage:
    """Add what was launched in the last minutes; raises the errors of `scope_usage`."""
    return msgspec.structs.replace(usage, launched=launches_now(log, quotas, usage.scope, now))


def with_mutes(usage: ScopeUsage, store: MuteStore, now: Millis) -> ScopeUsage:
    """Add the mutes that are active; raises the errors of `scope_usage`."""
    with suppress(MalformedError):
        return msgspec.structs.replace(usage, muted=mute_documents(active(store.mutes(usage.scope).mutes, now), now))
    return usage


def with_costs(usage: ScopeUsage, reader: LedgerReader, prices: PriceSettings = LIST_PRICES) -> ScopeUsage:
    """Add the cost of each cluster, from its counters. Raises the errors of `scope_usage`.

    Rows are read only of clusters whose counters were last moved by an earlier release, which has no sums by price class.
    """
    unpriced = [each for each in usage.clusters if each.counts is not None and not each.counts.is_priced]
    by_rows = cost_per_hour(workloads(reader, msgspec.structs.replace(usage, clusters=unpriced)), prices).clusters
    known = {each.cluster: by_rows.get(each.cluster, Cost()) for each in unpriced}
    return _with_costs(usage, lambda cluster, counts: known.get(cluster) or cost_of_counts(counts, usage.scope.region, prices))


def with_rough_costs(usage: ScopeUsage, prices: PriceSettings = LIST_PRICES) -> ScopeUsage:
    """Add the cost of each cluster from its counters alone, for the live view, which reads every other second.

    A counter that an earlier release moved last is priced as x86 Linux.
    """
    return _with_costs(usage, lambda _, counts: cost_of_counts(counts, usage.scope.region, prices))


def _with_costs(usage: ScopeUsage, cost: Callable[[Cluster, Counts], Cost]) -> ScopeUsage:
    return msgspec.structs.replace(
        usage,
        clusters=[
            msgspec.structs.replace(each, cost=cost(each.cluster, each.counts)) if each.counts is not None else each
            for each in usage.clusters
        ],
    )


def workloads(reader: LedgerReader, usage: ScopeUsage) -> Iterator[tuple[Cluster, Row]]:
    """Return everything that is held; rows are not read for clusters whose counters are 0."""
    return ((key.cluster, row) for key, row in held_rows(reader, usage))


def held_rows(reader: LedgerReader, usage: ScopeUsage, phases: Collection[Phase] = HELD) -> Iterator[tuple[WorkloadKey, Row]]:
    """Return the row of everything that is held in these phases, with its key; clusters that have none by their counters are not read."""
    for each in usage.clusters:
        if each.counts is None or not each.counts.tally(phases=phases).count:
            continue
        for workload_id, row in rows_of(reader, each.cluster).items():
            if row.phase in phases:
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
