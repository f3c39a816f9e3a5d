"""The errors of ECS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core import responses
from ministack.services import ecs

Reply = tuple[int, dict[str, str], bytes]
Call = Callable[[dict[str, Any]], Reply]


class RefusedError(Exception):
    """ECS refuses the request with this error code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def replying(call: Callable[[dict[str, Any]], Any]) -> Call:
    """Return the call as the emulator wants it: a status and a body, refusals included."""

    def reply(data: dict[str, Any]) -> Reply:
        try:
            answer: Reply = responses.json_response(call(data))
        except RefusedError as refused:
            answer = _error(refused)
        return answer

    return reply


def checked(check: Callable[[dict[str, Any]], object], call: Call) -> Call:
    """Return a call of the emulator, preceded by a check that may refuse."""

    def reply(data: dict[str, Any]) -> Reply:
        try:
            check(data)
        except RefusedError as refused:
            return _error(refused)
        return call(data)

    return reply


def _error(refused: RefusedError) -> Reply:
    error: Reply = responses.error_response_json(refused.code, str(refused), 400)
    return error


def cluster_of(data: dict[str, Any]) -> dict[str, Any]:
    """Return the cluster that a request names; `default` when it names none.

    Raises:
        RefusedError: There is no such cluster.
    """
    cluster: dict[str, Any] | None = ecs._clusters.get(ecs._resolve_cluster_name(data.get("cluster") or "default"))
    if cluster is None:
        raise RefusedError("ClusterNotFoundException", "Cluster not found.")
    return cluster
