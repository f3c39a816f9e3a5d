"""The errors of the pod API: Kubernetes `Status` objects (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/)."""

from __future__ import annotations

from typing import Any


class RefusalError(Exception):
    """A request ends with this HTTP status, reason and text."""

    def __init__(self, code: int, reason: str, message: str, **metadata: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.metadata = metadata

    @property
    def status(self) -> dict[str, Any]:
        """The `Status` object: the body of the answer, or the object of an ERROR event."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
            "code": self.code,
        }


def expired(message: str, **metadata: str) -> RefusalError:
    """Return "410 Gone": the version asked for is no longer in the history."""
    return RefusalError(410, "Expired", message, **metadata)


def not_found(what: str, name: str) -> RefusalError:
    """Return "404 Not Found" for a named object."""
    return RefusalError(404, "NotFound", f'{what} "{name}" not found')


def bad_request(message: str) -> RefusalError:
    """Return "400 Bad Request"."""
    return RefusalError(400, "BadRequest", message)
