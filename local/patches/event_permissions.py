"""IAM: the condition key `events:source`, which allows a role to put events with its own source only; the emulator has no such key.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions

PUT = "events:PutEvents"


def apply() -> None:
    """Add the key to the conditions of PutEvents."""
    context_of = iam_actions.request_tag_context

    def with_sources(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        context = dict(context_of(service, action, body, params) or {})
        return {**context, "events:source": sources_of(body)} if action == PUT else context

    iam_actions.request_tag_context = with_sources


def sources_of(body: bytes) -> list[str] | str | None:
    """Return the sources in a PutEvents request, each once, and the only one by itself; None where there is none."""
    try:
        entries = json.loads(body).get("Entries")
        found = sorted({str(entry.get("Source")) for entry in entries})
    except (ValueError, AttributeError, TypeError):
        return None
    return found[0] if len(found) == 1 else found or None
