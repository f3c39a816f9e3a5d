"""A list of workloads: every ECS task and EKS pod that is held, with its age, to find those that were forgotten.

Pure. The document `fargatecount/tasks` version 1: keys may be added, none is renamed; an unknown value is null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase

import msgspec

from fargatecount.ledger.row import Row
from fargatecount.timestamps import to_iso
from fargatecount.workload import CPU_UNITS_PER_VCPU, MIB_PER_GIB, NO_OWNER, Capacity, Cluster, Kind, Millis, Phase

SCHEMA = "fargatecount/tasks"
VERSION = 1
MILLIS_PER_SECOND = 1000


class WorkloadEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One workload."""

    account: str
    region: str
    cluster: str
    """Key, such as `ECS-web`."""
    workload: str
    """ECS task id or pod uid."""
    kind: Kind
    phase: Phase
    capacity: Capacity
    vcpu: float | None
    memory_gib: float | None
    group: str | None
    """Service, task family or owner of pods."""
    family: str | None
    revision: int | None
    owner: str | None
    """The value of the owner tag or label."""
    started_by: str | None
    created_at: str | None
    """ISO 8601 in UTC, as all times here."""
    started_at: str | None
    age_seconds: int | None
    """Since it was created."""


class WorkloadsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount tasks --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str | None
    complete: bool
    """Whether every cluster that was asked for is readable."""
    left_out: int
    """Workloads that match and are not listed, because a number was asked for."""
    tasks: list[WorkloadEntry]


class SortKey(StrEnum):
    """What a list is sorted by; the largest or oldest first, names from A."""

    AGE = "age"
    VCPU = "vcpu"
    MEMORY = "memory"
    CLUSTER = "cluster"
    SERVICE = "service"
    STARTED_BY = "started-by"
    REVISION = "revision"


class WorkloadFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which workloads are asked for; all of them by default."""

    older_than: Millis = 0
    services: Sequence[str] = ()
    """Globs over the group, with or without its prefix."""
    started_by: Sequence[str] = ()
    """Globs; a workload that names none matches the empty one."""
    owners: Sequence[str] = ()
    phases: Sequence[Phase] = ()
    without_service: bool = False
    """Only tasks and pods that no service keeps alive: those that are forgotten most easily."""


def workload_entry(cluster: Cluster, workload_id: str, row: Row, now: Millis) -> WorkloadEntry:
    """Return one workload as it stands in JSON."""
    facts = row.facts
    family = facts.family or ((facts.group or "").partition(":")[2] if cluster.kind is Kind.ECS else "")
    return WorkloadEntry(
        account=cluster.scope.account,
        region=cluster.scope.region,
        cluster=cluster.key,
        workload=workload_id,
        kind=cluster.kind,
        phase=row.phase,
        capacity=facts.capacity or Capacity.ON_DEMAND,
        vcpu=None if facts.cpu is None else facts.cpu / CPU_UNITS_PER_VCPU,
        memory_gib=None if facts.memory is None else facts.memory / MIB_PER_GIB,
        group=facts.group,
        family=family or None,
        revision=facts.revision,
        owner=None if facts.owner == NO_OWNER else facts.owner,
        started_by=facts.started_by,
        created_at=to_iso(facts.created_at),
        started_at=to_iso(facts.started_at),
        age_seconds=None if facts.created_at is None else max(now - facts.created_at, 0) // MILLIS_PER_SECOND,
    )


def select_workloads(entries: Iterable[WorkloadEntry], wanted: WorkloadFilter) -> list[WorkloadEntry]:
    """Return the workloads that match; one of unknown age is older than nothing."""
    return [entry for entry in entries if _matches(entry, wanted)]


def sort_workloads(entries: Iterable[WorkloadEntry], key: SortKey) -> list[WorkloadEntry]:
    """Return the workloads in order; what is unknown stands last, and equal ones by cluster and id."""
    value = _VALUES[key]
    ordered = sorted(entries, key=lambda entry: (entry.cluster, entry.workload))
    known = sorted((entry for entry in ordered if value(entry) is not None), key=value, reverse=key in _LARGEST_FIRST)  # type: ignore[arg-type]
    return known + [entry for entry in ordered if value(entry) is None]


_VALUES: Mapping[SortKey, Callable[[WorkloadEntry], str | float | None]] = {
    SortKey.AGE: lambda entry: entry.age_seconds,
    SortKey.VCPU: lambda entry: entry.vcpu,
    SortKey.MEMORY: lambda entry: entry.memory_gib,
    SortKey.CLUSTER: lambda entry: entry.cluster,
    SortKey.SERVICE: lambda entry: entry.group,
    SortKey.STARTED_BY: lambda entry: entry.started_by,
    SortKey.REVISION: lambda entry: entry.revision,
}
_LARGEST_FIRST = {SortKey.AGE, SortKey.VCPU, SortKey.MEMORY}
"""A revision is sorted upward: the oldest code is what is looked for."""


def _matches(entry: WorkloadEntry, wanted: WorkloadFilter) -> bool:
    group = entry.group or ""
    return (
        (not wanted.older_than or (entry.age_seconds is not None and entry.age_seconds * MILLIS_PER_SECOND >= wanted.older_than))
        and _any(wanted.services, group, group.partition(":")[2])
        and _any(wanted.started_by, entry.started_by or "")
        and _any(wanted.owners, entry.owner or "")
        and (not wanted.phases or entry.phase in wanted.phases)
        and not (wanted.without_service and _has_service(entry))
    )


def _has_service(entry: WorkloadEntry) -> bool:
    return (entry.group or "").startswith("service:") if entry.kind is Kind.ECS else "/" in (entry.group or "")


def _any(globs: Sequence[str], *names: str) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs for name in names)
