"""Doctor on the way to the hub of an organization.

Pure. A member whose hub takes nothing counts as before; only the organization does not see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from fargatecount.doctor.findings import DoctorTarget, Finding, ok, problem, warning
from fargatecount.organization.scopes import SILENT_AFTER
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis

MEND: Mapping[str, str] = {
    "NO_PERMISSIONS": "the bus does not take events of this account: check the hub's setting organizationId, and hubBusArn here",
    "RESOURCE_NOT_FOUND": "there is no such bus: the hub was removed or moved; deploy this stack with the new hubBusArn, or with none",
}
"""By EventBridge's error code: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html."""


class HubWay(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the way to the hub."""

    bus: str
    """ARN of the hub's bus; empty for a deployment without a hub."""
    sent_at: Millis
    """When the last usage event was put; 0 if none ever was."""
    undelivered: int | None
    """Usage events that the hub did not take in the last ten minutes; None if the queue could not be read."""
    code: str = ""
    """EventBridge's error code of one of them."""
    message: str = ""


def of_hub(way: HubWay, now: Millis, place: DoctorTarget) -> Iterator[Finding]:
    """Say whether the hub hears of this deployment."""
    if not way.bus:
        yield ok("this deployment belongs to no hub")
        return
    log = place.log_of("publish")
    if not way.sent_at:
        yield warning(f"no usage event was sent to {way.bus} yet", "it begins a minute after a deployment; the log says what stops it", log)
    elif now - way.sent_at > SILENT_AFTER:
        yield problem(
            f"no usage event was sent since {to_iso(way.sent_at)}: the hub shows this account as silent",
            "function publish sends one a minute: see its log",
            log,
        )
    if way.undelivered is None:
        yield warning("the queue of undelivered usage events could not be read", "allow sqs:GetQueueAttributes on it")
    elif way.undelivered:
        reason = ": ".join(filter(None, (way.code, way.message))) or "the reason could not be read"
        yield problem(
            f"the hub {way.bus} did not take {way.undelivered} usage events in the last ten minutes: {reason}",
            MEND.get(way.code, "see the rule ForwardUsage of this stack and the bus of the hub"),
        )
    elif way.sent_at and now - way.sent_at <= SILENT_AFTER:
        yield ok(f"reported to {way.bus} {max(now - way.sent_at, 0) // 1000} s ago")
