"""One run of the reconciler, from the lease to the stored report. The schedule and the command line both use it.

Owns the order: the lease, the reconcile under it, the state of the scope (quotas, AWS's own counts, limits, cost), and the report last.
Quotas and usage that AWS does not return are unknown in the report and stop nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import ClusterState, is_watched
from fargatecount.ledger.leases import RECONCILE, SURVEY, LeaseStore
from fargatecount.ledger.leases import lease as lease_held
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Ledger
from fargatecount.quotas.aws_usage import Witness, compare
from fargatecount.quotas.document import comparison_documents, limit_documents, quota_documents
from fargatecount.quotas.headroom_document import SurveyDocument, survey_document
from fargatecount.quotas.headroom_survey import SizedServices, survey
from fargatecount.quotas.limits import Limits, limit_standings
from fargatecount.quotas.quota import Quota, QuotaSource, QuotaStore, latest
from fargatecount.reconcile.cluster import RETIRE_AFTER
from fargatecount.reconcile.document import ReconcileDocument, reconcile_document
from fargatecount.reconcile.report import Report
from fargatecount.reconcile.schedule import TICK, due_work
from fargatecount.reconcile.scope import Options, reconcile
from fargatecount.reconcile.selection import LOOK_EVERY
from fargatecount.reconcile.store import ReportStore
from fargatecount.refusals.document import refused_documents
from fargatecount.refusals.log import RefusalLog, remember
from fargatecount.refusals.recent import recent
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.sources.source import Source
from fargatecount.usage.cost_document import cost_breakdown
from fargatecount.usage.hanging import HANGING_AFTER
from fargatecount.usage.prices import PriceSettings, cost_per_hour
from fargatecount.usage.status import hanging_now, held_rows, scope_usage
from fargatecount.usage.summary_document import usage_summary
from fargatecount.usage.usage import ScopeUsage, free_of
from fargatecount.workload import Cluster, Kind, Millis, Scope

LAST_LOOK: Millis = 60_000
"""In this last part of its time a run begins no further cluster. A minute is enough to read and write the largest likely cluster, 10,000
tasks or 200 calls at five a second, so the clusters left over are untouched and not half done."""


LAST_QUESTION: Millis = 20_000
"""In this last part of its time a run sends no further request to AWS. A cluster that is still being read is left to the next run, and its
partial read is lost. A quarter of a minute writes 10,000 rows."""
NOT_COUNTED = "some clusters have not been counted yet, so less may be free"
LAST_WRITE: Millis = 5_000
"""In this last part of its time a run writes no further row: the report has to be stored."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports of a run. `pace` is the rate limiter of the `sources`; its counts go into the report, so each run has its own."""

    scope: Scope
    ledger: Ledger
    leases: LeaseStore
    sources: Sequence[Source]
    pace: RateLimiter
    quota_source: QuotaSource
    quota_store: QuotaStore
    services: SizedServices
    witness: Witness
    refusals: RefusalLog
    reports: ReportStore | None
    """None: the report is returned and not stored."""
    clock: Clock
    limits: Limits
    prices: PriceSettings
    retire_after: Millis = RETIRE_AFTER
    """How long a deleted cluster is remembered."""
    hanging_after: Millis = HANGING_AFTER
    """How long a workload may be pending or stopping."""


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a run."""

    report: ReconcileDocument
    kept: str | None = None
    """Address of the report; None if it was not stored."""
    not_kept: FargatecountError | None = None
    """Why it could not be stored; everything else is done."""


def run(
    ports: Ports,
    options: Options,
    *,
    owner: str,
    time_box: Millis,
    progress: Callable[[str], None] = lambda _: None,
    brief: bool = False,
) -> Ran:
    """Reconcile under the lease, for at most `time_box` milliseconds, and store the report.

    A dry run takes the lease too: it uses the same API rate, and beside a repairing run it would report differences under repair.
    A `brief` run without any difference stores no report, and does not read the state of the scope.

    Raises:
        LeaseHeldError: another run holds the lease; nothing was done.
        FargatecountError: the table could not be read or written.
    """
    clock = ports.clock
    end = clock.now() + time_box
    # Half of a short box: a run of less than two minutes must still begin a cluster.
    last_look = end - min(LAST_LOOK, time_box // 2)
    # A lease as long as the box: a holder that keeps it longer is dead, and a finished run releases it.
    with lease_held(ports.leases, ports.scope, RECONCILE, owner, clock, length=time_box):
        ports.pace.set_deadline(lambda: clock.now() >= end - min(LAST_QUESTION, time_box // 4))
        found = reconcile(
            ports.scope,
            ports.ledger,
            ports.sources,
            clock,
            pace=ports.pace,
            options=msgspec.structs.replace(options, retire_after=ports.retire_after),
            stop=lambda: clock.now() >= last_look,
            give_up=lambda: clock.now() >= end - LAST_WRITE,
            progress=progress,
        )
        if not options.dry_run:
            remember(ports.refusals, (refusal for cluster in found.looked for refusal in cluster.refused))
        is_routine = brief and found.is_routine
        report = _with_scope_state(ports, options, found, brief=is_routine)
        if options.dry_run or ports.reports is None or is_routine:
            return Ran(report=report)
        try:
            return Ran(report=report, kept=ports.reports.keep(report))
        except FargatecountError as error:
            return Ran(report=report, not_kept=error)


def run_due(ports: Ports, every: Mapping[Kind, Millis], *, owner: str, time_box: Millis) -> Ran | None:
    """Run over the clusters that are due, by the period of each kind; return None if none is.

    EKS clusters with a fresh watcher are skipped. A run over EKS alone is brief: it comes every minute, and 1,440 empty reports a day
    would bury the others.

    Raises:
        LeaseHeldError: another run holds the lease.
        FargatecountError: the table could not be read or written.
    """
    now = ports.clock.now()

    def is_left_alone(state: ClusterState) -> bool:
        return is_watched(state, now)

    states = [state for state in ports.ledger.clusters(ports.scope) if not is_left_alone(state)]
    todo = due_work(states, ports.ledger.discoveries(ports.scope), now, every)
    if not todo:
        return None
    sources = [source for source in ports.sources if source.kind in todo.all_kinds]
    options = Options(select=todo.includes, skip=is_left_alone)
    return run(replace(ports, sources=sources), options, owner=owner, time_box=time_box, brief=todo.all_kinds == {Kind.EKS})


def _with_scope_state(ports: Ports, options: Options, found: Report, *, brief: bool) -> ReconcileDocument:
    """Return the report of a run with the state of the whole scope: what is held, what AWS allows and counts, and what it costs."""
    usage = scope_usage(ports.ledger, ports.scope, ports.clock.now())
    unreadable = sum(not cluster.verdict.readable for cluster in usage.clusters)
    if brief:
        return msgspec.structs.replace(_ended(ports, found), unreadable_clusters=unreadable)
    quotas = _quotas(ports, dry_run=options.dry_run)
    rows = list(held_rows(ports.ledger, usage))
    held = [(key.cluster, row) for key, row in rows]
    known = {cluster.cluster: cluster.held for cluster in usage.clusters if cluster.counts is not None}
    refused = refused_documents(recent(ports.refusals, ports.scope, ports.clock.now()))
    compared = comparison_documents(compare(ports.witness.readings(ports.clock.now()), usage.total))
    headroom = _headroom(ports, options, msgspec.structs.replace(usage, quotas=quotas), held)
    return msgspec.structs.replace(
        _ended(ports, found),
        unreadable_clusters=unreadable,
        refused=refused,
        quotas=quota_documents(quotas, usage.held),
        limits=limit_documents(limit_standings(ports.limits, known, complete=usage.has_every_cluster)),
        witness=compared,
        cost=cost_breakdown(cost_per_hour(held, ports.prices), ports.prices),
        headroom=headroom,
        usage=usage_summary(usage),
        hanging=hanging_now(usage, rows, ports.clock.now(), after=ports.hanging_after, known=found.transitions),
    )


def _ended(ports: Ports, found: Report) -> ReconcileDocument:
    """Return a report that ends now, with every call so far: reading the state of the scope takes time and calls of its own."""
    calls, throttles = dict(ports.pace.calls), dict(ports.pace.throttles)
    return reconcile_document(msgspec.structs.replace(found, ended_at=ports.clock.now(), calls=calls, throttles=throttles))


def _headroom(ports: Ports, options: Options, usage: ScopeUsage, held: Sequence[tuple[Cluster, Row]]) -> SurveyDocument | None:
    """Return how many services cannot be deployed now; None where a recent run has asked: it takes a call for ten services."""
    now = ports.clock.now()
    # Half a tick early, as all that is due is (`due_work`). No two surveys start at one time: another lease keeps runs apart.
    mine, until = f"survey of {now}", now + LOOK_EVERY - TICK // 2
    asked = options.full or options.dry_run
    if not asked and ports.leases.acquire(ports.scope, SURVEY, mine, now=now, until=until) is not None:
        return None
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
    return quotas
