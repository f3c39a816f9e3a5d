"""CloudFormation StackSets: the port `rollout.stack_set.StackSets` by boto3."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from fargatecount.adapters.stack_set_refusals import TRUST, refusals
from fargatecount.errors import MisconfiguredError
from fargatecount.rollout.stack_set import InstanceState, Operation, Preferences, StackInstance, StackSet, Target
from fargatecount.workload import Scope

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
_STATES = {
    "PENDING": InstanceState.WORKING,
    "RUNNING": InstanceState.WORKING,
    "FAILED": InstanceState.FAILED,
    "FAILED_IMPORT": InstanceState.FAILED,
    "INOPERABLE": InstanceState.FAILED,
    "CANCELLED": InstanceState.CANCELLED,
    "SKIPPED_SUSPENDED_ACCOUNT": InstanceState.SUSPENDED,
}
"""By the detailed status of an instance, and by the status of a result."""


class CloudFormationStackSets:
    """StackSets in the Region of a client; `delegated` for a delegated administrator's account."""

    def __init__(self, client: Any, *, delegated: bool) -> None:
        self._client = client
        self._as = {"CallAs": "DELEGATED_ADMIN" if delegated else "SELF"}

    def check_access(self) -> None:
        """Do nothing if AWS Organizations trusts CloudFormation; else raise MisconfiguredError with what to do."""
        with refusals("reading the access of CloudFormation to AWS Organizations"):
            status = self._client.describe_organizations_access(**self._as)["Status"]
        if status != "ENABLED":
            raise MisconfiguredError(f"AWS Organizations does not trust CloudFormation StackSets ({status})", remedy=TRUST)

    def find(self, name: str) -> StackSet | None:
        """Return a StackSet; None if there is none."""
        with refusals(f"reading StackSet {name}"):
            try:
                found = self._client.describe_stack_set(StackSetName=name, **self._as)["StackSet"]
            except ClientError as error:
                if error.response["Error"]["Code"] == "StackSetNotFoundException":
                    return None
                raise
        if found.get("PermissionModel") != "SERVICE_MANAGED":
            raise MisconfiguredError(
                f"StackSet {name} is not service-managed, so it was not made by this command", remedy="name another one with --stage"
            )
        return StackSet(
            name=name,
            template=json.loads(found["TemplateBody"]),
            parameters={one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", ())},
            automatic=bool(found.get("AutoDeployment", {}).get("Enabled")),
            units=tuple(sorted(found.get("OrganizationalUnitIds", ()))),
            regions=tuple(sorted(found.get("Regions", ()))),
        )

    def instances(self, name: str) -> Sequence[StackInstance]:
        """Return its stacks, by account and Region."""
        with refusals(f"listing the stacks of StackSet {name}"):
            pages = self._client.get_paginator("list_stack_instances").paginate(StackSetName=name, **self._as)
            return sorted(_instance(one) for page in pages for one in page["Summaries"])

    def create(self, wanted: StackSet, template_url: str) -> None:
        """Make a StackSet without a stack."""
        with refusals(f"making StackSet {wanted.name}"):
            self._client.create_stack_set(
                StackSetName=wanted.name,
                PermissionModel="SERVICE_MANAGED",
                Tags=[{"Key": "application", "Value": "fargatecount"}],
                # One operation at a time otherwise, so that the next command would be refused and not wait.
                ManagedExecution={"Active": True},
                **_definition(wanted, template_url),
                **self._as,
            )

    def update(self, wanted: StackSet, template_url: str, preferences: Preferences, target: Target | None) -> str:
        """Begin to bring every stack, or those of the target, to what is wanted; return the id of the operation."""
        with refusals(f"updating StackSet {wanted.name}"):
            answer = self._client.update_stack_set(
                StackSetName=wanted.name,
                OperationPreferences=_preferences(preferences),
                **_definition(wanted, template_url),
                **(_target(target) if target else {}),
                **self._as,
            )
        return str(answer["OperationId"])

    def add(self, name: str, target: Target, preferences: Preferences) -> str:
        """Begin to make the stacks of a target that do not exist; return the id of the operation."""
        with refusals(f"adding stacks to StackSet {name}"):
            arguments = {"StackSetName": name, "OperationPreferences": _preferences(preferences), **_target(target)}
            answer = self._client.create_stack_instances(**arguments, **self._as)
        return str(answer["OperationId"])

    def take_away(self, name: str, target: Target, preferences: Preferences) -> str:
        """Begin to delete the stacks of a target; return the id of the operation."""
        with refusals(f"deleting stacks of StackSet {name}"):
            arguments = {"StackSetName": name, "OperationPreferences": _preferences(preferences), **_target(target)}
            answer = self._client.delete_stack_instances(RetainStacks=False, **arguments, **self._as)
        return str(answer["OperationId"])

    def delete(self, name: str) -> None:
        """Delete a StackSet that has no stacks."""
        with refusals(f"deleting StackSet {name}"):
            self._client.delete_stack_set(StackSetName=name, **self._as)

    def running(self, name: str) -> Operation | None:
        """Return the operation that runs or waits; None if there is none."""
        with refusals(f"listing the operations of StackSet {name}"):
            # Newest first, and the older ones have ended: one page has the last hundred.
            summaries = self._client.list_stack_set_operations(StackSetName=name, **self._as)["Summaries"]
        return next((each for each in map(_operation, summaries) if not each.ended), None)

    def operation(self, name: str, operation_id: str) -> Operation:
        """Return one operation."""
        with refusals(f"reading operation {operation_id} of StackSet {name}"):
            answer = self._client.describe_stack_set_operation(StackSetName=name, OperationId=operation_id, **self._as)
        return _operation(answer["StackSetOperation"])

    def results(self, name: str, operation_id: str) -> Sequence[StackInstance]:
        """Return how far an operation is in each account and Region that it has come to."""
        with refusals(f"reading the results of operation {operation_id} of StackSet {name}"):
            pages = self._client.get_paginator("list_stack_set_operation_results").paginate(
                StackSetName=name, OperationId=operation_id, **self._as
            )
            return sorted(_result(one) for page in pages for one in page["Summaries"])


def _definition(wanted: StackSet, template_url: str) -> dict[str, Any]:
    return {
        "TemplateURL": template_url,
        "Capabilities": CAPABILITIES,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(wanted.parameters.items())],
        # An account that leaves the unit is no member any more. Its table stays: the template keeps it.
        "AutoDeployment": {"Enabled": wanted.automatic, **({"RetainStacksOnAccountRemoval": False} if wanted.automatic else {})},
    }


