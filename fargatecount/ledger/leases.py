"""Leases: at most one of its kind at a time, and nobody waits for the dead.

A lease has an end; who has not released it by then has lost it. The work under a lease must be harmless if two holders ever overlap (a
machine that froze and woke up), for no lease can exclude that: here everything is recorded through the ledger, whose lock is the row's
revision.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from fargatecount.clock import Clock
from fargatecount.workload import Millis, Scope

RECONCILE = "reconcile"
REBUILD = "rebuild"
PUBLISH = "publish"
SURVEY = "survey"
"""Held for as long as nobody needs to look again, and so not given back."""


class LeaseStore(Protocol):
    """Where leases are kept."""

    def acquire(self, scope: Scope, name: str, owner: str, *, now: Millis, until: Millis) -> str | None:
        """Take or renew a lease; return None on success, else who holds it."""
        ...

    def release(self, scope: Scope, name: str, owner: str) -> None:
        """Give a lease back; does nothing where it is no longer ours."""
        ...


class LeaseHeldError(Exception):
    """Somebody else holds the lease."""

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(f"{name} is already running: {owner}")
        self.owner = owner


@contextmanager
def lease(leases: LeaseStore, scope: Scope, name: str, owner: str, clock: Clock, *, length: Millis) -> Iterator[None]:
    """Hold a lease while the block runs.

    Raises:
        LeaseHeldError: somebody else has it.
    """
    now = clock.now()
    other = leases.acquire(scope, name, owner, now=now, until=now + length)
    if other is not None:
        raise LeaseHeldError(name, other)
    try:
        yield
    finally:
        leases.release(scope, name, owner)
