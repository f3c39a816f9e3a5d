"""What a complete list of pods changes in the ledger: the pods that the rows do not show yet, and the end of those that the list lacks.

Pure. A list that failed half way never gets here: a failed read is not absence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from fargatecount.ledger.row import Row
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Cluster, Millis, Observation, Phase, SourceRank

CLOCKS_AGREE: Millis = MINUTE
"""Rows that were written this much before a list was requested are older than the list, whatever machine wrote them: the clocks of AWS's
machines agree to milliseconds (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/set-time.html), those of others to seconds."""


def epoch_of(
    rows: Mapping[str, Row],
    version: int,
    listed: Iterable[Observation] = (),
    *,
    epoch: int,
    requested_at: Millis,
    written_before: Millis | None = None,
) -> int:
    """Return the epoch to which a consistent list of `version` belongs; `epoch` is the one in which the cluster was made.

    A consistent list is never older than a row that was there before it was requested
    (https://kubernetes.io/docs/reference/using-api/api-concepts/#the-resourceversion-parameter), and neither is any workload in it. If
    one is, etcd was restored and counts its versions again: a new epoch begins, and from then on the rows carry it. The version of the
    list alone shows no restore of a backup so young that other changes have caught up with it since: `listed` is compared too.

    `rows` must be older than the request: read before it, or, with `written_before`, filtered here by the time of their writing.
    """
    older = {name: row for name, row in rows.items() if written_before is None or row.written_at < written_before}
    current = max((row.epoch for row in older.values()), default=epoch)
    if current < epoch:
        return epoch
    comparable = {name: row for name, row in older.items() if row.epoch == current}
    went_back = any(row.version > version for row in comparable.values()) or any(
        _contradicts(comparable[seen.workload_id], seen) for seen in listed if seen.workload_id in comparable
    )
    return max(requested_at // 1000, current + 1) if went_back else current


def _contradicts(row: Row, seen: Observation) -> bool:
    """Return whether a later look found an earlier version of a workload, or another phase of the same version."""
    return row.version > seen.version or (row.version == seen.version and row.phase is not seen.phase)


def news(rows: Mapping[str, Row], listed: Iterable[Observation]) -> Iterator[Observation]:
    """Yield the listed workloads that differ from their rows: only these must be written, and on a quiet cluster there are none.

    `rows` are those of the buckets that the listed workloads belong to, by workload id, read before or after the list: versions decide
    which of the two is newer.
    """
    return (seen for seen in listed if not _is_known(rows.get(seen.workload_id), seen))


def absences(
    rows: Mapping[str, Row], present: Collection[str], version: int, cluster: Cluster, *, epoch: int, at: Millis
) -> Iterator[Observation]:
    """Yield the end of every living row that is not among the workloads `present` in a complete list of the whole cluster.

    `version` is the list's, `at` the time just before it was requested.
    """
    for workload_id, row in rows.items():
        if row.phase is not Phase.GONE and workload_id not in present:
            yield Observation(
                cluster=cluster,
                workload_id=workload_id,
                version=version,
                source=SourceRank.API,
                phase=Phase.GONE,
                observed_at=at,
                epoch=epoch,
                absent=True,
            )


def _is_known(row: Row | None, seen: Observation) -> bool:
    if row is None or (row.epoch, row.version, row.phase) != (seen.epoch, seen.version, seen.phase):
        return False
    return all(getattr(row.facts, name) == value for name, value in seen.facts.items())
