"""StackSets with a memory: stacks that an operation makes, as the port promises."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.errors import MisconfiguredError
from fargatecount.organization.accounts import ACTIVE, OrganizationAccount
from fargatecount.rollout.stack_set import InstanceState, Operation, Preferences, StackInstance, StackSet, Target
from fargatecount.workload import Scope


class FakeStackSets:
    """The StackSets of one management account; an operation is seen running `looks` times."""

    def __init__(self, accounts: Sequence[OrganizationAccount], management: str) -> None:
        self.accounts = list(accounts)
        self.refusals: dict[tuple[str, str], str] = {}
        self.trusted = True
        self.looks = 0
        self.targets: list[Target | None] = []
        """Where each operation worked."""
        self._management = management
        self._sets: dict[str, StackSet] = {}
        self._stacks: dict[str, dict[Scope, StackInstance]] = {}
        self._operations: list[tuple[Operation, list[StackInstance]]] = []
        self._left: dict[str, int] = {}

    def check_access(self) -> None:
        """Refuse where Organizations does not trust CloudFormation."""
        if not self.trusted:
            raise MisconfiguredError("AWS Organizations does not trust CloudFormation StackSets", remedy="activate-organizations-access")

    def find(self, name: str) -> StackSet | None:
        """Return a StackSet."""
        return self._sets.get(name)

    def instances(self, name: str) -> Sequence[StackInstance]:
        """Return its stacks."""
        return sorted(self._stacks[name].values())

    def create(self, wanted: StackSet, template_url: str) -> None:
        """Make one without a stack."""
        assert template_url
        self._sets[wanted.name], self._stacks[wanted.name] = wanted, {}

    def update(self, wanted: StackSet, template_url: str, preferences: Preferences, target: Target | None) -> str:
        """Make stacks anew."""
        assert template_url
        before = self._sets[wanted.name]
        self._sets[wanted.name] = msgspec.structs.replace(wanted, units=before.units, regions=before.regions)
        places = self._places(target) if target else set(self._stacks[wanted.name])
        return self._work(wanted.name, "UPDATE", places & set(self._stacks[wanted.name]), target, preferences)

    def add(self, name: str, target: Target, preferences: Preferences) -> str:
        """Make stacks that do not exist."""
        found = self._sets[name]
        units, regions = tuple(sorted({*found.units, *target.units})), tuple(sorted({*found.regions, *target.regions}))
        self._sets[name] = msgspec.structs.replace(found, units=units, regions=regions)
        return self._work(name, "CREATE", self._places(target) - set(self._stacks[name]), target, preferences)

    def take_away(self, name: str, target: Target, preferences: Preferences) -> str:
        """Delete stacks."""
        return self._work(name, "DELETE", self._places(target) & set(self._stacks[name]), target, preferences)

    def delete(self, name: str) -> None:
        """Delete a StackSet that has no stacks."""
        if self._stacks[name]:
            raise MisconfiguredError(f"StackSet {name} is not empty")
        del self._sets[name]

    def running(self, name: str) -> Operation | None:
        """Return the operation that runs."""
        assert name
        return next((self._seen(each) for each, _ in self._operations if self._left[each.id]), None)

    def operation(self, name: str, operation_id: str) -> Operation:
        """Return one operation; this look brings it nearer to its end."""
        assert name
        (found,) = (each for each, _ in self._operations if each.id == operation_id)
        seen = self._seen(found)
        self._left[operation_id] = max(0, self._left[operation_id] - 1)
        return seen

    def results(self, name: str, operation_id: str) -> Sequence[StackInstance]:
        """Return how far it is."""
        assert name
        (results,) = (results for each, results in self._operations if each.id == operation_id)
        if self._left[operation_id]:
            return [msgspec.structs.replace(each, state=InstanceState.WORKING, reason="") for each in results]
        return results

    def _seen(self, operation: Operation) -> Operation:
        return msgspec.structs.replace(operation, status="RUNNING") if self._left[operation.id] else operation

    def _places(self, target: Target) -> set[Scope]:
        reached = {
            each.id
            for each in self.accounts
            if set(target.units) & set(each.unit_ids)
            and each.id != self._management
            and (not target.accounts or each.id in target.accounts)
        }
        return {Scope(account, region) for account in reached for region in target.regions}

    def _work(self, name: str, action: str, places: set[Scope], target: Target | None, preferences: Preferences) -> str:
        assert preferences.concurrent
        self.targets.append(target)
        closed = {each.id for each in self.accounts if each.status != ACTIVE}
        done = []
        for scope in sorted(places):
            reason = "" if action == "DELETE" else self.refusals.get((scope.account, scope.region), "")
            state = InstanceState.SUSPENDED if scope.account in closed else InstanceState.FAILED if reason else InstanceState.CURRENT
            stack = StackInstance(scope=scope, state=state, reason=reason)
            done.append(stack)
            if action == "DELETE":
                del self._stacks[name][scope]
            else:
                self._stacks[name][scope] = stack
        failed = any(each.state is InstanceState.FAILED for each in done)
        operation = Operation(id=f"operation-{len(self._operations)}", action=action, status="FAILED" if failed else "SUCCEEDED")
        self._operations.append((operation, done))
        self._left[operation.id] = self.looks
        return operation.id
