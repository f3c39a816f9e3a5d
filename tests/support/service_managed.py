"""moto's StackSets with what AWS does in service-managed ones and moto leaves out; only the stacks, accounts and units are moto's.

As https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/what-is-cfnstacksets.html and the API reference have it: units reach
their descendants, never the management account; closed accounts are skipped; a stack that fails says so in its instance and in the results
of the operation; targets may name accounts within units; an operation runs for a while; accounts that join get stacks by themselves.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from moto.cloudformation.models import StackInstance, StackSet
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

ANSWERS = (
    *("create_stack_set", "update_stack_set", "create_stack_instances", "delete_stack_instances", "describe_stack_set_operation"),
    *("list_stack_set_operations", "list_stack_set_operation_results", "describe_organizations_access"),
)
"""Actions of CloudFormation that are answered here."""


@dataclass
class ServiceManaged:
    """What the test decides, and what AWS would."""

    refusals: dict[tuple[str, str], str] = field(default_factory=dict)
    """By account and Region: the reason for which its stacks fail."""
    trusted: bool = True
    looks: int = 0
    """So many looks at an operation still see it running."""

    def settle(self, stack_set: StackSet) -> None:
        """Let accounts that have joined a unit get their stacks."""
        if stack_set.auto_deployment["Enabled"]:
            self._work(stack_set, "CREATE", {"OrganizationalUnitIds": stack_set.organizational_unit_ids}, stack_set.regions)

    def create_stack_set(self, response: Any) -> ActionResult:
        """Answer CreateStackSet."""
        answer = _CREATE(response)
        stack_set = _stack_set(response)
        stack_set.auto_deployment = {"Enabled": str(response._get_params()["AutoDeployment"]["Enabled"]).lower() == "true"}
        stack_set.organizational_unit_ids, stack_set.regions = [], []
        return answer

    def create_stack_instances(self, response: Any) -> ActionResult:
        """Answer CreateStackInstances."""
        stack_set, targets = _stack_set(response), response._get_params()["DeploymentTargets"]
        stack_set.organizational_unit_ids = sorted({*stack_set.organizational_unit_ids, *targets["OrganizationalUnitIds"]})
        stack_set.regions = sorted({*stack_set.regions, *response._get_param("Regions", [])})
        return self._begin(response, "CREATE")

    def update_stack_set(self, response: Any) -> ActionResult:
        """Answer UpdateStackSet."""
        stack_set = _stack_set(response)
        stack_set.template = response._get_stack_from_s3_url(response._get_param("TemplateURL"))
        stack_set.parameters = {one["ParameterKey"]: one["ParameterValue"] for one in response._get_param("Parameters", [])}
        return self._begin(response, "UPDATE")

    def delete_stack_instances(self, response: Any) -> ActionResult:
        """Answer DeleteStackInstances."""
        return self._begin(response, "DELETE")

    def describe_stack_set_operation(self, response: Any) -> ActionResult:
        """Answer DescribeStackSetOperation."""
        operation = _stack_set(response).get_operation(response._get_param("OperationId"))
        return ActionResult({"StackSetOperation": _seen(operation, look=True)})

    def list_stack_set_operations(self, response: Any) -> ActionResult:
        """Answer ListStackSetOperations."""
        return ActionResult({"Summaries": [_seen(each) for each in _stack_set(response).operations[::-1]]})

    def list_stack_set_operation_results(self, response: Any) -> ActionResult:
        """Answer ListStackSetOperationResults."""
        operation = _stack_set(response).get_operation(response._get_param("OperationId"))
        running = operation["looks"] > 0
        return ActionResult({"Summaries": [{**each, "Status": "RUNNING"} if running else each for each in operation["results"]]})

    def describe_organizations_access(self, _response: Any) -> ActionResult:
        """Answer DescribeOrganizationsAccess."""
        return ActionResult({"Status": "ENABLED" if self.trusted else "DISABLED"})

    def _begin(self, response: Any, action: str) -> ActionResult:
        targets, regions = response._get_params().get("DeploymentTargets"), response._get_param("Regions", [])
        return ActionResult({"OperationId": self._work(_stack_set(response), action, targets, regions)})

    def _work(self, stack_set: StackSet, action: str, targets: dict[str, Any] | None, regions: Sequence[str]) -> str:
        there = {(each.account_id, each.region_name): each for each in stack_set.stack_instances}
        if targets is None:
            places = list(there)
        else:
            places = [(account, region) for region in regions for account in self._accounts(stack_set, targets)]
        done = []
        for place in places:
            if action == "DELETE" and place in there:
                done.append(there[place])
                there[place].delete()
                stack_set.stack_instances.remove(there[place])
            elif action == "UPDATE" and place in there:
                done.append(there[place])
                there[place].make(stack_set, self.refusals.get(place, ""))
            elif action == "CREATE" and place not in there:
                made = Instance(stack_set, place, closed=self._is_closed(stack_set, place[0]))
                made.make(stack_set, self.refusals.get(place, ""))
                stack_set.stack_instances.append(made)
                done.append(made)
        operation = stack_set._create_operation(str(uuid4()), action, "FAILED" if any(each.failure for each in done) else "SUCCEEDED")
        operation["results"] = [each.result(deleted=action == "DELETE") for each in done if not each.closed]
        operation["looks"] = self.looks
        return str(operation["OperationId"])

    def _accounts(self, stack_set: StackSet, targets: dict[str, Any]) -> list[str]:
        organization = stack_set.instances.org_backend
        units = set(targets["OrganizationalUnitIds"])
        while more := {unit.id for unit in organization.ou if unit.parent_id in units} - units:
            units |= more
        found = [each.id for each in organization.accounts if each.parent_id in units and each.id != stack_set.instances.account_id]
        if targets.get("AccountFilterType") == "INTERSECTION":
            found = [each for each in found if each in targets["Accounts"]]
        return found

    def _is_closed(self, stack_set: StackSet, account: str) -> bool:
        return bool(stack_set.instances.org_backend.get_account_by_id(account).status == "SUSPENDED")


class Instance:
    """A stack of one account and Region, or the reason why there is none."""

    def __init__(self, stack_set: StackSet, place: tuple[str, str], *, closed: bool) -> None:
        self.account_id, self.region_name = place
        self.closed = closed
        self.failure = ""
        self.stack: StackInstance | None = None
        self.unit = ",".join(stack_set.organizational_unit_ids[:1])

    def make(self, stack_set: StackSet, refusal: str) -> None:
        """Make the stack anew from the StackSet."""
        if self.closed:
            return
        self.failure = refusal
        if refusal:
            return
        self.delete()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of kinds of resources that moto does not have
                self.stack = StackInstance(
                    self.account_id,
                    self.region_name,
                    stack_set.id,
                    f"StackSet-{stack_set.name}-{uuid4()}",
                    stack_set.name,
                    stack_set.template,
                    stack_set.parameters,
                    "SERVICE_MANAGED",
                )
        except Exception as error:  # noqa: BLE001 - whatever moto raises is what CloudFormation says
            self.failure = str(error)

    def delete(self) -> None:
        """Delete the stack, if there is one."""
        if self.stack is not None:
            self.stack.delete()
            self.stack = None

    def to_dict(self) -> dict[str, Any]:
        """Return what ListStackInstances says."""
        detailed = "SKIPPED_SUSPENDED_ACCOUNT" if self.closed else "FAILED" if self.failure else "SUCCEEDED"
        return {
            "Account": self.account_id,
            "Region": self.region_name,
            "Status": "CURRENT" if detailed == "SUCCEEDED" else "OUTDATED",
            "StatusReason": self.failure,
            "StackInstanceStatus": {"DetailedStatus": detailed},
            "OrganizationalUnitId": self.unit,
        }

    def result(self, *, deleted: bool = False) -> dict[str, Any]:
        """Return what ListStackSetOperationResults says."""
        failed = bool(self.failure) and not deleted
        return {
            "Account": self.account_id,
            "Region": self.region_name,
            "Status": "FAILED" if failed else "SUCCEEDED",
            "StatusReason": self.failure if failed else "",
        }


_CREATE = CloudFormationResponse.create_stack_set


@contextmanager
def service_managed() -> Iterator[ServiceManaged]:
    """Let moto behave so, in this process."""
    world = ServiceManaged()
    with pytest.MonkeyPatch.context() as patch:
        for name in ANSWERS:
            patch.setattr(CloudFormationResponse, name, _bound(getattr(world, name)), raising=False)
        yield world


def _bound(answer: Callable[[Any], ActionResult]) -> Callable[[Any], ActionResult]:
    def method(response: Any) -> ActionResult:
        return answer(response)

    return method  # of the response, which a bound method would not be


def _stack_set(response: Any) -> Any:
    return response.cloudformation_backend.describe_stack_set(response._get_param("StackSetName"))


def _seen(operation: dict[str, Any], *, look: bool = False) -> dict[str, Any]:
    running = operation["looks"] > 0
    if look and running:
        operation["looks"] -= 1
    return {**operation, "Status": "RUNNING" if running else operation["Status"]}
