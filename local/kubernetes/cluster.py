"""One simulated cluster without its sockets: its pods and their history, its users, its faults."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from local.kubernetes.core_objects import CoreObjects
from local.kubernetes.faults import SPARED, PodFaultBoard
from local.kubernetes.history import History
from local.kubernetes.refusal import RefusalError
from local.kubernetes.rights import Rights, denial
from local.kubernetes.store import PodStore
from local.kubernetes.tokens import Tokens, User

CONTROLS: Final = ("faults", "drop", "compact", "access")


class PodCluster:
    """One cluster; it outlives the servers that answer for it, as etcd outlives an API server."""

    def __init__(self, name: str, *, first_version: int = 1, secrets: Mapping[str, str] | None = None, seed: int | None = None) -> None:
        """Create a cluster without pods, whose next version is `first_version` + 1; `Tokens` has `secrets`, `PodStore` `seed`."""
        self.name = name
        self.history = History(first_version)
        self.faults = PodFaultBoard()
        self.store = PodStore(self.history, is_watched=lambda: not self.faults.take("forget"), seed=seed)
        self.rights = Rights()
        self.tokens = Tokens(name, {"test": "test"} if secrets is None else secrets)
        self.core = CoreObjects()
        self.events: list[dict[str, Any]] = []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._watches: set[threading.Event] = set()

    @property
    def watchers(self) -> int:
        """The number of open watches."""
        return len(self._watches)

    @contextmanager
    def watching(self) -> Iterator[threading.Event]:
        """Count a watch as open; the event is set to break its connection."""
        dropped = threading.Event()
        with self._lock:
            self._watches.add(dropped)
        try:
            yield dropped
        finally:
            with self._lock:
                self._watches.discard(dropped)

    def drop_watches(self) -> int:
        """Break the connection of every open watch; return how many."""
        with self._lock, self.history.changed:
            for dropped in self._watches:
                dropped.set()
            self.history.changed.notify_all()
            return len(self._watches)

    def faults_of(self, user: User) -> PodFaultBoard:
        """Return the faults that this user meets."""
        return SPARED if user.is_admin else self.faults

    def allow(self, user: User, verb: str, resource: str, group: str = "") -> None:
        """Let an allowed request pass.

        Raises:
            RefusalError: 403, or 503 while the cluster is made unavailable.
        """
        faults = self.faults_of(user)
        if user.name in faults.settings.deny_users:
            raise RefusalError(403, "Forbidden", denial(user, verb, resource, group))
        self.rights.check(user, verb, resource, group)
        if faults.take("unavailable"):
            raise RefusalError(503, "ServiceUnavailable", "the server is currently unable to handle the request")

    def control(self, action: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Take an action of the control path, one of `CONTROLS`, and return its result.

        `faults` takes settings of `PodFaults`; `access` takes `access_key` and `groups`; `drop` and `compact` take nothing.

        Raises:
            ValueError: the data does not fit the action.
        """
        if action == "faults":
            return dict(msgspec.to_builtins(self.faults.change(**data)))
        if action == "drop":
            return {"dropped": self.drop_watches()}
        if action == "access":
            entry = msgspec.convert(data, _Access)
            self.tokens.enter(entry.access_key, entry.groups)
            return dict(msgspec.to_builtins(entry))
        self.history.compact()
        return {"compacted": self.history.version}


class _Access(msgspec.Struct, forbid_unknown_fields=True):
    """An EKS access entry, by access key instead of principal."""

    access_key: str
    groups: frozenset[str]
