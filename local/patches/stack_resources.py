"""CloudFormation: properties of tables and functions that the emulator's provisioners drop silently.

Tables: TimeToLiveSpecification, PointInTimeRecoverySpecification, SSESpecification. Functions: ReservedConcurrentExecutions. A trigger's
concurrency comes as text where a template takes it from a parameter, and stays text; CloudFormation makes a number of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb, lambda_svc
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]


def apply() -> None:
    """Apply the properties that the provisioners leave out, at creation and at update."""
    _then("AWS::DynamoDB::Table", _finish_table)
    _then("AWS::Lambda::Function", _finish_function)
    _then("AWS::Lambda::EventSourceMapping", _finish_trigger)


def true(value: Any) -> bool:
    """Read a CloudFormation boolean, which may be text."""
    return str(value).lower() == "true"


def _then(resource_type: str, finish: Callable[[str, Properties], None]) -> None:
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    provision, change = handlers["create"], handlers["update"]

    def create(logical_id: str, properties: Properties, stack: str) -> Any:
        created = provision(logical_id, properties, stack)
        finish(created[0], properties)
        return created

    def update(physical_id: str, old: Properties, new: Properties, stack: str, *logical_id: str) -> Any:
        updated = change(physical_id, old, new, stack, *logical_id)
        finish(updated[0], new)
        return updated

    handlers.update(create=create, update=update)


def _finish_table(name: str, properties: Properties) -> None:
    time_to_live = properties.get("TimeToLiveSpecification")
    if time_to_live:
        specification = {"Enabled": true(time_to_live["Enabled"]), "AttributeName": time_to_live["AttributeName"]}
        dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": specification})
    recovery = properties.get("PointInTimeRecoverySpecification")
    if recovery:
        enabled = true(recovery.get("PointInTimeRecoveryEnabled"))
        dynamodb._update_continuous_backups(
            {"TableName": name, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": enabled}}
        )
    encryption = properties.get("SSESpecification")
    if encryption:
        specification = {**encryption, "Enabled": true(encryption.get("SSEEnabled"))}
        dynamodb._tables[name]["SSEDescription"] = dynamodb._sse_description_from_spec(specification)
    # The emulator compares it as a boolean, and the text "false" is true.
    dynamodb._tables[name]["DeletionProtectionEnabled"] = true(properties.get("DeletionProtectionEnabled"))


def _finish_function(name: str, properties: Properties) -> None:
    reserved = properties.get("ReservedConcurrentExecutions")
    lambda_svc._functions[name]["concurrency"] = None if reserved is None else int(reserved)


def _finish_trigger(name: str, properties: Properties) -> None:
    concurrency = properties.get("ScalingConfig", {}).get("MaximumConcurrency")
    if concurrency is not None:
        lambda_svc._esms[name]["ScalingConfig"] = {"MaximumConcurrency": int(concurrency)}
