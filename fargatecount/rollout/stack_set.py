"""A service-managed StackSet: the same stack in many accounts and Regions, and the port to it.

Service-managed: AWS Organizations names the accounts by their units, CloudFormation makes the roles in them, and an account that joins a
unit gets its stacks by itself
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-enable-trusted-access.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from fargatecount.workload import Scope


class InstanceState(StrEnum):
    """How one stack of a StackSet stands.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackInstanceComprehensiveStatus.html
    """

    CURRENT = "current"
    """As the StackSet says."""
    WORKING = "working"
    """An operation on it waits or runs."""
    OUTDATED = "outdated"
    """The last operation left it out."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The operation was stopped before it, by you or because too many others had failed."""
    SUSPENDED = "suspended"
    """The account is closed."""


class StackInstance(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """The stack of one account and Region, as the StackSet knows it."""

    scope: Scope
    state: InstanceState
    reason: str = ""
    """What CloudFormation says of a failure."""
    unit: str = ""
    """Id of the organizational unit by which the account was reached."""


class StackSet(msgspec.Struct, frozen=True, kw_only=True):
    """What every stack of the set is made of."""

    name: str
    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    automatic: bool = True
    """Whether an account that joins a unit gets its stacks by itself."""
    units: tuple[str, ...] = ()
    """Ids of the units to which it was rolled out."""
    regions: tuple[str, ...] = ()
    """Regions to which it was rolled out."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where an operation works: every account of the units, or only some of them, in each Region."""

    units: tuple[str, ...]
    regions: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    """Empty for all of the units."""


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """How an operation goes; both are numbers of accounts in each Region."""

    concurrent: int
    tolerated: int
    """Failures before it stops."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation on a StackSet."""

    id: str
    action: str
    """CREATE, UPDATE or DELETE."""
    status: str
    """RUNNING, SUCCEEDED, FAILED, STOPPING, STOPPED or QUEUED."""
    reason: str = ""

    @property
    def ended(self) -> bool:
        """Whether CloudFormation has finished with it."""
        return self.status not in {"RUNNING", "STOPPING", "QUEUED"}


class StackSets(Protocol):
    """CloudFormation StackSets of the management account or of a delegated administrator.

    Every method raises DeniedError and UnavailableError. Those that change something raise MisconfiguredError where CloudFormation refuses
    a name, a template or a value, or this account may have no service-managed StackSets.
    """

    def check_access(self) -> None:
        """Do nothing if AWS Organizations trusts CloudFormation; else raise MisconfiguredError with what to do."""
        ...

    def find(self, name: str) -> StackSet | None:
        """Return a StackSet; None if there is none."""
        ...

    def instances(self, name: str) -> Sequence[StackInstance]:
        """Return its stacks, by account and Region."""
        ...

    def create(self, wanted: StackSet, template_url: str) -> None:
        """Make a StackSet without a stack."""
        ...

    def update(self, wanted: StackSet, template_url: str, preferences: Preferences, target: Target | None) -> str:
        """Begin to bring every stack, or those of the target, to what is wanted; return the id of the operation."""
        ...

    def add(self, name: str, target: Target, preferences: Preferences) -> str:
        """Begin to make the stacks of a target that do not exist; return the id of the operation."""
        ...

    def take_away(self, name: str, target: Target, preferences: Preferences) -> str:
        """Begin to delete the stacks of a target; return the id of the operation."""
        ...

    def delete(self, name: str) -> None:
        """Delete a StackSet that has no stacks."""
        ...

    def running(self, name: str) -> Operation | None:
        """Return the operation that runs or waits; None if there is none."""
        ...

    def operation(self, name: str, operation_id: str) -> Operation:
        """Return one operation."""
        ...

    def results(self, name: str, operation_id: str) -> Sequence[StackInstance]:
        """Return how far an operation is in each account and Region that it has come to."""
        ...
