"""How a deployment goes: the events of the stack, what failed and what helps.

Pure but for the wait: the port `Stacks` reads, the clock waits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import DeadlineExceededError, MisconfiguredError
from fargatecount.workload import Millis

PAUSE = 2.0
"""Seconds between two looks: CloudFormation throttles below one a second per stack."""
LOOK_BACK: Millis = 10 * 60_000
"""Twice the error of a clock that AWS still accepts."""
LONGEST: Millis = 60 * 60_000
"""An hour. The slowest part, a table's first creation, takes a minute; a VPC's interfaces may take twenty to be removed."""


class StackEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a stack."""

    id: str
    at: Millis
    name: str
    """The name of the resource in the template; of the stack itself, the stack's."""
    type: str
    status: str
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether a resource failed by itself, and not because another one had."""
        return self.status.endswith("_FAILED") and "cancelled" not in self.reason.lower()


class StackState(msgspec.Struct, frozen=True, kw_only=True):
    """A stack as it is now."""

    name: str
    status: str
    reason: str = ""
    parameters: Mapping[str, str] = {}
    outputs: Mapping[str, str] = {}

    @property
    def busy(self) -> bool:
        """Whether CloudFormation works on it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


class ChangeSet(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared change of a stack."""

    id: str
    changes: tuple[Mapping[str, Any], ...]
    """As DescribeChangeSet lists them; none if nothing changes."""


class Stacks(Protocol):
    """CloudFormation and the stack's bucket, in one account and Region. All methods raise DeniedError and UnavailableError."""

    def state(self, name: str) -> StackState | None:
        """Return the stack, or None if there is none."""
        ...

    def template(self, name: str) -> dict[str, Any]:
        """Return the deployed template."""
        ...

    def create(self, name: str, template: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Begin to create a stack with a small template."""
        ...

    def upload(self, name: str, key: str, body: bytes) -> str:
        """Put an object into the stack's bucket, unless it is there already, and return its URL."""
        ...

    def prepare(self, name: str, template_url: str, values: Mapping[str, str]) -> ChangeSet:
        """Make a change set. Raises MisconfiguredError if CloudFormation refuses the template or a value."""
        ...

    def execute(self, name: str, change_set: ChangeSet) -> None:
        """Begin the change."""
        ...

    def discard(self, name: str, change_set: ChangeSet) -> None:
        """Delete a change set that is not executed."""
        ...

    def delete(self, name: str) -> None:
        """Empty the stack's bucket, and begin to delete the stack."""
        ...

    def events(self, name: str, since: Millis) -> list[StackEvent]:
        """Return the events of the stack from then on, oldest first."""
        ...


REMEDIES = (
    (r"already exists", "something of that name is left from another stack: delete it, or deploy another stage (--stage)"),
    (r"not authorized|AccessDenied|is not able to", "the credentials lack a permission: the message names it"),
    (r"boundary", "this account requires a permissions boundary: --set permissionsBoundary=ARN"),
    (r"LimitExceeded|limit exceeded|Maximum number", "a quota of this account is used up: Service Quotas raises it"),
    (r"kms|KMS", "check the key of --set tableKmsKeyArn, and that its policy lets this account use it"),
    (r"subnet|security group|VPC", "check --set vpcSubnetIds and vpcSecurityGroupIds: they must be of one VPC of this Region"),
    (r"not empty", "empty the bucket, then run the command again"),
    (r"deletion protection|DeletionProtection", "the table is protected: --set deletionProtection=false"),
    (
        r"UnreservedConcurrentExecution|concurrency",
        "this account's concurrency is too low: lower --set maximumConcurrency, or raise the quota",
    ),
    (r"[Tt]hrottl|Rate exceeded", "AWS was busy: run the command again"),
)
"""What helps, by what AWS says; the first that matches."""


def remedy_for(reason: str) -> str:
    """Return what helps against a failure."""
    return next((remedy for pattern, remedy in REMEDIES if re.search(pattern, reason)), "correct what the message names, and run it again")


def check_deployable(state: StackState | None) -> None:
    """Refuse a stack that CloudFormation cannot change now.

    Raises:
        MisconfiguredError: says what must be done first.
    """
    if state is None:
        return
    stuck = {
        "ROLLBACK_COMPLETE": "its creation failed: fargatecount destroy, then deploy again",
        "ROLLBACK_FAILED": "its creation failed: fargatecount destroy, then deploy again",
        "CREATE_FAILED": "its creation failed: fargatecount destroy, then deploy again",
        "DELETE_FAILED": "its deletion failed: fargatecount destroy deletes the rest",
        "UPDATE_ROLLBACK_FAILED": f"aws cloudformation continue-update-rollback --stack-name {state.name}, then deploy again",
    }
    if state.busy:
        raise MisconfiguredError(
            f"stack {state.name} is being changed now ({state.status})", remedy="wait until that has ended, then run the command again"
        )
    if state.status in stuck:
        raise MisconfiguredError(f"stack {state.name} is in state {state.status}", remedy=stuck[state.status])


def follow(
    stacks: Stacks,
    name: str,
    clock: Clock,
    show: Callable[[StackEvent], None],
    *,
    known: Collection[str] = (),
    gone_is_done: bool = False,
) -> tuple[StackState | None, list[StackEvent]]:
    """Show each event until CloudFormation has ended; return the stack, None once it is gone, and the failures.

    `known` are the ids of events from before the change (`past_events`).

    Raises:
        DeadlineExceededError: it did not end within an hour.
        DeniedError, UnavailableError: AWS refused or did not answer.
    """
    seen = set(known)
    since = clock.now() - LOOK_BACK
    failures: list[StackEvent] = []
    end = clock.now() + LONGEST
    while True:
        state = stacks.state(name)
        if state is None:
            if not gone_is_done:
                raise MisconfiguredError(f"stack {name} was deleted meanwhile", remedy="deploy it again")
            return None, failures
        fresh = [event for event in stacks.events(name, since) if event.id not in seen]
        for event in fresh:
            show(event)
        seen.update(event.id for event in fresh)
        failures += [event for event in fresh if event.failed]
        if not state.busy:
            return state, failures
        if clock.now() > end:
            raise DeadlineExceededError(f"stack {name} is still in state {state.status}", remedy="run the command again later")
        clock.sleep(PAUSE)


def past_events(stacks: Stacks, name: str, clock: Clock) -> set[str]:
    """Return the ids of the stack's latest events, before it is changed: this machine's clock may differ from AWS's."""
    return {event.id for event in stacks.events(name, clock.now() - LOOK_BACK)}


def succeeded(state: StackState) -> bool:
    """Return whether the last change was made, and not rolled back."""
    return state.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}
