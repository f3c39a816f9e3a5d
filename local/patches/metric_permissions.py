"""IAM: the condition key `cloudwatch:namespace`, which restricts a role to its own namespace; the emulator has no such key.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions

PUT = "cloudwatch:PutMetricData"


def apply() -> None:
    """Add the key to the conditions of PutMetricData."""
    context_of = iam_actions.request_tag_context

    def with_namespace(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        context = dict(context_of(service, action, body, params) or {})
        return {**context, "cloudwatch:namespace": namespace_of(body)} if action == PUT else context

    iam_actions.request_tag_context = with_namespace


def namespace_of(body: bytes) -> str | None:
    """Return the namespace in a PutMetricData request; None where there is none."""
    try:
        data = json.loads(body)
    except ValueError:
        return None
    return data.get("Namespace") if isinstance(data, dict) else None
