"""EventBridge: buses of other accounts and Regions, which a rule reaches by its role and the bus's policy.

The emulator drops such events, has no `AWS::Events::EventBusPolicy`, asks no bus policy, and takes every account for an organization of its
own. An event that is forwarded keeps the account and the Region of the original. Sources:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html
"""

from __future__ import annotations

import json
import logging
from typing import Any, Final

from ministack.core import arn as arns
from ministack.core import iam_evaluator, responses
from ministack.services import eventbridge, organizations
from ministack.services.cloudformation import provisioners

Event = dict[str, Any]
Target = dict[str, Any]
Properties = dict[str, Any]

POLICY: Final = "AWS::Events::EventBusPolicy"
PUT: Final = "events:PutEvents"

_log = logging.getLogger(__name__)


def apply() -> None:
    """Deliver to other buses, obey their policies, and know who belongs to which organization."""
    provisioners._RESOURCE_HANDLERS[POLICY] = {"create": _create_policy, "update": _update_policy, "delete": _delete_policy}
    iam_evaluator._principal_org_id = organization_of
    eventbridge._dispatch_to_event_bus = _dispatch
    put_events = eventbridge._put_events

    def put_anywhere(data: dict[str, Any], allow_aws_source: bool = True) -> Any:
        # One entry at a time, each to its own bus; the answers are put together again.
        results = []
        for entry in data.get("Entries", []):
            elsewhere = _elsewhere(entry.get("EventBusName", "default"))
            if elsewhere is None:
                reply = put_events({"Entries": [entry]}, allow_aws_source)
                results += json.loads(reply[2]).get("Entries", [])
            else:
                results.append(_put_elsewhere(entry, elsewhere))
        return responses.json_response({"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results})

    eventbridge._put_events = put_anywhere


def organization_of(account: str) -> str | None:
    """Return the id of the organization that lists an account as active; None where none does."""
    for (master, _), organization in list(organizations._orgs._data.items()):
        member = organizations._accounts.get_scoped(master, None, account)
        if member is not None and member.get("Status") == "ACTIVE":
            return str(organization["Id"])
    return None


def failure(target: Target, event: Event) -> str | None:
    """Return the error code by which the delivery to a bus fails for good; None when it may be tried."""
    spec = arns.parse_arn(target["Arn"])
    with responses.request_scope(spec.account_id, spec.region):
        if spec.resource.split("/", 1)[1] not in eventbridge._event_buses:
            return "RESOURCE_NOT_FOUND"
    role = target.get("RoleArn")
    account = responses.get_account_id()
    if role is None or not _role_may(role, account, target["Arn"], event):
        return "NO_PERMISSIONS"
    return None if spec.account_id == account or _policy_lets(spec, account, role, event) else "NO_PERMISSIONS"


def _role_may(role: str, account: str, bus: str, event: Event) -> bool:
    policies = iam_evaluator._gather_role_policies(role.rpartition("/")[2], account)
    return bool(iam_evaluator.evaluate(_context(role, account, bus, event), policies).decision == "Allow")


def _policy_lets(spec: Any, account: str, principal: str, event: Event) -> bool:
    bus = f"arn:aws:events:{spec.region}:{spec.account_id}:{spec.resource}"
    with responses.request_scope(spec.account_id, spec.region):
        policy = eventbridge._event_bus_policies.get(spec.resource.split("/", 1)[1])
    found = iam_evaluator.evaluate_resource_policy(policy, _context(principal, account, bus, event))
    return bool(found.decision == "Allow")


def _context(principal: str, account: str, bus: str, event: Event) -> Any:
    return iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=PUT,
        resource_arn=bus,
        region=arns.parse_arn(bus).region,
        service_context={"events:source": event["Source"], "events:detail-type": event["DetailType"]},
    )


def _dispatch(spec: Any, event: Event, rule: dict[str, Any], event_path: set[str], payload: str | None = None) -> None:
    """Let a bus have an event; whether it may was asked before (`rule_targets`)."""
    key = eventbridge._rule_key(rule.get("Name"), rule.get("EventBusName", "default"))
    bus = spec.resource.split("/", 1)[1]
    forwarded = {**event, "EventBusName": bus, "_DispatchPath": [*event_path, key]}
    if payload is not None:
        forwarded["Detail"] = payload
    with responses.request_scope(spec.account_id, spec.region):
        if bus not in eventbridge._event_buses:
            _log.warning("the event %s is lost: there is no bus %s", event["EventId"], spec)
        else:
            eventbridge._dispatch_event(forwarded)


def _elsewhere(bus: str) -> Any:
    """Return the parsed ARN of a bus of another account or Region; None for one of here."""
    if not bus.startswith("arn:"):
        return None
    spec = arns.parse_arn(bus)
    return spec if (spec.account_id, spec.region) != (responses.get_account_id(), responses.get_region()) else None


def _put_elsewhere(entry: dict[str, Any], spec: Any) -> dict[str, Any]:
    account = responses.get_account_id()
    event = {"Source": entry.get("Source", ""), "DetailType": entry.get("DetailType", "")}
    allowed = spec.account_id == account or _policy_lets(spec, account, f"arn:aws:iam::{account}:root", event)
    if not allowed:
        return {"ErrorCode": "AccessDeniedException", "ErrorMessage": f"{account} is not authorized to perform {PUT} on {spec.resource}"}
    with responses.request_scope(spec.account_id, spec.region):
        record = {
            **event,
            "EventId": responses.new_uuid(),
            "Detail": entry.get("Detail", "{}"),
            "EventBusName": spec.resource.split("/", 1)[1],
            "Time": int(eventbridge._now_ts()),
            "Resources": entry.get("Resources", []),
            "Account": account,  # the sender's, whatever the detail says
            "Region": spec.region,
        }
        eventbridge._dispatch_event(record)
    return {"EventId": record["EventId"]}


def _create_policy(logical_id: str, properties: Properties, stack: str) -> Any:
    bus, statement = properties.get("EventBusName", "default"), properties["Statement"]
    policy = eventbridge._event_bus_policies.get(bus) or {"Version": "2012-10-17", "Statement": []}
    sid = properties["StatementId"]
    kept = [each for each in policy["Statement"] if each.get("Sid") != sid]
    eventbridge._event_bus_policies[bus] = {**policy, "Statement": [*kept, {**statement, "Sid": sid}]}
    return f"{stack}-{logical_id}", {}


def _update_policy(physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None) -> Any:
    _delete_policy(physical_id, old)
    _create_policy(logical_id or physical_id, new, stack)
    return physical_id, {}


def _delete_policy(_physical_id: str, properties: Properties) -> None:
    bus, sid = properties.get("EventBusName", "default"), properties.get("StatementId")
    policy = eventbridge._event_bus_policies.get(bus)
    if policy is not None:
        policy["Statement"] = [each for each in policy["Statement"] if each.get("Sid") != sid]
