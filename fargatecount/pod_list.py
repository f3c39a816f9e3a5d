"""What a complete list of pods changes in the ledger: the pods that are news, and the end of those it lacks.

Pure. A list that has failed half way never gets here: could not look is not absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fargatecount.pod import Pod
from fargatecount.pods import observe
from fargatecount.row import Row
from fargatecount.workload import Cluster, Millis, Observation, Phase, Source


def news(rows: Mapping[str, Row], pods: Iterable[Pod], version: int, cluster: Cluster, *, epoch: int, at: Millis) -> Iterator[Observation]:
    """Yield what the list says beyond the rows: the difference is what has to be written, and after a quiet while there is none.

    `rows` are all rows of the cluster by workload id, read before or after the list: versions decide which of the two is newer.
    `version` is the list's, `at` the moment before it was asked for.

    Raises:
        Malformed: a pod's resourceVersion is not a number.
    """
    present = set()
    for pod in pods:
        seen = observe(pod, cluster, epoch=epoch, source=Source.API, at=at)
        if seen is not None:
            present.add(seen.workload_id)
            if not _is_known(rows.get(seen.workload_id), seen):
                yield seen
    yield from absences(rows, present, version, cluster, epoch=epoch, at=at)


def absences(
    rows: Mapping[str, Row], present: set[str], version: int, cluster: Cluster, *, epoch: int, at: Millis
) -> Iterator[Observation]:
    """Yield the end of every living row that is not among the workloads `present` in a complete list of `version`."""
    for workload_id, row in rows.items():
        if row.phase is not Phase.GONE and workload_id not in present:
            yield Observation(
                cluster=cluster,
                workload_id=workload_id,
                version=version,
                source=Source.API,
                phase=Phase.GONE,
                observed_at=at,
                epoch=epoch,
                absent=True,
            )


def _is_known(row: Row | None, seen: Observation) -> bool:
    if row is None or (row.epoch, row.version, row.phase) != (seen.epoch, seen.version, seen.phase):
        return False
    return all(getattr(row.facts, name) == value for name, value in seen.facts.items())
