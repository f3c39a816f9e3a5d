"""The state of the whole scope at the end of a run: what is held, what AWS allows and counts, what it costs, and what fits."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.ledger.leases import SURVEY
from fargatecount.ledger.pricing import price
from fargatecount.ledger.row import Row
from fargatecount.quotas.aws_usage import compare
from fargatecount.quotas.document import comparison_documents, limit_documents, quota_documents
from fargatecount.quotas.headroom_document import SurveyDocument, survey_document
from fargatecount.quotas.headroom_survey import survey
from fargatecount.quotas.launch_rates import read_again
from fargatecount.quotas.limits import limit_standings
from fargatecount.quotas.quota import Quota, latest
from fargatecount.reconcile.document import ReconcileDocument, reconcile_document
from fargatecount.reconcile.ports import Ports
from fargatecount.reconcile.reclaimable import find_reclaimable
from fargatecount.reconcile.report import Report
from fargatecount.reconcile.schedule import TICK
from fargatecount.reconcile.scope import Options
from fargatecount.reconcile.selection import LOOK_EVERY
from fargatecount.refusals.document import refused_documents
from fargatecount.refusals.recent import recent
from fargatecount.usage.cost_document import cost_breakdown
from fargatecount.usage.hanging import MOVING
from fargatecount.usage.price_refresh import refresh
from fargatecount.usage.prices import Cost, Costs, PriceSettings, cost_per_hour
from fargatecount.usage.profile_document import profiles_held
from fargatecount.usage.status import hanging_now, held_rows, scope_usage, with_costs
from fargatecount.usage.summary_document import usage_summary
from fargatecount.usage.usage import ScopeUsage, free_of
from fargatecount.workload import HELD, Cluster, Millis

AS_NEW: Millis = 5_000
"""How old the counters of a run may be at its end: the interval at which they are published."""
NOT_COUNTED = "some clusters have not been counted yet, so less may be free"


def with_scope_state(ports: Ports, options: Options, found: Report, *, brief: bool) -> ReconcileDocument:
    """Return the report of a run with the state of the whole scope: what is held, what AWS allows and counts, and what it costs.

    Counters have all of that but the groups. Rows, of which there may be thousands for each counter, are read where a survey is due, and
    those of clusters in which something is pending or stopping, which may hang.
    """
    usage = _usage(ports, found)
    unreadable = sum(not cluster.verdict.readable for cluster in usage.clusters)
    if brief:
        return msgspec.structs.replace(_ended(ports, found), unreadable_clusters=unreadable)
    usage = _priced(ports, options, usage)
    quotas = _quotas(ports, dry_run=options.dry_run)
    prices = _prices(ports, dry_run=options.dry_run)
    known = {cluster.cluster: cluster.held for cluster in usage.clusters if cluster.counts is not None}
    refused = refused_documents(recent(ports.refusals, ports.scope, ports.clock.now()))
    compared = comparison_documents(compare(ports.witness.readings(ports.clock.now()), usage.total))
    due = _survey_due(ports, options)
    rows = list(held_rows(ports.ledger, usage, HELD if due else MOVING))
    held = [(key.cluster, row) for key, row in rows] if due else None
    headroom = _headroom(ports, due, msgspec.structs.replace(usage, quotas=quotas), held) if due and held is not None else None
    return msgspec.structs.replace(
        _ended(ports, found),
        unreadable_clusters=unreadable,
        refused=refused,
        quotas=quota_documents(quotas, usage.held),
        limits=limit_documents(limit_standings(ports.limits, known, complete=usage.has_every_cluster)),
        witness=compared,
        cost=cost_breakdown(_costs(ports, usage, held, prices), prices),
        headroom=headroom,
        profiles=profiles_held(held) if held is not None else None,
        reclaimable=find_reclaimable(ports, held, dry_run=options.dry_run) if held is not None else None,
        usage=usage_summary(usage),
        hanging=hanging_now(usage, rows, ports.clock.now(), after=ports.hanging_after, known=found.transitions),
    )


def _usage(ports: Ports, found: Report) -> ScopeUsage:
    """Return the usage now; the counters of a quick run are not read twice, and the usage is that of the moment before the first read."""
    now = ports.clock.now()
    if now - found.counted_at > AS_NEW:
        return scope_usage(ports.ledger, ports.scope, now)
    return scope_usage(ports.ledger, ports.scope, found.counted_at, known=found.counted)


def _priced(ports: Ports, options: Options, usage: ScopeUsage) -> ScopeUsage:
    """Add the sums by price class to the counters that lack them, and return the usage with them."""
    lacking = [each.cluster for each in usage.clusters if each.counts is not None and each.counts.charges is None]
    if options.dry_run or not lacking or not price(ports.ledger, lacking):
        return usage
    return scope_usage(ports.ledger, ports.scope, ports.clock.now())


def _prices(ports: Ports, *, dry_run: bool) -> PriceSettings:
    if ports.price_refresh is None:
        return ports.prices
    return refresh(ports.prices, ports.price_refresh, ports.scope, ports.clock.now(), dry_run=dry_run)


def _costs(ports: Ports, usage: ScopeUsage, held: Sequence[tuple[Cluster, Row]] | None, prices: PriceSettings) -> Costs:
    if held is not None:
        return cost_per_hour(held, prices)
    clusters = {each.cluster: each.cost for each in with_costs(usage, ports.ledger, prices).clusters if each.cost and each.cost.workloads}
    return Costs(total=sum(clusters.values(), Cost()), clusters=clusters, groups=None)


def _ended(ports: Ports, found: Report) -> ReconcileDocument:
    """Return a report that ends now, with every call so far: reading the state of the scope takes time and calls of its own."""
    calls, throttles = dict(ports.pace.calls), dict(ports.pace.throttles)
    return reconcile_document(msgspec.structs.replace(found, ended_at=ports.clock.now(), calls=calls, throttles=throttles))


def _survey_due(ports: Ports, options: Options) -> str | None:
    """Return the holder of the survey's lease; None where a recent run has asked: it takes a call for ten services."""
    now = ports.clock.now()
    # Half a tick early, as all that is due is (`due_work`). No two surveys start at one time: another lease keeps runs apart.
    mine, until = f"survey of {now}", now + LOOK_EVERY - TICK // 2
    if options.full or options.dry_run or ports.leases.acquire(ports.scope, SURVEY, mine, now=now, until=until) is None:
        return mine
    return None


