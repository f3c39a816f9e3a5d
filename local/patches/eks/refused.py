"""The errors of EKS, and the encoding of its answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ministack.services import eks

Reply = tuple[int, dict[str, str], bytes]
Route = tuple[str, re.Pattern[str], Callable[..., Any]]
"""Method, pattern of the path, and the handler, which gets the body and the pattern's groups as arguments."""


class RefusedError(Exception):
    """EKS refuses the request with this error code, status and message."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def replying(call: Callable[..., Any]) -> Callable[..., Reply]:
    """Return the handler in the emulator's form: a reply stays as it is, any other value becomes a body, refusals become errors."""

    def reply(*arguments: Any, **named: Any) -> Reply:
        try:
            answer = call(*arguments, **named)
        except RefusedError as refused:
            answer = eks._error(refused.status, refused.code, str(refused))
        return answer if isinstance(answer, tuple) else eks._json_resp(200, answer)

    return reply


def cluster_of(name: str) -> dict[str, Any]:
    """Return the record of a cluster.

    Raises:
        RefusedError: There is no such cluster.
    """
    record: dict[str, Any] | None = eks._clusters.get(name)
    if record is None:
        raise RefusedError("ResourceNotFoundException", f"No cluster found for name: {name}.", 404)
    return record
