"""The settings that make a simulated cluster fail; administrators are not affected.

Pure: what the control path accepts, and a board with the settings in force. Administrators are never affected, so that the driver of
the simulation always sees the truth.
"""

from __future__ import annotations

import random
import threading
from typing import Annotated, Any

import msgspec

Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Number = Annotated[int, msgspec.Meta(ge=0)]


class PodFaults(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Every setting of the control path `/_fargatecount/faults`, with its default.

    Attributes:
        seed: Seed of the random decisions.
        deny_users: Names of users that are refused with 403, whatever their rights.
        unavailable: How many of the next requests are refused with 503.
        gone_at_connect: How many of the next watches are refused with HTTP 410.
        gone_in_stream: How many open or next watches end with an ERROR event that says 410.
        gone_while_paging: How many of the next requests for a further page of a list are refused with 410.
        cut: Fraction of the watch events that are cut in the middle of their line, with the connection.
        frozen: Watches stay open and not a byte comes, not even their end.
        forget: How many of the next changes reach no watch.
        slow_seconds: How long every answer is held back.
        bookmark_seconds: Time between two bookmarks of a watch; the real server sends one about every minute
            (https://github.com/kubernetes/kubernetes/blob/v1.20.2/staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go).
    """

    seed: int = 1
    deny_users: tuple[str, ...] = ()
    unavailable: Number = 0
    gone_at_connect: Number = 0
    gone_in_stream: Number = 0
    gone_while_paging: Number = 0
    cut: Fraction = 0.0
    frozen: bool = False
    forget: Number = 0
    slow_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    bookmark_seconds: Annotated[float, msgspec.Meta(gt=0)] = 60.0


class PodFaultBoard:
    """The current settings of one cluster; read by all of its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dice = random.Random(PodFaults().seed)
        self.settings = PodFaults()

    def change(self, **change: Any) -> PodFaults:
        """Replace the settings named, leave the others; a new seed restarts the random numbers.

        Raises:
            ValueError: A name or a value is not one of `PodFaults`; the text says which.
        """
        with self._lock:
            self.settings = msgspec.convert({**msgspec.to_builtins(self.settings), **change}, PodFaults)
            if "seed" in change:
                self._dice = random.Random(self.settings.seed)
            return self.settings

    def take(self, name: str) -> bool:
        """Use up one of a numbered fault; False where none is left."""
        with self._lock:
            left = getattr(self.settings, name)
            if left:
                self.settings = msgspec.structs.replace(self.settings, **{name: left - 1})
            return bool(left)

    def cuts(self) -> bool:
        """Decide whether this event is cut."""
        with self._lock:
            return self.settings.cut > 0 and self._dice.random() < self.settings.cut


SPARED = PodFaultBoard()
"""For administrators: the defaults, which nothing changes."""
