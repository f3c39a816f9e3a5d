"""The pods of one simulated cluster, and the history of their changes.

Owns one sequence of versions for all changes, as etcd does: a snapshot can be taken at any version that is still remembered, and every
later change be sent from there. What has been compacted is answered with 410. Knows keys and objects; what a pod may do is `pod_store`'s.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from typing import Any, Final, TypeAlias

import msgspec

from local.kubernetes.refusal import expired

Pod: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]
"""(namespace, name): lists are in this order."""

REMEMBERED: Final = 20_000
"""Changes kept at least: minutes of the wildest demo, some 40 MB."""


class Stored(msgspec.Struct, frozen=True, gc=False):
    """One state of a pod, serialized once for all clients."""

    pod: Pod
    body: bytes
    """JSON without kind and apiVersion, as it stands in a list."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """One step of the history."""

    version: int
    before: Stored | None
    after: Stored | None
    watched: bool
    """False if watches never receive it, although the truth has changed."""


class History:
    """Pods at every remembered version. All methods may be called from any thread."""

    def __init__(self, first_version: int = 1) -> None:
        self.changed = threading.Condition(threading.RLock())
        """Held during a change; watches wait on it for the next one."""
        self._version = first_version
        self._compacted = first_version
        self._changes: list[Change] = []
        self._states: dict[Key, list[tuple[int, Stored | None]]] = {}
        self._snapshot: tuple[int, list[tuple[Key, Stored]]] = (-1, [])

    @property
    def version(self) -> int:
        """The version of the last change."""
        return self._version

    def current(self, key: Key) -> Stored | None:
        """Return the pod as it is now."""
        with self.changed:
            states = self._states.get(key)
            return states[-1][1] if states else None

    def put(self, key: Key, pod: Pod | None, *, watched: bool = True) -> Stored | None:
        """Make `pod` (None: no pod) the newest state, under the next version, and wake the watches."""
        with self.changed:
            self._version += 1
            after = None
            if pod is not None:
                after = stored({**pod, "metadata": {**pod["metadata"], "resourceVersion": str(self._version)}})
            self._changes.append(Change(self._version, self.current(key), after, watched))
            self._states.setdefault(key, []).append((self._version, after))
            if len(self._changes) > 2 * REMEMBERED:
                self.compact(self._changes[-REMEMBERED - 1].version)
            self.changed.notify_all()
            return after

    def snapshot(self, version: int | None = None) -> tuple[int, list[tuple[Key, Stored]]]:
        """Return a version (by default the newest) and every pod as it was then, in the order of the keys.

        Raises:
            RefusalError: 410, where that version has been compacted.
        """
        with self.changed:
            version = self._version if version is None else version
            if version < self._compacted:
                raise expired("The provided continue parameter is too old to display a consistent list result.")
            if self._snapshot[0] != version:
                pods = ((key, _state_at(states, version)) for key, states in sorted(self._states.items()))
                self._snapshot = (version, [(key, state) for key, state in pods if state is not None])
            return self._snapshot

    def changes_after(self, version: int) -> tuple[list[Change], int]:
        """Return every change later than `version`, and the version up to which that is everything.

        Raises:
            RefusalError: 410, where some of them have been compacted.
        """
        with self.changed:
            if version < self._compacted:
                raise expired(f"too old resource version: {version} ({self._compacted})")
            start = bisect_right(self._changes, version, key=lambda change: change.version)
            return self._changes[start:], max(version, self._version)

    def compact(self, version: int | None = None) -> None:
        """Drop the history before `version` (by default before now)."""
        with self.changed:
            self._compacted = max(self._compacted, self._version if version is None else version)
            self._changes = self._changes[bisect_right(self._changes, self._compacted, key=lambda change: change.version) :]
            for key, states in list(self._states.items()):
                keep = states[max(bisect_right(states, self._compacted, key=lambda state: state[0]) - 1, 0) :]
                if len(keep) == 1 and keep[0][1] is None:
                    del self._states[key]
                else:
                    self._states[key] = keep
            self.changed.notify_all()


def stored(pod: Pod) -> Stored:
    """Return the state with its JSON."""
    return Stored(pod, msgspec.json.encode(pod))


def _state_at(states: list[tuple[int, Stored | None]], version: int) -> Stored | None:
    position = bisect_right(states, version, key=lambda state: state[0])
    return states[position - 1][1] if position else None