def _preferences(preferences: Preferences) -> dict[str, Any]:
    return {
        "RegionConcurrencyType": "PARALLEL",
        "MaxConcurrentCount": preferences.concurrent,
        "FailureToleranceCount": preferences.tolerated,
        # Otherwise no more than the tolerated failures and one go at the same time.
        "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
    }


def _target(target: Target) -> dict[str, Any]:
    units: dict[str, Any] = {"OrganizationalUnitIds": list(target.units)}
    if target.accounts:
        units |= {"Accounts": list(target.accounts), "AccountFilterType": "INTERSECTION"}
    return {"DeploymentTargets": units, "Regions": list(target.regions)}


def _instance(raw: Mapping[str, Any]) -> StackInstance:
    detailed = raw.get("StackInstanceStatus", {}).get("DetailedStatus", "")
    current = InstanceState.CURRENT if raw["Status"] == "CURRENT" else InstanceState.OUTDATED
    return StackInstance(
        scope=Scope(raw["Account"], raw["Region"]),
        state=_STATES.get(detailed, current),
        reason=raw.get("StatusReason", ""),
        unit=raw.get("OrganizationalUnitId", ""),
    )


def _result(raw: Mapping[str, Any]) -> StackInstance:
    reason = raw.get("StatusReason", "") or raw.get("AccountGateResult", {}).get("StatusReason", "")
    state = _STATES.get(raw["Status"], InstanceState.CURRENT)
    return StackInstance(
        scope=Scope(raw["Account"], raw["Region"]),
        state=state,
        # The gate is a function that most accounts do not have; what it says counts only for a failure.
        reason=reason if state in {InstanceState.FAILED, InstanceState.CANCELLED} else "",
        unit=raw.get("OrganizationalUnitId", ""),
    )


def _operation(raw: Mapping[str, Any]) -> Operation:
    fields = {"id": raw["OperationId"], "action": raw["Action"], "status": raw["Status"], "reason": raw.get("StatusReason", "")}
    return msgspec.convert(fields, Operation)
