"""EventBridge rules deliver to queues and buses only where these let them, and to the target's dead-letter queue where they do not.

The emulator checks no policy and has no dead letters: a missing queue policy would be noticed on AWS only. Sources:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any, Final

from ministack.core import arn as arns
from ministack.core import responses
from ministack.services import eventbridge, sqs

from local.patches import event_buses

Target = dict[str, Any]
Rule = dict[str, Any]

SERVICE: Final = "events.amazonaws.com"

_log = logging.getLogger(__name__)


def apply() -> None:
    """Ask the policy of the queue or bus before each delivery."""
    invoke = eventbridge._invoke_target

    def invoke_if_allowed(target: Target, event: Any, rule: Rule, view: Any = None) -> None:
        is_bus = arns.parse_arn(target["Arn"]).resource.startswith("event-bus/")
        failure = event_buses.failure(target, event) if is_bus else _failure(target["Arn"], rule["Arn"])
        if failure is None:
            invoke(target, event, rule, view)
            return
        dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
        if dead_letters is None or _failure(dead_letters, rule["Arn"]):
            _log.warning(
                "the event %s for %s is lost: %s, and there is no usable dead-letter queue", event["EventId"], target["Arn"], failure
            )
            return
        # As it would have been delivered, with the reason in attributes.
        invoke({"Id": target["Id"], "Arn": dead_letters}, event, rule, view)
        letter = sqs._queue_by_arn(dead_letters)["messages"][-1]
        letter["message_attributes"] = {
            name: {"DataType": "String", "StringValue": value}
            for name, value in (("RULE_ARN", rule["Arn"]), ("TARGET_ARN", target["Arn"]), ("ERROR_CODE", failure))
        }

    eventbridge._invoke_target = invoke_if_allowed


def _failure(target_arn: str, rule_arn: str) -> str | None:
    """Return the error code by which a delivery fails for good; None when it may be tried."""
    if arns.parse_arn(target_arn).service != "sqs":
        return None
    queue = sqs._queue_by_arn(target_arn)
    if queue is None:
        return "RESOURCE_NOT_FOUND"
    policy = queue["attributes"].get("Policy") or ""
    return None if _allowed(policy, target_arn, rule_arn, responses.get_account_id()) else "NO_PERMISSIONS"


@lru_cache(maxsize=256)  # evaluating a policy takes longer than delivering an event
def _allowed(_policy: str, queue_arn: str, rule_arn: str, account: str) -> bool:
    """Evaluate the policy; it is a parameter so that a changed policy is evaluated again."""
    return bool(sqs.queue_policy_allows(queue_arn, SERVICE, rule_arn, account))
