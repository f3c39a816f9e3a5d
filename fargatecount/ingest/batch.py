"""The inbox: a batch of queue messages becomes observations, the ledger records them, and every message gets its fate.

A message that can never be understood goes to the dead letters at once, with its reason, and delays nobody. One that could not be finished
now comes again. All others are done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.clock import Clock, never
from fargatecount.ecs.refusals import is_about_a_service, refusal_in
from fargatecount.ecs.task import parse_event
from fargatecount.errors import FargatecountError, MalformedError
from fargatecount.ledger.record import record
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
"""What the function's own metrics call each fate of an event; what is not about a Fargate task has none."""

REASON_LENGTH = 500
"""Characters of a reason that are kept: enough for any message of ours, and little beside a body of up to 1 MiB."""


class Message(msgspec.Struct, frozen=True):
    """One message of the task queue."""

    id: str
    body: str


class DeadLetters(Protocol):
    """Where messages go that cannot be understood."""

    def keep(self, message: Message, reason: str) -> None:
        """Keep a message with its reason; raises FargatecountError if it could not be kept."""
        ...


class BatchResult(msgspec.Struct, frozen=True):
    """What became of a batch."""

    retry_ids: tuple[str, ...]
    """Ids of the messages that must be delivered again."""
    tally: dict[str, int]
    """How many messages met which fate: the ledger's outcomes, and the words above."""
    oldest_age: Millis | None
    """Age of the oldest event of the batch."""
    retries: int
    """Transactions that had to be tried again."""
    dead: tuple[str, ...]
    """The reasons of the dead letters."""
    refused: tuple[Refusal, ...] = ()
    """What AWS refused. One that is delivered twice is told twice here, and remembered once."""
    refusal_log_error: str = ""
    """Why the refusals could not be remembered now; their messages come again."""


def reported(tally: Mapping[str, int]) -> Mapping[str, int]:
    """Return how many events of a batch met which of the fates in `REPORTED`, without those that none met."""
    told: Counter[str] = Counter()
    for fate, number in tally.items():
        if fate in REPORTED:
            told[REPORTED[fate]] += number
    return told


def process_batch(
    messages: Sequence[Message],
    store: LedgerStore,
    dead_letters: DeadLetters,
    refusal_log: RefusalLog,
    clock: Clock,
    *,
    stop: Callable[[], bool] = never,
) -> BatchResult:
    """Bring a batch of messages into the ledger."""
    tally: Counter[str] = Counter()
    again: list[str] = []
    dead: list[str] = []
    seen: list[tuple[Message, Observation]] = []
    refusals = {message.id: found for message in messages if (found := refusal_in(message.body, clock.now())) is not None}
    for message in messages:
        if is_about_a_service(message.body):
            tally[SERVICE] += 1
            continue
        try:
            observation = parse_event(message.body)
        except MalformedError as error:
            reason = str(error)[:REASON_LENGTH]
            if _kept(dead_letters, message, reason):
                dead.append(reason)
                tally[DEAD_LETTER] += 1
            else:
                again.append(message.id)
                tally[UNFINISHED] += 1
            continue
        if observation is None:
            tally[IGNORED] += 1
        else:
            seen.append((message, observation))
    recorded = record([observation for _, observation in seen], store, clock, stop=stop)
    for (message, _), outcome in zip(seen, recorded.outcomes, strict=True):
        if outcome is None:
            again.append(message.id)
        tally[outcome or UNFINISHED] += 1
    forgotten = _not_remembered(refusal_log, refusals.values())
    if forgotten:
        # Whatever else became of these messages: what is in the ledger already changes nothing there a second time.
        again += [message_id for message_id in refusals if message_id not in again]
    ages = [clock.now() - observation.observed_at for _, observation in seen]
    return BatchResult(
        retry_ids=tuple(again),
        tally=dict(tally),
        oldest_age=max(ages, default=None),
        retries=recorded.retries,
        dead=tuple(dead),
        refused=tuple(refusals.values()),
        refusal_log_error=forgotten,
    )


def _not_remembered(log: RefusalLog, refusals: Iterable[Refusal]) -> str:
    """Remember refusals; return why they could not be, or nothing."""
    try:
        remember(log, refusals)
    except FargatecountError as error:
        return str(error)
    return ""


def _kept(dead_letters: DeadLetters, message: Message, reason: str) -> bool:
    """Keep a message; one that could not be kept stays in the queue, whose own redrive keeps it after enough tries."""
    try:
        dead_letters.keep(message, reason)
    except FargatecountError:
        return False
    return True
