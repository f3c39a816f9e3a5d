"""The errors that a caller handles, each with its consequence.

Expected outcomes (a stale observation, a conflicting write) are values, not errors. An adapter translates a vendor's exception into one of
these classes where it catches it; the code above the adapters sees no other.
"""

from __future__ import annotations

from enum import StrEnum


class ReasonCode(StrEnum):
    """Why something cannot be read, for code that chooses the advice; the text of a reason is for people only.

    Codes are stored with clusters and quotas. Codes may be added; none is renamed.
    """

    ACTION_DENIED = "action-denied"
    """IAM refused an action."""
    CREDENTIALS = "credentials"
    """There are no valid credentials."""
    NOT_ENROLLED = "not-enrolled"
    """The Kubernetes API does not know this identity, or does not let it list pods."""
    PRIVATE_ENDPOINT = "private-endpoint"
    """The endpoint of the cluster is private, and did not answer."""
    NOT_YET_LISTED = "not-yet-listed"
    """No complete list exists yet."""
    NOT_READ_LATELY = "not-read-lately"
    """The last read is too old: no source has read the cluster since."""
    MUST_BE_REBUILT = "must-be-rebuilt"
    """The ledger contradicts AWS, or a rebuild was interrupted: only a rebuild makes the counts right."""


class FargatecountError(Exception):
    """Base of all errors: the text names the value and the problem, `remedy` what the operator can do about it."""

    def __init__(self, message: str, *, remedy: str = "", code: ReasonCode | None = None, denied_action: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy
        self.code = code
        """Which kind of reason this is; None where no advice depends on it."""
        self.denied_action = denied_action
        """The IAM action that was refused, such as `ecs:ListTasks`; empty where none was, or AWS did not name it."""


class MalformedError(FargatecountError):
    """The input can never be processed: store it with its reason as a dead letter, and continue."""


class UnavailableError(FargatecountError):
    """AWS or a cluster did not answer, or throttled: the value is unknown, and the same request may succeed later."""


class DeniedError(FargatecountError):
    """AWS or a cluster denied a request: the value is unreadable until the permission is granted."""


class MisconfiguredError(FargatecountError):
    """A setting, an option or a deployment is wrong: stop, and name it."""


class DeadlineExceededError(UnavailableError):
    """The run has no time for further requests; the next run reads what is missing."""
