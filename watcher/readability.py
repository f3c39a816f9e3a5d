"""Whether a watched cluster can be read, as its stream goes; pure.

A cluster is readable from its first complete list on. A refusal ends that at once, silence only after a while: a reconnection is no news.
"""

from __future__ import annotations

import msgspec

from fargatecount import __version__
from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.ledger.clusters import Readability
from fargatecount.workload import Millis
from watcher.events import Listed, Lost, Message

PATIENCE: Millis = 60_000
"""An API server restarts, or changes its address, within a minute; what lasts longer makes the counts doubtful."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a cluster's readability."""

    listed_at: Millis | None = None
    """When the last complete list was asked for."""
    trouble: FargatecountError | None = None
    """Why it cannot be read at the moment."""
    since: Millis = 0
    """When the trouble began."""

    def after(self, message: Message) -> View:
        """Return the view once `message` has been dealt with."""
        if isinstance(message, Lost):
            return View(listed_at=self.listed_at, trouble=message.error, since=self.since if self.trouble else message.at)
        if not isinstance(message, Listed):
            return View(listed_at=self.listed_at)
        if self.trouble is None or isinstance(self.trouble, UnavailableError):
            return View(listed_at=message.asked_at)
        # A refusal stays until a watch opens: of one who may list and not watch it is said so, and not "all is well" by turns.
        return msgspec.structs.replace(self, listed_at=message.asked_at)

    def judge(self, now: Millis) -> Readability | None:
        """Return what is to be noted; None while the first list is on its way and nothing speaks against it."""
        brief = isinstance(self.trouble, UnavailableError) and now - self.since <= PATIENCE
        if self.trouble is None or (brief and self.listed_at is not None):
            return None if self.listed_at is None else Readability(readable=True, at=now, listed_at=self.listed_at, version=__version__)
        return Readability.failed(self.trouble, at=now, listed_at=self.listed_at, version=__version__)
