"""What hypothesis draws from: observations as hostile as sources can be, small enough that they collide all the time."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from fargatecount.workload import Capacity, Cluster, Facts, Observation, Phase, SourceRank
from tests.support.builders import FIRST, NOW, WEB, absent_from_list, unknown_to_api

# Two values of each fact that counts, and one of each kind that does not: enough to distinguish every rule of merging.
facts = st.builds(
    Facts,
    cpu=st.sampled_from([None, 256, 512]),
    memory=st.sampled_from([None, 512, 1024]),
    capacity=st.sampled_from([None, Capacity.ON_DEMAND, Capacity.SPOT]),
    group=st.sampled_from([None, "service:a", "service:b"]),
    started_at=st.sampled_from([None, NOW - 1, NOW - 2]),
)

versions = st.integers(1, 3)
epochs = st.integers(0, 1)
phases = st.sampled_from(Phase)
# The end absorbs everything, so most histories go without it: the rules among the living need the room.
mostly_living = st.one_of(st.sampled_from([phase for phase in Phase if phase is not Phase.GONE]), phases)


def said(
    *,
    clusters: Sequence[Cluster] = (WEB,),
    workload_ids: Sequence[str] = ("t1",),
    among: st.SearchStrategy[Phase] = mostly_living,
) -> st.SearchStrategy[Observation]:
    """Return what events and answers of the API say: nothing in it depends on the moment at which it arrives."""
    return st.builds(
        Observation,
        cluster=st.sampled_from(clusters),
        workload_id=st.sampled_from(workload_ids),
        version=versions,
        source=st.sampled_from(SourceRank),
        phase=among,
        observed_at=st.integers(NOW - 2, NOW),
        epoch=epochs,
        facts=facts,
    )


def inferred(*, clusters: Sequence[Cluster] = (WEB,), workload_ids: Sequence[str] = ("t1",)) -> st.SearchStrategy[Observation]:
    """Return what is concluded from silence: a task missing from an answer, or absent from a list."""
    return st.one_of(
        st.builds(
            unknown_to_api, st.integers(FIRST, FIRST + 3), cluster=st.sampled_from(clusters), workload_id=st.sampled_from(workload_ids)
        ),
        st.builds(
            absent_from_list,
            versions,
            epoch=epochs,
            cluster=st.sampled_from(clusters),
            workload_id=st.sampled_from(workload_ids),
        ),
    )
