"""The port to the hub of an organization, which the publisher calls under its lease (`organization.forward` implements it)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from fargatecount.errors import FargatecountError
from fargatecount.quotas.quota import Quota
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Millis


class Forwarded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a usage event for the hub."""

    sent: bool = False
    """Whether one was due, and sent."""
    pending: bool = False
    """A change waits until it may be sent."""
    again_at: Millis | None = None
    """When it may; None if nothing waits."""
    error: FargatecountError | None = None
    """Why it could not be sent."""


class UsageForwarder(Protocol):
    """The way to the hub of an organization."""

    def forward(self, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> Forwarded:
        """Send the usage event of the scope if one is due; raises nothing, because the metrics do not depend on the hub."""
        ...


class NoHub:
    """Sends nothing, for a deployment that belongs to no hub."""

    def forward(self, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> Forwarded:  # noqa: ARG002 - the port's signature
        """Do nothing."""
        return Forwarded()


NO_HUB = NoHub()
