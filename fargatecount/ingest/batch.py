"""One batch of queue messages: each is decoded once, the ledger records what they report, and every message gets an outcome.

A message that can never be processed goes to the dead letters at once, with its reason, and delays no other. A message that could not be
finished now is delivered again. All others are done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.clock import Clock, never
from fargatecount.ecs.event import Malformed, NotOnFargate, ServiceReported, decode_event
from fargatecount.errors import FargatecountError
from fargatecount.ledger.contention import Contention
from fargatecount.ledger.isolation import record_isolated
from fargatecount.ledger.row import MergeOutcome
from fargatecount.ledger.store import LedgerStore
from fargatecount.refusals.log import RefusalLog, remember
from fargatecount.refusals.refusal import Refusal
from fargatecount.workload import Millis, Observation

IGNORED = "not on Fargate"
DEAD_LETTER = "dead letter"
UNFINISHED = "unfinished"
SERVICE = "about a service"

REPORTED = {
    MergeOutcome.APPLIED: "applied",
    MergeOutcome.ENRICHED: "applied",
    MergeOutcome.STALE: "stale",
    MergeOutcome.DUPLICATE: "duplicate",
    MergeOutcome.SUPERSEDED: "superseded",
    MergeOutcome.TOO_OLD: "too-old",
    DEAD_LETTER: "failed",
    UNFINISHED: "failed",
}
"""The name of each outcome in the function's own metrics; an event that is not about a Fargate task has none."""


class Message(msgspec.Struct, frozen=True):
    """One message of the task queue."""

    id: str
    body: str


class DeadLetters(Protocol):
    """Storage of messages that can never be processed."""

    def keep(self, message: Message, reason: str) -> None:
        """Keep a message with its reason; raises FargatecountError if it could not be kept."""
        ...


class BatchResult(msgspec.Struct, frozen=True):
    """The outcome of a batch."""

    retry_ids: tuple[str, ...]
    """Ids of the messages that must be delivered again."""
    tally: dict[str, int]
    """Number of messages per outcome: the ledger's outcomes, and the constants above."""
    oldest_age: Millis | None
    """Age of the oldest event of the batch."""
    retries: int
    """Transactions that were tried again."""
    dead: tuple[str, ...]
    """The reasons of the dead letters."""
    refused: tuple[Refusal, ...] = ()
    """Launches that AWS did not start. One that is delivered twice is here twice, and once in the log."""
    refusal_log_error: str = ""
    """Why the refusals could not be stored now; their messages are delivered again."""


def reported(tally: Mapping[str, int]) -> Mapping[str, int]:
    """Return the number of events per name in `REPORTED`, without names that no event has."""
    totals: Counter[str] = Counter()
    for outcome, number in tally.items():
        if outcome in REPORTED:
            totals[REPORTED[outcome]] += number
    return totals


def process_batch(
    messages: Sequence[Message],
    store: LedgerStore,
    dead_letters: DeadLetters,
    refusal_log: RefusalLog,
    clock: Clock,
    *,
    stop: Callable[[], bool] = never,
    contention: Contention | None = None,
) -> BatchResult:
    """Record a batch of messages in the ledger; `contention` is what this process knows of other writers."""
    tally: Counter[str] = Counter()
    retry_ids: list[str] = []
    dead: list[str] = []
    seen: list[tuple[Message, Observation]] = []
    refusals: dict[str, Refusal] = {}
    now = clock.now()
    for message in messages:
        event = decode_event(message.body, now)
        if isinstance(event, Malformed):
            if _keep(dead_letters, message, event.reason):
                dead.append(event.reason)
                tally[DEAD_LETTER] += 1
            else:
                retry_ids.append(message.id)
                tally[UNFINISHED] += 1
            continue
        if isinstance(event, NotOnFargate):
            tally[IGNORED] += 1
            continue
        if event.refusal is not None:
            refusals[message.id] = event.refusal
        if isinstance(event, ServiceReported):
            tally[SERVICE] += 1
        else:
            seen.append((message, event.observation))
    recorded = record_isolated([observation for _, observation in seen], store, clock, stop=stop, contention=contention)
    # A row that the table refuses for good is set aside: retried, it would hold up its batch until all of it is dead letters.
    aside = {i: reason for i, reason in recorded.refused.items() if _keep(dead_letters, seen[i][0], reason)}
    dead += aside.values()
    tally[DEAD_LETTER] += len(aside)
    for i, outcome in enumerate(recorded.outcomes):
        if outcome is None and i not in aside:
            retry_ids.append(seen[i][0].id)
    tally.update(outcome or UNFINISHED for i, outcome in enumerate(recorded.outcomes) if i not in aside)
    log_error = _remember(refusal_log, refusals.values())
    if log_error:
        # Whatever the outcome of these messages: what the ledger has already changes nothing a second time.
        retry_ids += [message_id for message_id in refusals if message_id not in retry_ids]
    ages = [clock.now() - observation.observed_at for _, observation in seen]
    return BatchResult(
        retry_ids=tuple(retry_ids),
        tally=dict(tally),
        oldest_age=max(ages, default=None),
        retries=recorded.retries,
        dead=tuple(dead),
        refused=tuple(refusals.values()),
        refusal_log_error=log_error,
    )


def _remember(log: RefusalLog, refusals: Iterable[Refusal]) -> str:
    """Store refusals; return the error if they could not be stored, or an empty text."""
    try:
        remember(log, refusals)
    except FargatecountError as error:
        return str(error)
    return ""


def _keep(dead_letters: DeadLetters, message: Message, reason: str) -> bool:
    """Keep a message. One that could not be kept stays in its queue, whose own redrive policy keeps it after enough receives."""
    try:
        dead_letters.keep(message, reason)
    except FargatecountError:
        return False
    return True
