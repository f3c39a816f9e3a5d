"""Who may do what in a simulated cluster: ClusterRoles and ClusterRoleBindings, as far as pods and the roles themselves are concerned.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from __future__ import annotations

import threading
from typing import Any, Final, TypeAlias

from local.kubernetes.refusal import RefusalError, bad_request, not_found
from local.kubernetes.tokens import User

Object: TypeAlias = dict[str, Any]

KINDS: Final = {"clusterroles": "ClusterRole", "clusterrolebindings": "ClusterRoleBinding"}
GROUP: Final = "rbac.authorization.k8s.io"


class Rights:
    """The roles and bindings of one cluster. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[tuple[str, str], Object] = {}

    def get(self, kind: str, name: str) -> Object:
        """Return one object of a kind of `KINDS`.

        Raises:
            RefusalError: 404.
        """
        found = self._objects.get((kind, name))
        if found is None:
            raise not_found(f"{kind}.{GROUP}", name)
        return found

    def all_of(self, kind: str) -> list[Object]:
        """Return all objects of a kind."""
        with self._lock:
            return [found for (of, _), found in sorted(self._objects.items()) if of == kind]

    def put(self, kind: str, given: Object, *, new: bool = False) -> Object:
        """Write an object; with `new` only where there is none.

        Raises:
            RefusalError: 400 without a name, 409 where `new` and the name is taken.
        """
        name = (given.get("metadata") or {}).get("name")
        if not name:
            raise bad_request("name is required")
        with self._lock:
            if new and (kind, name) in self._objects:
                raise RefusalError(409, "AlreadyExists", f'{kind}.{GROUP} "{name}" already exists')
            written = {"apiVersion": f"{GROUP}/v1", "kind": KINDS[kind], **given}
            self._objects[kind, name] = written
            return written

    def delete(self, kind: str, name: str) -> Object:
        """Take an object away.

        Raises:
            RefusalError: 404.
        """
        found = self.get(kind, name)
        with self._lock:
            self._objects.pop((kind, name), None)
        return found

    def check(self, user: User, verb: str, resource: str, group: str = "") -> None:
        """Let an allowed request pass.

        Raises:
            RefusalError: 403, worded as the API server words it.
        """
        if user.is_admin or any(_allows(rule, verb, resource, group) for rule in self._rules(user)):
            return
        raise RefusalError(403, "Forbidden", denial(user, verb, resource, group))

    def _rules(self, user: User) -> list[Object]:
        rules: list[Object] = []
        for binding in self.all_of("clusterrolebindings"):
            if any(_is(subject, user) for subject in binding.get("subjects") or ()):
                role = self._objects.get(("clusterroles", binding["roleRef"]["name"]), {})
                rules += role.get("rules") or ()
        return rules


def denial(user: User, verb: str, resource: str, group: str = "") -> str:
    """Return the text of a refusal."""
    name = f"{resource}.{group}" if group else resource
    return f'{name} is forbidden: User "{user.name}" cannot {verb} resource "{resource}" in API group "{group}" at the cluster scope'


def _is(subject: Object, user: User) -> bool:
    return (subject["kind"] == "Group" and subject["name"] in user.groups) or (subject["kind"] == "User" and subject["name"] == user.name)


def _allows(rule: Object, verb: str, resource: str, group: str) -> bool:
    return all({wanted, "*"} & set(rule.get(key) or ()) for key, wanted in (("verbs", verb), ("resources", resource), ("apiGroups", group)))
