"""The errors that somebody acts upon, each with its consequence.

Expected outcomes (a stale observation, a lost race) are values, not errors. An adapter translates a vendor's exception into one of these
once, where it is caught; everything above sees only these.
"""


class FargatecountError(Exception):
    """Base of all; the text names the value and what went wrong, `remedy` what to do about it."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class MalformedError(FargatecountError):
    """What was received can never be understood: keep it with its reason as a dead letter, and go on."""


class UnavailableError(FargatecountError):
    """AWS or a cluster did not answer, or said "slow down": nothing is known, the same request may succeed later."""


class DeniedError(FargatecountError):
    """AWS or a cluster refused: the thing is unreadable until somebody grants the permission."""


class MisconfiguredError(FargatecountError):
    """A setting, an option or a deployment is wrong: stop and say which."""


class DeadlineExceededError(UnavailableError):
    """Nothing more may be asked in this run; what was being read is left to the next."""
