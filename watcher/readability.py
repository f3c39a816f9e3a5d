"""Whether a watched cluster can be read, derived from the messages of its stream; pure.

A cluster is readable from its first complete list on. A refusal ends that at once, silence only after a while: a reconnection changes
nothing.
"""

from __future__ import annotations

import msgspec

from fargatecount import __version__
from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.ledger.clusters import Readability
from fargatecount.workload import Millis
from watcher.events import Listed, Lost, Message

PATIENCE: Millis = 60_000
"""An API server restarts, or changes its address, within a minute; longer trouble makes the counts doubtful."""


class ReadabilityState(msgspec.Struct, frozen=True, kw_only=True):
    """What the messages so far show about a cluster's readability."""

    listed_at: Millis | None = None
    """When the last complete list was requested."""
    trouble: FargatecountError | None = None
    """Why the cluster cannot be read at the moment."""
    since: Millis = 0
    """When the trouble began."""

    def after(self, message: Message) -> ReadabilityState:
        """Return the state after `message`."""
        if isinstance(message, Lost):
            return ReadabilityState(listed_at=self.listed_at, trouble=message.error, since=self.since if self.trouble else message.at)
        if not isinstance(message, Listed):
            return ReadabilityState(listed_at=self.listed_at)
        if self.trouble is None or isinstance(self.trouble, UnavailableError):
            return ReadabilityState(listed_at=message.requested_at)
        # Keep the refusal until a watch opens. Otherwise a caller who may list but not watch flips between denied and readable.
        return msgspec.structs.replace(self, listed_at=message.requested_at)

    def readability(self, now: Millis) -> Readability | None:
        """Return what to note in the registry; None while the first list is on its way and no trouble is known."""
        is_brief = isinstance(self.trouble, UnavailableError) and now - self.since <= PATIENCE
        if self.trouble is None or (is_brief and self.listed_at is not None):
            return None if self.listed_at is None else Readability(readable=True, at=now, listed_at=self.listed_at, version=__version__)
        return Readability.failed(self.trouble, at=now, listed_at=self.listed_at, version=__version__)
