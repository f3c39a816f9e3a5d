"""Leases: at most one holder at a time, and a dead holder blocks nothing for longer than its lease.

Every lease has an end. A holder that has not released the lease by then has lost it. No lease can exclude two holders at once, because a
frozen machine may wake up after its lease has ended, so the work under a lease must be harmless when it overlaps. Here it is: every fact
goes through the ledger, whose lock is the revision of the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.workload import Millis, Scope

RECONCILE = "reconcile"
REBUILD = "rebuild"
PUBLISH = "publish"
ANNOUNCE = "announce"
"""At the hub: the messages about one scope are decided and sent by one invocation at a time."""
RIGHTSIZE = "rightsize"
"""Held until the loads are due to be read again."""
SURVEY = "survey"
"""Held until the next survey is due, so it is not released after a successful one."""


class LeaseStore(Protocol):
    """Storage of leases.

    Both methods raise UnavailableError, DeniedError or MisconfiguredError where the storage cannot be used.
    """

    def acquire(self, scope: Scope, name: str, owner: str, *, now: Millis, until: Millis) -> str | None:
        """Take or renew a lease; return None on success, else the current holder."""
        ...

    def release(self, scope: Scope, name: str, owner: str) -> None:
        """Release a lease; do nothing if `owner` does not hold it."""
        ...


class LeaseHeldError(Exception):
    """Another process holds the lease."""

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(f"{name} is already running: {owner}")
        self.owner = owner


@contextmanager
def lease(leases: LeaseStore, scope: Scope, name: str, owner: str, clock: Clock, *, length: Millis) -> Iterator[None]:
    """Hold a lease of `length` milliseconds while the block runs.

    An error of the block is raised unchanged, with a note if the lease could not be released either.

    Raises:
        LeaseHeldError: another process has it.
        FargatecountError: the lease could not be acquired, or could not be released after the block had succeeded.
    """
    now = clock.now()
    holder = leases.acquire(scope, name, owner, now=now, until=now + length)
    if holder is not None:
        raise LeaseHeldError(name, holder)
    try:
        yield
    except BaseException as error:
        try:
            leases.release(scope, name, owner)
        except FargatecountError as second:
            error.add_note(f"lease {name} was not released and ends by itself: {second}")
        raise
    leases.release(scope, name, owner)
