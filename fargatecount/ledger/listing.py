"""What a complete list of pods changes in the ledger: the pods that are news, and the end of those it lacks.

Pure. A list that has failed half way never gets here: could not look is not absent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from fargatecount.ledger.row import Row
from fargatecount.workload import Cluster, Millis, Observation, Phase, SourceRank


def news(rows: Mapping[str, Row], listed: Iterable[Observation]) -> Iterator[Observation]:
    """Yield what a list says beyond the rows: the difference is what has to be written, and after a quiet while there is none.

    `rows` are those of the bucket or buckets that the listed workloads belong to, by workload id, read before or after the list: versions
    decide which of the two is newer.
    """
    return (seen for seen in listed if not _is_known(rows.get(seen.workload_id), seen))


def absences(
    rows: Mapping[str, Row], present: Collection[str], version: int, cluster: Cluster, *, epoch: int, at: Millis
) -> Iterator[Observation]:
    """Yield the end of every living row that is not among the workloads `present` in a complete list of the whole cluster.

    `version` is the list's, `at` the moment before it was asked for.
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
