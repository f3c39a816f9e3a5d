"""One batch of usage events at the hub: the newest report of each scope is kept, and breaches are announced.

A forged event, or one that cannot be read, goes to the dead letters at once, with its reason. Late, duplicated and disordered events change
nothing: the store takes a report only if it is newer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from fargatecount.clock import Clock, never
from fargatecount.errors import FargatecountError
from fargatecount.ingest.batch import DeadLetters, Message
from fargatecount.organization.announce import Announced, AnnouncePorts, announce
from fargatecount.organization.envelope import Received, Rejected, read_event
from fargatecount.organization.scopes import Offered, ScopeStore
from fargatecount.workload import Scope

SUPERSEDED = "superseded"
"""A newer report of the same scope is in the same batch."""
REFUSED = "refused"
UNFINISHED = "unfinished"


@dataclass(frozen=True, kw_only=True)
class ReceivePorts:
    """The ports of the hub's receiver."""

    store: ScopeStore
    dead_letters: DeadLetters
    announce: AnnouncePorts
    clock: Clock


class ReceiveResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a batch."""

    retry_ids: tuple[str, ...]
    """Ids of the messages that must be delivered again."""
    tally: dict[str, int]
    """Number of messages per outcome: those of the store, and the constants above."""
    refused: tuple[str, ...]
    """The reasons of the dead letters."""
    announced: tuple[Announced, ...]
    errors: tuple[str, ...]
    """Why messages must be delivered again; each reason once."""


def receive(messages: Sequence[Message], ports: ReceivePorts, *, stop: Callable[[], bool] = never) -> ReceiveResult:
    """Keep the newest report of each scope in a batch, and announce what has been crossed or cleared in it."""
    tally: Counter[str] = Counter()
    retry_ids: list[str] = []
    refused: list[str] = []
    errors: dict[str, None] = {}
    newest: dict[Scope, tuple[Received, list[str]]] = {}
    now = ports.clock.now()
    for message in messages:
        event = read_event(message.body, now)
        if isinstance(event, Rejected):
            error = _set_aside(ports.dead_letters, message, event.reason)
            if error:
                retry_ids.append(message.id)
                errors[error] = None
            else:
                refused.append(event.reason)
            tally[UNFINISHED if error else REFUSED] += 1
            continue
        before, ids = newest.get(event.report.scope, (event, []))
        best = event if event.report.as_of >= before.report.as_of else before
        # All messages of a scope share the fate of its newest: if that cannot be kept, none of them may be lost.
        newest[event.report.scope] = (best, [*ids, message.id])
    announced: list[Announced] = []
    for scope, (event, ids) in newest.items():
        try:
            outcome = UNFINISHED if stop() else _keep(ports, scope, event, announced)
        except FargatecountError as error:
            errors[str(error)] = None
            outcome = UNFINISHED
        if outcome == UNFINISHED:
            retry_ids += ids
            tally[UNFINISHED] += len(ids)
            continue
        tally[outcome] += 1
        tally[SUPERSEDED] += len(ids) - 1
    return ReceiveResult(
        retry_ids=tuple(retry_ids),
        tally={outcome: number for outcome, number in tally.items() if number},
        refused=tuple(refused),
        announced=tuple(announced),
        errors=tuple(errors),
    )


def _keep(ports: ReceivePorts, scope: Scope, event: Received, announced: list[Announced]) -> str:
    offered = ports.store.offer(scope, event.report.as_of, event.text)
    # A stale report over a threshold is evaluated too: it may be the same event again, whose first delivery ended before the announcement.
    if event.report.over or offered is Offered.TAKEN_IN_BREACH:
        announced += announce(ports.announce, scope)
    return Offered.TAKEN if offered is Offered.TAKEN_IN_BREACH else offered


def _set_aside(dead_letters: DeadLetters, message: Message, reason: str) -> str:
    """Keep a refused message; return why that failed, or an empty text. Such a message stays in its queue."""
    try:
        dead_letters.keep(message, reason)
    except FargatecountError as error:
        return str(error)
    return ""
