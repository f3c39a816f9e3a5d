"""Announcement: one message for each breach in the organization, with account, Region, culprit and remedy.

The hub evaluates the gauges of the newest report by the same rules as a member (`breaches.breach`), and keeps what it has decided before it
sends it (`breaches.notify` has the reason for that order). A breach that crosses the warning and the critical level at once is one message;
one that rises from warning to critical later is a second. A silent scope changes nothing: its last report may no longer be true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import msgspec

from fargatecount.breaches.breach import Breaches, BreachLevel, Change, ChangeKind, acknowledge, evaluate
from fargatecount.breaches.notify import BreachStore
from fargatecount.clock import Clock
from fargatecount.ledger.leases import ANNOUNCE, LeaseHeldError, LeaseStore, lease
from fargatecount.organization.accounts import AccountStore, name_of
from fargatecount.organization.message import BreachMessage, breach_message
from fargatecount.organization.scopes import SILENT_AFTER, ScopeRecord, ScopeStore, is_silent
from fargatecount.workload import Millis, Scope

LEASE: Millis = 20_000
"""Announcing takes a fraction of a second; an invocation that dies blocks its scope for no longer than this."""
_GRAVITY = {BreachLevel.WARNING: 0, BreachLevel.CRITICAL: 1}


class Topic(Protocol):
    """The topic of the organization."""

    def publish(self, message: BreachMessage) -> None:
        """Send a message; raises UnavailableError or DeniedError if it was not accepted."""
        ...


class UnarmedTopic:
    """Sends nothing, for a hub that is not armed."""

    def publish(self, message: BreachMessage) -> None:
        """Do nothing."""


@dataclass(frozen=True, kw_only=True)
class AnnouncePorts:
    """The ports of announcement."""

    store: ScopeStore
    breaches: BreachStore
    topic: Topic
    accounts: AccountStore
    leases: LeaseStore
    clock: Clock
    owner: str
    """Unique to the invocation: the lease distinguishes invocations by it."""
    silent_after: Millis = SILENT_AFTER


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A message that the topic accepted."""

    scope: Scope
    message: BreachMessage


class Onset(msgspec.Struct, frozen=True):
    """A change that is worth a message, and when the breach that it belongs to began."""

    change: Change
    since: Millis


def announce(ports: AnnouncePorts, scope: Scope) -> list[Announced]:
    """Evaluate a scope by its newest report, and send what is new.

    Where another invocation holds the lease, nothing is done: that one decides by the newest report too, and the next report is at most a
    minute away.

    Raises:
        UnavailableError, DeniedError, MalformedError: a port failed; what was decided is kept, and the next report sends it.
    """
    try:
        with lease(ports.leases, scope, ANNOUNCE, ports.owner, ports.clock, length=LEASE):
            return _announce(ports, scope, ports.clock.now())
    except LeaseHeldError:
        return []


def _announce(ports: AnnouncePorts, scope: Scope, now: Millis) -> list[Announced]:
    # The state is read before the report, and written only if it has not changed since.
    before = ports.breaches.breaches(scope)
    record = ports.store.find(scope)
    if record is None or record.retired or is_silent(record, now, ports.silent_after):
        return []
    after = evaluate(before, record.report.gauges, record.as_of)
    if not (after.open or after.pending):
        if record.in_breach:
            ports.store.mark(scope, in_breach=False)
        return []
    if not record.in_breach:
        # Before the state is written: a process that dies in between leaves a mark too many, never one too few.
        ports.store.mark(scope, in_breach=True)
    if after is not before and not ports.breaches.keep(scope, after):
        return []
    return _send(ports, record, after) if after.pending else []


def _send(ports: AnnouncePorts, record: ScopeRecord, after: Breaches) -> list[Announced]:
    name = name_of(ports.accounts.account_list(), record.scope.account)
    sent: list[Announced] = []
    for onset in onsets(after):
        message = breach_message(onset.change, record, since=onset.since, account_name=name)
        ports.topic.publish(message)
        sent.append(Announced(scope=record.scope, message=message))
    acknowledged = acknowledge(after, after.pending)
    if ports.breaches.keep(record.scope, acknowledged) and not acknowledged.open:
        ports.store.mark(record.scope, in_breach=False)
    return sent


def onsets(state: Breaches) -> list[Onset]:
    """Return the pending changes that are worth a message, oldest first.

    Of the changes that one evaluation made at one ceiling, that is at most one: the gravest level that was crossed, or the end of the last
    level that was open. Promise: at each ceiling the messages alternate between crossed and cleared, but for a rise to a graver level.
    """
    levels = _levels_before(state)
    began = _beginnings(state)
    found: list[Onset] = []
    for (_, ceiling), together in groupby(sorted(state.pending, key=lambda c: (c.at, ceiling_of(c))), key=lambda c: (c.at, ceiling_of(c))):
        changes = list(together)
        here = levels.setdefault(ceiling, set())
        was_open = max((_GRAVITY[level] for level in here), default=-1)
        for change in changes:
            (here.add if change.kind is ChangeKind.CROSSED else here.discard)(change.gauge.level)
        crossed = [change for change in changes if change.kind is ChangeKind.CROSSED]
        gravest = max(crossed or changes, key=lambda change: _GRAVITY[change.gauge.level])
        since = min([began.get(ceiling, gravest.since), *(change.since for change in changes)])
        if _GRAVITY[gravest.gauge.level] > was_open if crossed else not here:
            found.append(Onset(gravest, since))
        if here:
            began[ceiling] = since
        else:
            began.pop(ceiling, None)
    return found


def ceiling_of(change: Change) -> str:
    """Return the name of what is crossed, whatever the level: `quota/spot`, `limit/ECS-web`."""
    return change.gauge.key.removesuffix(f"/{change.gauge.level}")


def _levels_before(state: Breaches) -> dict[str, set[BreachLevel]]:
    """Return the levels that were open at each ceiling before the first pending change."""
    levels: dict[str, set[BreachLevel]] = {}
    for change in state.open.values():
        levels.setdefault(ceiling_of(change), set()).add(change.gauge.level)
    for change in reversed(state.pending):
        here = levels.setdefault(ceiling_of(change), set())
        (here.discard if change.kind is ChangeKind.CROSSED else here.add)(change.gauge.level)
    return levels


def _beginnings(state: Breaches) -> dict[str, Millis]:
    """Return since when each ceiling has been in breach without a pause, where that began before the first pending change."""
    pending: Sequence[Change] = state.pending
    began: dict[str, Millis] = {}
    for change in state.open.values():
        if change not in pending:
            ceiling = ceiling_of(change)
            began[ceiling] = min(began.get(ceiling, change.since), change.since)
    return began
