"""Isolation: rows that the table refuses however often they are tried are set aside, and the rest is recorded.

The parsers bound every field, so this is the second fence: an item that is too large, a number beyond 38 digits, a key that is too long.
Without it one workload of a tenant holds up everything that is recorded with it. A table that answers reads and refuses one row refuses the
row; a table that answers nothing, or refuses reads too, is the trouble itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import msgspec

from fargatecount.clock import Clock, never
from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.ledger.contention import Contention
from fargatecount.ledger.record import record
from fargatecount.ledger.row import MergeOutcome
from fargatecount.ledger.store import LedgerStore
from fargatecount.workload import Observation, WorkloadKey

PROBE = "-"
"""An id that no workload has: the observation's own may be what the table refuses, as a key of more than 1,024 bytes is, also in a read."""


class Isolated(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of each observation in the order given; None if it is unfinished, or refused."""

    outcomes: tuple[MergeOutcome | None, ...]
    refused: Mapping[int, str]
    """Why the table refuses the observations at these positions."""
    retries: int = 0

    @property
    def unfinished(self) -> tuple[int, ...]:
        """Positions of the observations that must be recorded again."""
        return tuple(i for i, outcome in enumerate(self.outcomes) if outcome is None and i not in self.refused)


def record_isolated(
    observations: Sequence[Observation],
    store: LedgerStore,
    clock: Clock,
    *,
    stop: Callable[[], bool] = never,
    jitter: random.Random | None = None,
    contention: Contention | None = None,
) -> Isolated:
    """Record observations as `record` does, without those that the table refuses for good.

    Raises:
        FargatecountError: the table itself refuses, as `record` raises it.
    """
    try:
        done = record(observations, store, clock, stop=stop, jitter=jitter, contention=contention)
        return Isolated(outcomes=done.outcomes, refused={}, retries=done.retries)
    except MisconfiguredError as error:
        if not observations or not _answers_reads(store, observations[0]):
            raise
        if len(observations) == 1:
            return Isolated(outcomes=(None,), refused={0: str(error)})
    middle = len(observations) // 2
    halves = [
        record_isolated(half, store, clock, stop=stop, jitter=jitter, contention=contention)
        for half in (observations[:middle], observations[middle:])
    ]
    return Isolated(
        outcomes=halves[0].outcomes + halves[1].outcomes,
        refused={**halves[0].refused, **{middle + position: reason for position, reason in halves[1].refused.items()}},
        retries=halves[0].retries + halves[1].retries,
    )


def _answers_reads(store: LedgerStore, seen: Observation) -> bool:
    try:
        store.read_rows([WorkloadKey(seen.cluster, PROBE)])
    except FargatecountError:
        return False
    return True
