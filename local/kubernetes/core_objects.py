"""Namespaces and ConfigMaps of a simulated cluster, with server-side apply as far as labels, annotations and data go.

Each manager owns the fields of its last apply. A field that a manager no longer applies disappears, unless another manager owns it too:
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from local.kubernetes.refusal import RefusalError, not_found

Object: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str, ...]
Key: TypeAlias = tuple[str, str, str]
"""Kind, namespace (empty for a namespace itself), name."""

KINDS: Final = {"namespaces": "Namespace", "configmaps": "ConfigMap"}
MAPS: Final[tuple[Path, ...]] = (("metadata", "labels"), ("metadata", "annotations"), ("data",))
SOMEBODY: Final = "unknown"
"""The manager of writes that name none."""


class CoreObjects:
    """The namespaces and ConfigMaps of one cluster. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._objects: dict[Key, Object] = {}
        self._owned: dict[Key, dict[tuple[str, str], set[Path]]] = {}
        """By object: the fields of each manager and operation."""
        for name in ("default", "kube-system"):
            self.put(("namespaces", "", name), {"metadata": {"name": name}})

    def find(self, key: Key) -> Object:
        """Return an object; an empty one if there is none."""
        with self._lock:
            return copy.deepcopy(self._objects.get(key, {}))

    def get(self, key: Key) -> Object:
        """Return an object; raises RefusalError, 404."""
        with self._lock:
            if key not in self._objects:
                raise not_found(key[0], key[2])
            found = copy.deepcopy(self._objects[key])
            owners = [owner for owner, paths in self._owned[key].items() if paths]
            found["metadata"]["managedFields"] = [{"manager": manager, "operation": operation} for manager, operation in owners]
            return found

    def all_of(self, kind: str, namespace: str) -> list[Object]:
        """Return the objects of a kind in a namespace."""
        with self._lock:
            return [self.get(key) for key in sorted(self._objects) if key[:2] == (kind, namespace)]

    def apply(self, key: Key, given: Object, manager: str, *, dry_run: bool) -> Object:
        """Apply on the server's side, forced; raises RefusalError, 404 without its namespace."""
        with self._lock:
            self._demand_namespace(key)
            found = self._objects.get(key) or self._new(key)
            owned = {owner: set(paths) for owner, paths in self._owned.get(key, {}).items()}
            now, found = {path for path, _ in _leaves(given)}, copy.deepcopy(found)
            mine = (manager, "Apply")
            others = set().union(*(paths for owner, paths in owned.items() if owner != mine))
            for path in owned.get(mine, set()) - now - others:
                _remove(found, path)
            for path, value in _leaves(given):
                _set(found, path, value)
            return self._store(key, found, {**owned, mine: now}, dry_run=dry_run)

    def put(self, key: Key, given: Object, manager: str = SOMEBODY, *, dry_run: bool = False) -> Object:
        """Write a whole object, also a new one."""
        with self._lock:
            before = self._objects.get(key) or self._new(key)
            kept = {name: before["metadata"][name] for name in ("uid", "creationTimestamp")}
            found = {**copy.deepcopy(given), "apiVersion": "v1", "kind": KINDS[key[0]]}
            found["metadata"] = {**found.get("metadata", {}), **kept, "name": key[2]} | ({"namespace": key[1]} if key[1] else {})
            found["metadata"].pop("managedFields", None)
            owner = (manager, "Update")
            return self._store(key, found, {owner: {path for path, _ in _leaves(found)}}, dry_run=dry_run)

    def delete(self, key: Key, *, dry_run: bool) -> Object:
        """Delete an object, a namespace with all that is in it; raises RefusalError, 404."""
        with self._lock:
            found = self.get(key)
            if not dry_run:
                inside = [each for each in self._objects if each == key or (key[0] == "namespaces" and each[1] == key[2])]
                for each in inside:
                    del self._objects[each], self._owned[each]
            return found

    def _store(self, key: Key, found: Object, owned: dict[tuple[str, str], set[Path]], *, dry_run: bool) -> Object:
        if not dry_run:
            self._objects[key], self._owned[key] = found, owned
        return found

    def _demand_namespace(self, key: Key) -> None:
        if key[1] and ("namespaces", "", key[1]) not in self._objects:
            raise not_found("namespaces", key[1])

    def _new(self, key: Key) -> Object:
        meta = {"name": key[2], "uid": "-".join(key), "creationTimestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        return {"apiVersion": "v1", "kind": KINDS[key[0]], "metadata": meta | ({"namespace": key[1]} if key[1] else {})}


def demand_apply(content_type: str) -> None:
    """Refuse any patch but a server-side apply; raises RefusalError, 415."""
    if content_type != "application/apply-patch+yaml":
        raise RefusalError(415, "UnsupportedMediaType", "the simulation takes application/apply-patch+yaml only")


def _leaves(given: Object) -> Iterator[tuple[Path, Any]]:
    for at in MAPS:
        inside: Any = given
        for name in at:
            inside = (inside or {}).get(name)
        for key, value in (inside or {}).items():
            yield (*at, key), value


def _remove(found: Object, path: Path) -> None:
    for name in path[:-1]:
        found = found.get(name) or {}
    found.pop(path[-1], None)


def _set(found: Object, path: Path, value: Any) -> None:
    for name in path[:-1]:
        found = found.setdefault(name, {})
    found[path[-1]] = value