def _headroom(ports: Ports, mine: str, usage: ScopeUsage, held: Sequence[tuple[Cluster, Row]]) -> SurveyDocument:
    """Return how many services cannot be deployed now."""
    # An unreadable cluster may list its services all the same; a deleted cluster, which is remembered for a week, has none.
    there = [state.cluster for state in ports.ledger.clusters(ports.scope) if not state.is_deleted]
    found = survey(ports.services, there, held, free_of(usage))
    if found.problems:
        ports.leases.release(ports.scope, SURVEY, mine)
    document = survey_document(found)
    if not usage.is_lower_bound:
        return document
    # More is held than is counted, so less is free: a service that lacks room does lack it, and no other service is known to have it.
    return msgspec.structs.replace(document, without_headroom=None, problems=[*document.problems, NOT_COUNTED])


def _quotas(ports: Ports, *, dry_run: bool) -> Sequence[Quota]:
    now = ports.clock.now()
    quotas = latest(ports.quota_store.quotas(ports.scope), ports.quota_source.read(now), now)
    if not dry_run:
        ports.quota_store.keep(ports.scope, quotas)
        _read_launch_quotas(ports, now)
    return quotas


def _read_launch_quotas(ports: Ports, now: Millis) -> None:
    if ports.launch_source is None or ports.launch_store is None:
        return
    before = ports.launch_store.reading(ports.scope)
    if before.is_due(now):
        ports.launch_store.keep(ports.scope, read_again(ports.launch_source, before, now))
