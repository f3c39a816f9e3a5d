"""What requests for namespaces, ConfigMaps, the contents of a namespace and events do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from local.kubernetes.core_objects import SOMEBODY, Key, demand_apply
from local.kubernetes.http import PodConnection

CORE: Final = r"/api/v1/(?:(?P<kind>namespaces)|namespaces/(?P<namespace>[^/]+)/(?P<kind_inside>configmaps))/(?P<name>[^/]+)"
EMPTY: Final = r"/api/v1/namespaces/(?P<namespace>[^/]+)/(?P<kind>secrets|services|serviceaccounts)"
_VERBS: Final = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class CoreRequests(PodConnection):
    """The part of the API that is not about pods or rights."""

    core_routes: ClassVar[Sequence[tuple[str, str, str]]] = (
        ("GET", CORE, "read_core"),
        ("PUT", CORE, "write_core"),
        ("PATCH", CORE, "write_core"),
        ("DELETE", CORE, "delete_core"),
        ("GET", r"/api/v1/namespaces/(?P<namespace>[^/]+)/configmaps", "read_config_maps"),
        ("GET", EMPTY, "read_nothing"),
        ("GET", "/api/v1/events", "read_events"),
    )

    def allow(self, verb: str, resource: str = "pods", group: str = "") -> None:
        """Let an allowed request pass; raises RefusalError."""
        self.cluster.allow(self.user, verb, resource, group)

    def _key(self, kind: str | None, namespace: str | None, kind_inside: str | None, name: str) -> Key:
        self.allow(_VERBS[self.command], kind or kind_inside or "")
        return kind or kind_inside or "", namespace or "", name

    @property
    def _is_dry(self) -> bool:
        return self.query.get("dryRun") == "All"

    def read_core(self, _body: bytes, kind: str | None, namespace: str | None, kind_inside: str | None, name: str) -> None:
        """Return a namespace or ConfigMap."""
        self.answer(self.cluster.core.get(self._key(kind, namespace, kind_inside, name)))

    def write_core(self, body: bytes, kind: str | None, namespace: str | None, kind_inside: str | None, name: str) -> None:
        """Apply or replace a namespace or ConfigMap. Unlike the real one, a replacement also creates."""
        key, manager = self._key(kind, namespace, kind_inside, name), self.query.get("fieldManager", SOMEBODY)
        given = self.read(body)
        if self.command == "PATCH":
            demand_apply(self.headers.get_content_type())
            self.answer(self.cluster.core.apply(key, given, manager, dry_run=self._is_dry))
        else:
            self.answer(self.cluster.core.put(key, given, manager, dry_run=self._is_dry))

    def delete_core(self, _body: bytes, kind: str | None, namespace: str | None, kind_inside: str | None, name: str) -> None:
        """Delete a namespace or ConfigMap."""
        self.answer(self.cluster.core.delete(self._key(kind, namespace, kind_inside, name), dry_run=self._is_dry))

    def read_config_maps(self, _body: bytes, namespace: str) -> None:
        """List the ConfigMaps of a namespace."""
        self.allow("list", "configmaps")
        self.answer({"kind": "ConfigMapList", "apiVersion": "v1", "items": self.cluster.core.all_of("configmaps", namespace)})

    def read_nothing(self, _body: bytes, namespace: str, kind: str) -> None:
        """List what the simulation has none of."""
        del namespace
        self.allow("list", kind)
        self.answer({"kind": "List", "apiVersion": "v1", "items": []})

    def read_events(self, _body: bytes) -> None:
        """List the events that a test has put there, by reason."""
        self.allow("list", "events")
        wanted = self.query.get("fieldSelector", "").removeprefix("reason=")
        self.answer({"kind": "EventList", "apiVersion": "v1", "items": [each for each in self.cluster.events if each["reason"] == wanted]})
