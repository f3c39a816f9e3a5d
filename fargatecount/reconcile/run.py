"""One run of the reconciler, from the lease to the stored report. The schedule and the command line both use it.

Owns the order: the lease, the reconcile under it, the state of the scope (quotas, AWS's own counts, limits, cost), and the report last.
Quotas and usage that AWS does not return are unknown in the report and stop nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import ClusterState, is_watched
from fargatecount.ledger.leases import RECONCILE
from fargatecount.ledger.leases import lease as lease_held
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.drift_log import with_run
from fargatecount.reconcile.ports import Ports
from fargatecount.reconcile.schedule import due_work
from fargatecount.reconcile.scope import Options, reconcile
from fargatecount.reconcile.scope_state import with_scope_state
from fargatecount.refusals.log import remember
from fargatecount.workload import Kind, Millis

LAST_LOOK: Millis = 60_000
"""In this last part of its time a run begins no further cluster. A minute is enough to read and write the largest likely cluster, 10,000
tasks or 200 calls at five a second, so the clusters left over are untouched and not half done."""


LAST_QUESTION: Millis = 20_000
"""In this last part of its time a run sends no further request to AWS. A cluster that is still being read is left to the next run, and its
partial read is lost. A quarter of a minute writes 10,000 rows."""
LAST_WRITE: Millis = 5_000
"""In this last part of its time a run writes no further row: the report has to be stored."""


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
        if ports.drift is not None and not (options.dry_run or is_routine):
            ended = msgspec.structs.replace(found, ended_at=clock.now())
            ports.drift.keep_drift(ports.scope, with_run(ports.drift.drift(ports.scope), ended))
        report = with_scope_state(ports, options, found, brief=is_routine)
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
