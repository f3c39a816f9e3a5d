"""The roll-out in JSON: the document `fargatecount/rollout` version 1, for `organization deploy`, `upgrade`, `remove` and `status`.

Keys may be added; none is renamed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.rollout.causes import cause_of, remedy_of
from fargatecount.rollout.plan import RolloutPlan, version_in
from fargatecount.rollout.stack_set import Operation, StackInstance, StackSet
from fargatecount.workload import Scope


class RolloutStack(msgspec.Struct, frozen=True, kw_only=True):
    """The stack of one account and Region."""

    account: str
    account_name: str | None
    """Null where AWS Organizations does not list the account any more."""
    region: str
    state: str
    """One of `current`, `working`, `outdated`, `failed`, `cancelled`, `suspended`."""
    cause: str | None
    """Why it is not current, in a few words; null if it is, or is worked on."""
    reason: str
    """What CloudFormation says."""
    remedy: str


class RolloutOperation(msgspec.Struct, frozen=True, kw_only=True):
    """The operation that runs, or the last one of the command."""

    id: str
    action: str
    status: str


class PlanDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `--dry-run` would do."""

    creates: bool
    updates: bool
    version_before: str | None
    version_after: str
    changed_settings: list[str]
    missing: list[Scope]
    """Stacks to be made."""
    retried: list[Scope]
    """Stacks that failed or were left out."""
    outside: list[Scope]
    """Stacks of units and Regions that were not named: they stay."""
    concurrent: int
    """Accounts of a Region at the same time."""
    tolerated: int
    """Failures in a Region before CloudFormation stops."""


class RolloutDocument(msgspec.Struct, frozen=True, kw_only=True):
    """How the members stand."""

    schema: str = "fargatecount/rollout"
    version: int = 1
    stack_set: str
    deployed: str | None
    """Version of fargatecount that the members get; null without a StackSet."""
    hub_bus_arn: str | None
    complete: bool
    """Whether every stack is current; those of closed accounts are not expected to be."""
    operation: RolloutOperation | None
    plan: PlanDocument | None
    """Null but for `--dry-run`."""
    stacks: list[RolloutStack]


def rollout_document(
    name: str,
    stack_set: StackSet | None,
    instances: Sequence[StackInstance],
    operation: Operation | None,
    accounts: Mapping[str, OrganizationAccount],
    *,
    plan: RolloutPlan | None = None,
) -> RolloutDocument:
    """Return the document of a StackSet."""
    parameters = stack_set.parameters if stack_set else {}
    stacks = [_stack(instance, accounts) for instance in instances]
    return RolloutDocument(
        stack_set=name,
        deployed=version_in(parameters) or None,
        hub_bus_arn=parameters.get("HubBusArn") or None,
        complete=bool(stacks) and all(each.state in {"current", "suspended"} for each in stacks),
        operation=RolloutOperation(id=operation.id, action=operation.action, status=operation.status) if operation else None,
        plan=_plan(plan) if plan else None,
        stacks=stacks,
    )


def _plan(plan: RolloutPlan) -> PlanDocument:
    return PlanDocument(
        creates=plan.creates,
        updates=plan.updates,
        version_before=plan.version_before or None,
        version_after=plan.version_after,
        changed_settings=list(plan.changed_settings),
        missing=list(plan.missing),
        retried=list(plan.retried),
        outside=list(plan.outside),
        concurrent=plan.preferences.concurrent,
        tolerated=plan.preferences.tolerated,
    )


def _stack(instance: StackInstance, accounts: Mapping[str, OrganizationAccount]) -> RolloutStack:
    account = accounts.get(instance.scope.account)
    cause = cause_of(instance)
    return RolloutStack(
        account=instance.scope.account,
        account_name=account.name if account else None,
        region=instance.scope.region,
        state=instance.state,
        cause=cause.value if cause else None,
        reason=instance.reason,
        remedy=remedy_of(instance),
    )
