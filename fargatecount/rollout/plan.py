"""What a roll-out must do, from what is there and what is wanted.

Pure. The plan is made anew by each run, so an interrupted roll-out goes on where it was: what is done is not missing any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.rollout.stack_set import InstanceState, Operation, Preferences, StackInstance, StackSet
from fargatecount.rollout.targets import Organization, Reach, reach_of
from fargatecount.stack.artifact import CODE_KEY, OF_THE_CODE
from fargatecount.stack.parameters import setting_of
from fargatecount.workload import Scope

TOLERATED_PERCENT = 10.0
"""Failures are mostly one account's own matter, and one that fails is rolled back by itself. A tenth is more likely the template's."""
CONCURRENT_PERCENT = 25.0
"""A quarter at a time: a defect that only shows in use stops at the first failures, and four rounds take a few minutes each."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a roll-out is to come to."""

    stack_set: StackSet
    units: tuple[str, ...]
    regions: tuple[str, ...]


class RolledOut(msgspec.Struct, frozen=True, kw_only=True):
    """What is there."""

    stack_set: StackSet | None = None
    instances: Sequence[StackInstance] = ()
    running: Operation | None = None


class RolloutPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a roll-out does."""

    wanted: Wanted
    creates: bool
    """Whether the StackSet itself is new."""
    updates: bool
    """Whether every stack gets another template, other code or other settings."""
    changed_settings: tuple[str, ...]
    """`name: before -> after`."""
    version_before: str
    version_after: str
    missing: tuple[Scope, ...]
    """Stacks to be made."""
    retried: tuple[Scope, ...]
    """Stacks that failed or were left out, and are tried again."""
    outside: tuple[Scope, ...]
    """Stacks of units or Regions that are not named: a roll-out removes nothing."""
    closed: tuple[OrganizationAccount, ...]
    management: OrganizationAccount | None
    """The management account, if it is below the units: StackSets leaves it out."""
    stacks: int
    """Stacks that are worked on."""
    preferences: Preferences
    code_regions: tuple[str, ...]
    """Regions that need the code: those that are wanted, and those of stacks that are updated."""
    running: Operation | None
    """An operation that must end first."""

    @property
    def nothing_to_do(self) -> bool:
        """Whether everything is as wanted."""
        return not (self.creates or self.updates or self.missing or self.retried or self.running)


def plan_rollout(
    standing: RolledOut,
    wanted: Wanted,
    organization: Organization,
    *,
    concurrent: float = CONCURRENT_PERCENT,
    tolerated: float = TOLERATED_PERCENT,
) -> RolloutPlan:
    """Return what must be done; `concurrent` and `tolerated` are percents of the accounts."""
    reach = reach_of(wanted.units, organization)
    aims = {Scope(account.id, region) for account in reach.accounts for region in wanted.regions}
    there = {instance.scope: instance for instance in standing.instances}
    before = standing.stack_set
    again = {InstanceState.FAILED, InstanceState.CANCELLED, InstanceState.OUTDATED}
    accounts = len({scope.account for scope in aims | set(there)})
    updates = before is not None and _differs(before, wanted.stack_set)
    missing = tuple(sorted(aims - set(there)))
    retried = tuple(sorted(scope for scope, instance in there.items() if instance.state in again))
    return RolloutPlan(
        wanted=wanted,
        creates=before is None,
        updates=updates,
        changed_settings=_changed(before.parameters if before else {}, wanted.stack_set.parameters),
        version_before=version_in(before.parameters) if before else "",
        version_after=version_in(wanted.stack_set.parameters),
        missing=missing,
        retried=retried,
        outside=tuple(sorted(set(there) - aims - _of_closed(reach, there))),
        closed=reach.closed,
        management=reach.management,
        stacks=len(missing) + len(there if updates else retried),
        preferences=preferences_for(accounts, concurrent=concurrent, tolerated=tolerated),
        code_regions=tuple(sorted({*wanted.regions, *(scope.region for scope in there)})),
        running=standing.running,
    )


def preferences_for(accounts: int, *, concurrent: float, tolerated: float) -> Preferences:
    """Return whole accounts for percents of them, at least one of each unless 0 was asked for.

    CloudFormation rounds down: 10 % of nine accounts tolerates none, and the first failure cancels all others
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSetOperationPreferences.html).
    """

    def share(percent: float) -> int:
        return max(1, int(accounts * percent / 100)) if percent else 0

    return Preferences(concurrent=max(1, share(concurrent)), tolerated=share(tolerated))


def version_in(parameters: Mapping[str, str]) -> str:
    """Return the version in the key of the code (`fargatecount/VERSION/…`); empty if it is not of that form."""
    parts = parameters.get(CODE_KEY, "").split("/")
    return parts[1] if len(parts) > 1 else ""


def _differs(before: StackSet, after: StackSet) -> bool:
    return (before.template, dict(before.parameters), before.automatic) != (after.template, dict(after.parameters), after.automatic)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        f"{setting_of(name)}: {before[name] or '(empty)'} -> {after[name] or '(empty)'}"
        for name in sorted(before)
        if name in after and name not in OF_THE_CODE and before[name] != after[name]
    )


def _of_closed(reach: Reach, there: Mapping[Scope, StackInstance]) -> set[Scope]:
    closed = {account.id for account in reach.closed}
    return {scope for scope in there if scope.account in closed}
