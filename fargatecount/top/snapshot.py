"""Snapshot: what was read for the screen, put together once per read, so that a key press computes nothing over all rows twice. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from fargatecount.counts import Counts
from fargatecount.ledger.row import Row
from fargatecount.metrics.points import ServiceKey
from fargatecount.timestamps import MINUTE
from fargatecount.usage.hanging import HANGING_AFTER, HangingWorkload, hanging_workloads
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import HELD, Cluster, Millis, Phase, WorkloadKey

NO_GROUP = "-"
CHANGED_WITHIN: Millis = 10 * MINUTE
"""How far back changes are shown: a rolling deployment takes minutes."""


class LedgerRow(msgspec.Struct, frozen=True):
    """One row, with its key."""

    cluster: Cluster
    workload_id: str
    row: Row

    @property
    def service(self) -> ServiceKey:
        """Its service, family or owner of pods."""
        return ServiceKey(self.cluster, self.row.facts.group or NO_GROUP)


class TopService(msgspec.Struct, frozen=True, kw_only=True):
    """What one service holds."""

    key: ServiceKey
    counts: Counts
    oldest: Millis | None
    """When its oldest workload was created."""
    revisions: tuple[int, ...]
    """Revisions of its task definition that run, ascending: two while a deployment is under way, or after one that did not end."""
    owners: tuple[str, ...]


class TopSnapshot(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything that the screen can show."""

    at: Millis
    scopes: Sequence[ScopeUsage]
    rows: Sequence[LedgerRow] = ()
    hanging_after: Millis = HANGING_AFTER
    """How long a workload may be pending or stopping: the setting `hangingMinutes`."""
    rows_at: Millis | None = None
    """When the rows were read, which is less often; None while they have not been read."""

    @cached_property
    def tables(self) -> dict[str, Any]:
        """What the tables have computed of this snapshot, by view: a key press sorts and filters only."""
        return {}

    @cached_property
    def held(self) -> Sequence[LedgerRow]:
        """The workloads that occupy capacity."""
        return [each for each in self.rows if each.row.phase in HELD]

    @cached_property
    def services(self) -> Sequence[TopService]:
        """Every service with something that it holds."""
        parts: dict[ServiceKey, list[LedgerRow]] = {}
        for each in self.held:
            parts.setdefault(each.service, []).append(each)
        return [_service(key, rows) for key, rows in parts.items()]

    @cached_property
    def hanging(self) -> Mapping[WorkloadKey, HangingWorkload]:
        """What has been pending or stopping for too long, in clusters that can be read: an old row proves nothing."""
        readable = {each.cluster for scope in self.scopes for each in scope.clusters if each.verdict.readable}
        rows = ((WorkloadKey(each.cluster, each.workload_id), each.row) for each in self.held if each.cluster in readable)
        return {each.key: each for each in hanging_workloads(rows, self.at, after=self.hanging_after, known={})}

    @cached_property
    def changed(self) -> Sequence[tuple[Millis, LedgerRow]]:
        """What changed its phase in the last minutes, the latest first."""
        moments = ((changed_at(each.row), each) for each in self.rows)
        recent = [(at, each) for at, each in moments if self.at - at <= CHANGED_WITHIN]
        return sorted(recent, key=lambda pair: (-pair[0], pair[1].cluster, pair[1].workload_id))


def changed_at(row: Row) -> Millis:
    """Return when a workload entered its phase, as its facts say; else when that was observed."""
    facts = row.facts
    by_phase: Mapping[Phase, Millis | None] = {
        Phase.PENDING: facts.created_at,
        Phase.RUNNING: facts.started_at,
        Phase.STOPPING: facts.stopping_at,
        Phase.GONE: facts.stopped_at,
    }
    return by_phase.get(row.phase) or row.observed_at


def _service(key: ServiceKey, rows: Iterable[LedgerRow]) -> TopService:
    rows = list(rows)
    facts = [each.row.facts for each in rows]
    return TopService(
        key=key,
        counts=Counts.total(each.row.counts for each in rows),
        oldest=min((each.created_at for each in facts if each.created_at is not None), default=None),
        revisions=tuple(sorted({each.revision for each in facts if each.revision is not None})),
        owners=tuple(sorted({each.owner for each in facts if each.owner})),
    )
